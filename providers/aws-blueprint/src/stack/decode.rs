//! Reading tables and values of the tree without losing their places.
//!
//! Reading goes on after a problem, with the default in place of what could not be read, so that one pass finds all
//! problems of a file. What was read is of use only if no problem was found: [`Reading::finish`].

use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::{Range, RangeInclusive};

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::Origins;
use super::diagnostic::{Diagnostic, QUOTED_MAX, quoted};
use super::keys::Keys;

/// What has been found so far: the problems, and the place of every value.
#[derive(Debug, Default)]
pub(super) struct Reading {
    problems: Vec<Diagnostic>,
    origins: Origins,
}

impl Reading {
    /// Notes a problem.
    pub(super) fn report(&mut self, problem: Diagnostic) {
        self.problems.push(problem);
    }

    /// Returns what was read, or notes the problem.
    pub(super) fn accept<T>(&mut self, read: Result<T, Diagnostic>) -> Option<T> {
        read.map_err(|problem| self.report(problem)).ok()
    }

    /// Returns the value of a key and notes its place.
    pub(super) fn value<'t>(&mut self, table: &Table<'t>, key: &str) -> Option<Value<'t>> {
        let value = Value::new(table.path_of(key), table.entries.get(key)?);
        self.note(&value);
        Some(value)
    }

    /// Reads the value of a key, if there is one and it is as it should be.
    pub(super) fn optional<'t, T>(
        &mut self,
        table: &Table<'t>,
        key: &str,
        read: impl FnOnce(&Value<'t>) -> Result<T, Diagnostic>,
    ) -> Option<T> {
        let value = self.value(table, key)?;
        self.accept(read(&value))
    }

    /// Reads the value of a key that must be there.
    pub(super) fn required<'t, T>(
        &mut self,
        table: &Table<'t>,
        key: &str,
        example: &str,
        read: impl FnOnce(&Value<'t>) -> Result<T, Diagnostic>,
    ) -> Option<T> {
        // A misspelt key has been reported; that it is missing as well would be the same mistake told twice.
        if !table.entries.contains_key(key) && !table.misspelt.contains(key) {
            let path = table.path_of(key);
            let message = format!("`{path}` is missing");
            let problem = Diagnostic::at_path(path, &self.origins, message).help(format!("add a line: {example}"));
            self.report(problem);
        }
        self.optional(table, key, read)
    }

    /// Reads the value of a key whose value is a table with fixed keys.
    pub(super) fn table<'t>(&mut self, table: &Table<'t>, key: &str, keys: &'static Keys) -> Option<Table<'t>> {
        let value = self.value(table, key)?;
        Table::with_keys(&value, keys, self)
    }

    /// Reports a key that can mean nothing here, at the key itself; the value is not looked at.
    pub(super) fn senseless(&mut self, table: &Table<'_>, key: &str, message: &str, help: &str) {
        let Some((key, _)) = table.entries.get_key_value(key) else { return };
        let path = table.path_of(key.get_ref());
        let problem = Diagnostic::new(format!("{path}: {message}")).at(key.span()).help(help);
        self.report(Diagnostic { path: Some(path), ..problem });
    }

    /// Reads each item of a list; where a single value stands, it is a list of one.
    ///
    /// Repetitions are dropped, the order is kept. An item's place is noted under its own text
    /// (`zones.us-east-1a`), since its position in the file's list is no longer known afterwards.
    pub(super) fn items<'t, T: PartialEq>(
        &mut self,
        list: &Value<'t>,
        read: impl Fn(&Value<'t>) -> Result<T, Diagnostic>,
    ) -> Vec<T> {
        let mut items = Vec::new();
        for item in list.items() {
            if let Some(text) = item.scalar_text() {
                self.origins.0.entry(format!("{}.{text}", list.path)).or_insert_with(|| item.span.clone());
            }
            if let Some(read) = self.accept(read(&item)).filter(|read| !items.contains(read)) {
                items.push(read);
            }
        }
        items
    }

    /// Returns all keys and values of a table, in the order of the file, and notes their places.
    pub(super) fn entries<'t>(&mut self, table: &Table<'t>) -> Vec<Entry<'t>> {
        let entry = |(key, value): (&'t Spanned<DeString<'t>>, &'t Spanned<DeValue<'t>>)| {
            let value = Value::new(table.path_of(key.get_ref()), value);
            self.note(&value);
            Entry { key: key.get_ref(), key_span: key.span(), value }
        };
        table.entries.iter().map(entry).collect()
    }

    /// Returns the places that have been noted so far.
    pub(super) fn origins(&self) -> &Origins {
        &self.origins
    }

    /// Returns the places of all values, or all problems if there are any.
    pub(super) fn finish(self) -> Result<Origins, Vec<Diagnostic>> {
        if self.problems.is_empty() { Ok(self.origins) } else { Err(self.problems) }
    }

    fn note(&mut self, value: &Value<'_>) {
        self.origins.0.insert(value.path.clone(), value.span.clone());
    }
}

/// A value of the file.
#[derive(Debug, Clone)]
pub(super) struct Value<'t> {
    /// Dotted path of the value; items of a list have the list's.
    pub(super) path: String,
    /// Its place.
    pub(super) span: Range<usize>,
    tree: &'t DeValue<'t>,
}

impl<'t> Value<'t> {
    fn new(path: String, value: &'t Spanned<DeValue<'t>>) -> Value<'t> {
        Value { path, span: value.span(), tree: value.get_ref() }
    }

    /// Returns a problem with this value. The message is what follows the path.
    pub(super) fn problem(&self, message: impl AsRef<str>) -> Diagnostic {
        let message = format!("{}: {}", self.path, message.as_ref());
        Diagnostic { path: Some(self.path.clone()), ..Diagnostic::new(message) }.at(self.span.clone())
    }

    /// Returns the problem of a value that is not of the type it should be.
    pub(super) fn mismatch(&self, expected: &str) -> Diagnostic {
        self.problem(format!("expected {expected}, found {}", self.kind())).label(format!("this is {}", self.kind()))
    }

    /// Reads a string.
    pub(super) fn string(&self, expected: &str) -> Result<&'t str, Diagnostic> {
        self.as_str().ok_or_else(|| self.mismatch(expected))
    }

    /// Reads a string that may be any text, so that whatever stands there needs just quotes.
    pub(super) fn any_text(&self) -> Result<&'t str, Diagnostic> {
        self.string("a string").map_err(|problem| match self.scalar_text() {
            Some(text) => problem.help(format!("write it in quotes: {}", in_quotes(&text))),
            None => problem,
        })
    }

    /// Reads `true` or `false`.
    pub(super) fn boolean(&self) -> Result<bool, Diagnostic> {
        self.boolean_or("true or false")
    }

    /// Reads `true` or `false` where something else could stand as well; `expected` names all of it.
    pub(super) fn boolean_or(&self, expected: &str) -> Result<bool, Diagnostic> {
        match self.tree {
            DeValue::Boolean(value) => Ok(*value),
            DeValue::String(text) if matches!(&**text, "true" | "false") => {
                Err(self.mismatch(expected).help(format!("write it without quotes: {text}")))
            }
            _ => Err(self.mismatch(expected)),
        }
    }

    /// Reads a whole number within bounds. `what` names it with its article: "a port".
    pub(super) fn integer<T>(&self, what: &str, bounds: RangeInclusive<T>) -> Result<T, Diagnostic>
    where
        T: TryFrom<i128> + PartialOrd + Display,
    {
        let range = format!("from {} to {}", bounds.start(), bounds.end());
        match self.tree {
            DeValue::Integer(integer) => {
                let number = i128::from_str_radix(integer.as_str(), integer.radix()).ok();
                number.and_then(|number| T::try_from(number).ok()).filter(|number| bounds.contains(number)).ok_or_else(
                    || {
                        let found = shortened(&integer.to_string());
                        self.problem(format!("expected {what} {range}, found {found}"))
                            .label(format!("must be {range}"))
                    },
                )
            }
            DeValue::String(text) if text.parse::<i128>().is_ok() => Err(self
                .mismatch(&format!("{what} {range}"))
                .help(format!("write it without quotes: {}", shortened(text)))),
            _ => Err(self.mismatch(&format!("{what} {range}"))),
        }
    }

    /// Reads one of a few words.
    pub(super) fn one_of<T: Copy>(&self, choices: &[(&'static str, T)]) -> Result<T, Diagnostic> {
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        let expected = words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" or ");
        let text = self.string(&expected)?;
        let chosen = choices.iter().find(|(word, _)| *word == text).map(|(_, choice)| *choice);
        chosen.ok_or_else(|| {
            let label = match super::keys::nearest(text, &words) {
                Some(meant) => format!("did you mean \"{meant}\"?"),
                None => format!("must be {expected}"),
            };
            self.problem(format!("expected {expected}, found {}", quoted(text))).label(label)
        })
    }

    /// Returns this value if it is a list.
    pub(super) fn list(&self, expected: &str) -> Result<Value<'t>, Diagnostic> {
        match self.tree {
            DeValue::Array(_) => Ok(self.clone()),
            DeValue::String(text) => Err(self.mismatch(expected).help(format!("write a list: [{}]", in_quotes(text)))),
            _ => Err(self.mismatch(expected)),
        }
    }

    /// Returns whether this value is a table.
    pub(super) fn is_table(&self) -> bool {
        self.tree.is_table()
    }

    /// Returns the string, if this value is one.
    pub(super) fn as_str(&self) -> Option<&'t str> {
        match self.tree {
            DeValue::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the items of a list; any other value is its only item.
    pub(super) fn items(&self) -> Vec<Value<'t>> {
        match self.tree {
            DeValue::Array(items) => items.iter().map(|item| Value::new(self.path.clone(), item)).collect(),
            _ => vec![self.clone()],
        }
    }

    /// Returns what the file says here, if that is one word and not a structure.
    fn scalar_text(&self) -> Option<String> {
        match self.tree {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Integer(integer) => Some(integer.to_string()),
            DeValue::Float(float) => Some(float.to_string()),
            DeValue::Boolean(boolean) => Some(boolean.to_string()),
            DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
        }
    }

    fn kind(&self) -> &'static str {
        match self.tree {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number with a fraction",
            DeValue::Boolean(true) => "`true`",
            DeValue::Boolean(false) => "`false`",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        }
    }
}

fn in_quotes(text: &str) -> String {
    format!("\"{}\"", shortened(text))
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(QUOTED_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A table of the file.
#[derive(Debug)]
pub(super) struct Table<'t> {
    /// Dotted path of the table; empty for the file itself.
    pub(super) path: String,
    entries: &'t DeTable<'t>,
    /// Keys that unknown ones were probably meant to be.
    misspelt: BTreeSet<&'static str>,
}

/// A key of a table whose keys the user chooses, with its value.
#[derive(Debug)]
pub(super) struct Entry<'t> {
    /// The key as the file has it.
    pub(super) key: &'t str,
    /// Its place.
    pub(super) key_span: Range<usize>,
    /// What it is set to.
    pub(super) value: Value<'t>,
}

impl<'t> Table<'t> {
    /// Returns the whole file.
    pub(super) fn root(tree: &'t Spanned<DeTable<'t>>, keys: &'static Keys, reading: &mut Reading) -> Table<'t> {
        Table::open(String::new(), tree.get_ref()).limited_to(keys, reading)
    }

    /// Opens a value as a table whose keys are fixed; any other is a problem.
    pub(super) fn with_keys(value: &Value<'t>, keys: &'static Keys, reading: &mut Reading) -> Option<Table<'t>> {
        let table = Table::with_any_keys(value, "a table")
            .map_err(|problem| problem.help(format!("write it as a table, once: {}", keys.table)));
        Some(reading.accept(table)?.limited_to(keys, reading))
    }

    /// Opens a value as a table whose keys the user chooses.
    pub(super) fn with_any_keys(value: &Value<'t>, expected: &str) -> Result<Table<'t>, Diagnostic> {
        match value.tree {
            DeValue::Table(entries) => Ok(Table::open(value.path.clone(), entries)),
            _ => Err(value.mismatch(expected)),
        }
    }

    fn open(path: String, entries: &'t DeTable<'t>) -> Table<'t> {
        Table { path, entries, misspelt: BTreeSet::new() }
    }

    fn limited_to(mut self, keys: &'static Keys, reading: &mut Reading) -> Table<'t> {
        for key in self.entries.keys().filter(|key| !keys.contains(key.get_ref())) {
            let path = self.path_of(key.get_ref());
            let problem = keys.unknown(&path, key.get_ref()).at(key.span());
            reading.report(Diagnostic { path: Some(path), ..problem });
            self.misspelt.extend(keys.nearest(key.get_ref()));
        }
        self
    }

    /// Returns whether the file has this key here.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}
