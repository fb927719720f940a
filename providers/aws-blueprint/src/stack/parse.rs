//! TOML text to a tree of values with their places, and what to say about text that is not TOML.

use std::collections::HashSet;
use std::ops::Range;

use toml::de::{DeTable, Error};

use super::definitions::{Definition, Role, definitions};
use super::diagnostic::{Diagnostic, quoted};
use super::{Stack, validate};

/// Parses a stack file, or returns all problems with it, in the order of the file.
///
/// What is missing comes first, since it has no place. A file that is not TOML is not checked any further, unless what
/// it means is plain all the same (a value without quotes, a key set twice): guesses of what broken text might have
/// meant would bury the one problem that there is.
pub fn parse(text: &str) -> Result<Stack, Vec<Diagnostic>> {
    let (tree, errors) = DeTable::parse_recoverable(text);
    let toml_errors = toml_errors(&errors, text);
    let mut problems: Vec<Diagnostic> = toml_errors.iter().map(|toml_error| toml_error.problem(text)).collect();
    if toml_errors.iter().all(TomlError::leaves_meaning) {
        match validate::stack(&tree) {
            Ok(stack) if errors.is_empty() => return Ok(stack),
            Ok(_) => {}
            Err(found) => {
                // That `yes` is not a value has been said; that it is not `true` either would be the same once more.
                let told: HashSet<Range<usize>> = problems.iter().filter_map(|problem| problem.span.clone()).collect();
                let is_new = |problem: &Diagnostic| problem.span.as_ref().is_none_or(|span| !told.contains(span));
                problems.extend(found.into_iter().filter(is_new));
            }
        }
    }
    problems.sort_by_key(|problem| problem.span.as_ref().map(|span| (span.start, span.end)));
    Err(problems)
}

/// Why a text is not TOML, at one place.
#[derive(Debug)]
enum TomlError {
    /// A key or a table that has been defined before.
    Twice { path: String, role: Role, span: Range<usize>, first_line: Option<usize> },
    /// A word where a value should be.
    Unquoted { span: Range<usize> },
    /// Anything else, in the words of the TOML parser.
    Syntax { message: String, span: Option<Range<usize>> },
}

fn toml_errors(errors: &[Error], text: &str) -> Vec<TomlError> {
    // Most files have no errors.
    let definitions = if errors.is_empty() { vec![] } else { definitions(text) };
    let mut toml_errors: Vec<TomlError> = errors.iter().map(|error| toml_error(error, text, &definitions)).collect();
    toml_errors.sort_by_key(|toml_error| toml_error.span().map(|span| span.start));
    // Of a table that is there twice, its header says it all.
    if toml_errors.iter().any(|toml_error| toml_error.role() == Some(Role::Table)) {
        toml_errors.retain(|toml_error| toml_error.role() != Some(Role::KeyOfRepeatedTable));
    }
    // After a syntax error the parser guesses until the line ends; what it finds there is mostly its own doing.
    let mut guessing_until = 0;
    toml_errors.retain(|toml_error| {
        let Some(span) = toml_error.span() else { return true };
        let is_guess = span.start < guessing_until;
        if !is_guess && matches!(toml_error, TomlError::Syntax { .. }) {
            guessing_until = line_end(span.start, text);
        }
        !is_guess
    });
    toml_errors
}

/// Returns where the line ends, its line break included, so that an error at its end counts as one in it.
fn line_end(place: usize, text: &str) -> usize {
    let rest = text.as_bytes().get(place..).unwrap_or_default();
    place + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()) + 1
}

/// Returns what an error of the TOML parser tells of.
fn toml_error(error: &Error, text: &str, definitions: &[Definition]) -> TomlError {
    // The parser says what kind of error it is by its message alone.
    match (error.message(), error.span()) {
        ("duplicate key", Some(span)) => repetition(span, text, definitions),
        (message, Some(span)) if message.starts_with("string values must be quoted") => TomlError::Unquoted { span },
        (message, span) => TomlError::Syntax { message: message.to_owned(), span },
    }
}

/// Returns the error of the key or table at `span`, which has been defined before.
fn repetition(span: Range<usize>, text: &str, definitions: &[Definition]) -> TomlError {
    match definitions.binary_search_by_key(&span.start, |definition| definition.span.start) {
        Ok(index) => {
            let Definition { path, first, role, .. } = &definitions[index];
            let [first, second] = [first.as_ref().map(|first| first.start), Some(span.start)]
                .map(|place| place.map(|place| line_number(place, text)));
            // In one line both are seen at once.
            let first_line = first.filter(|_| first != second);
            TomlError::Twice { path: path.clone(), role: *role, span, first_line }
        }
        Err(_) => {
            let path = text.get(span.clone()).unwrap_or("").to_owned();
            TomlError::Twice { path, role: Role::Key, span, first_line: None }
        }
    }
}

fn line_number(place: usize, text: &str) -> usize {
    text.get(..place).unwrap_or(text).matches('\n').count() + 1
}

impl TomlError {
    fn span(&self) -> Option<&Range<usize>> {
        match self {
            TomlError::Twice { span, .. } | TomlError::Unquoted { span } => Some(span),
            TomlError::Syntax { span, .. } => span.as_ref(),
        }
    }

    fn role(&self) -> Option<Role> {
        match self {
            TomlError::Twice { role, .. } => Some(*role),
            TomlError::Unquoted { .. } | TomlError::Syntax { .. } => None,
        }
    }

    /// Returns whether the rest of the file can be understood all the same.
    fn leaves_meaning(&self) -> bool {
        !matches!(self, TomlError::Syntax { .. })
    }

    fn problem(&self, text: &str) -> Diagnostic {
        match self {
            TomlError::Twice { path, role, span, first_line } => {
                let problem = Diagnostic::new(format!("{path} is defined twice")).at(span.clone());
                let problem = Diagnostic { path: Some(path.clone()), ..problem };
                let problem = match first_line {
                    Some(line) => problem.label(format!("first defined on line {line}")),
                    None => problem.label("defined before"),
                };
                problem.help(match role {
                    Role::Table if path.starts_with("cluster.") => "keep one of the two, or give one another name",
                    Role::Table => "set all of its keys in one place",
                    Role::Key | Role::KeyOfRepeatedTable => "keep one of the two",
                })
            }
            TomlError::Unquoted { span } => unquoted(text.get(span.clone()).unwrap_or("")).at(span.clone()),
            TomlError::Syntax { message, span } => {
                let found = span.clone().and_then(|span| text.get(span)).unwrap_or("");
                Diagnostic { span: span.clone(), ..syntax(message, found) }
            }
        }
    }
}

/// Returns the problem of an error in the TOML parser's words; its place is for the caller to add.
fn syntax(message: &str, found: &str) -> Diagnostic {
    let problem = Diagnostic::new(format!("not valid TOML: {message}"));
    if message.starts_with("cannot extend value") {
        return problem.label("set to a value above, so it cannot be a table as well");
    }
    match message.split(',').next().unwrap_or("") {
        "invalid unquoted key" if found.starts_with(':') => problem.label("write `=` in place of `:`"),
        "missing comma between array elements" => problem.help("or is the `]` missing that ends the list above?"),
        "unclosed array" => problem.help("a list ends with `]`"),
        "unclosed table" => problem.help("a table's header ends with `]`, such as [firewall]"),
        "key with no value" => problem.help("a value is set like this: name = \"acme\""),
        "invalid basic string" | "invalid literal string" => problem.help("is the quote missing that ends the string?"),
        "invalid float" | "invalid integer" | "invalid date-time" => {
            problem.help("if this is meant as a string, write it in quotes")
        }
        _ => problem,
    }
}

/// Returns the problem of a bare word where a value should be; its place is for the caller to add.
fn unquoted(word: &str) -> Diagnostic {
    if word.is_empty() {
        return Diagnostic::new("the value is missing").label("expected a value");
    }
    let problem = Diagnostic::new(format!("{} is not a value", quoted(word)));
    match word.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => problem.label("write `true`"),
        "false" | "no" | "off" => problem.label("write `false`"),
        _ if word.starts_with(['"', '\'']) => problem.label("a quote is missing"),
        _ if word.starts_with(['“', '”', '„', '‘', '’']) => problem.label("write straight quotes: \"…\""),
        _ if word.starts_with(|c: char| c.is_ascii_digit()) && word.contains(' ') => {
            problem.label("numbers are separated by commas")
        }
        _ => problem.label("a string is written in quotes"),
    }
}
