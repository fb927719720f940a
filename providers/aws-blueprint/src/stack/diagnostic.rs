//! A problem of a stack file, and how it is shown.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet, normalize_untrusted_str};

use super::Origins;

/// One problem of a stack file: what is wrong, where, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is wrong, in one line; begins with the dotted path of the value where there is one.
    pub message: String,
    /// Dotted path of the value (`cluster.analytics.zone`).
    pub path: Option<String>,
    /// The offending bytes of the file. `None` if something is missing, so that no place can be shown.
    pub span: Option<Range<usize>>,
    /// A few words set beside the offending text.
    pub label: Option<String>,
    /// What is accepted, and what to do; one line each.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// Returns a problem that has no place yet.
    pub fn new(message: impl Into<String>) -> Diagnostic {
        Diagnostic { message: message.into(), path: None, span: None, label: None, help: Vec::new() }
    }

    /// Returns a problem with the value at a dotted path, for what only the account could tell.
    ///
    /// A value that the file leaves to its default has no place; the problem then stands at the nearest table around
    /// it that the file does have.
    pub fn at_path(path: impl Into<String>, origins: &Origins, message: impl Into<String>) -> Diagnostic {
        let path = path.into();
        let enclosing = std::iter::successors(Some(path.as_str()), |path| Some(path.rsplit_once('.')?.0));
        let span = enclosing.filter_map(|path| origins.span(path)).next();
        Diagnostic { path: Some(path), span, ..Diagnostic::new(message) }
    }

    /// Sets the offending bytes of the file.
    pub fn at(mut self, span: Range<usize>) -> Diagnostic {
        self.span = Some(span);
        self
    }

    /// Sets the words beside the offending text.
    pub fn label(mut self, label: impl Into<String>) -> Diagnostic {
        self.label = Some(label.into());
        self
    }

    /// Adds a line on what is accepted or what to do.
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help.push(help.into());
        self
    }
}

/// Most problems that are shown: a file that is not a stack file at all has one in each line, and nobody reads them.
const SHOWN_MAX: usize = 50;

/// Returns the problems as text for a person: file, line, column, the offending text, what is accepted.
///
/// `text` must be what was parsed; spans beyond it are cut. `color` adds terminal escapes. Ends with a line break,
/// unless there are no problems.
pub fn render(diagnostics: &[Diagnostic], file_name: &str, text: &str, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let mut rendered: Vec<String> = diagnostics
        .iter()
        .take(SHOWN_MAX)
        .map(|diagnostic| renderer.render(&[report(diagnostic, file_name, text)]) + "\n")
        .collect();
    if diagnostics.len() > SHOWN_MAX {
        rendered.push(format!("… and {} more problems\n", diagnostics.len() - SHOWN_MAX));
    }
    rendered.join("\n")
}

fn report<'a>(diagnostic: &'a Diagnostic, file_name: &'a str, text: &'a str) -> Group<'a> {
    let title = Level::ERROR.primary_title(&diagnostic.message);
    let place = match &diagnostic.span {
        Some(span) => {
            let marked = MarkedLine::new(span, text);
            let annotation = AnnotationKind::Primary.span(marked.span).label(diagnostic.label.as_deref());
            title.element(Snippet::source(marked.line).line_start(marked.number).path(file_name).annotation(annotation))
        }
        None => title.element(Origin::path(file_name)),
    };
    // Help quotes the file, and the renderer takes help as trusted: escapes must not reach the terminal.
    place.elements(diagnostic.help.iter().map(|help| Level::HELP.message(normalize_untrusted_str(help))))
}

/// The line in which a span starts, and the part of the span within it.
///
/// A bracket drawn around twenty lines of a list shows nothing more. And the renderer is spared the rest of the file,
/// which it would split anew for each problem, and spans that do not fit it, at which it panics.
struct MarkedLine<'a> {
    number: usize,
    line: &'a str,
    span: Range<usize>,
}

impl<'a> MarkedLine<'a> {
    fn new(span: &Range<usize>, text: &'a str) -> MarkedLine<'a> {
        let start = text.floor_char_boundary(span.start.min(text.len()));
        let end = text.ceil_char_boundary(span.end.clamp(start, text.len()));
        // A byte order mark is no column.
        let first_line_start = text.len() - text.trim_start_matches('\u{feff}').len();
        let line_start = text[..start].rfind('\n').map_or(first_line_start, |line_break| line_break + 1);
        let line = text[line_start..].lines().next().unwrap_or("");
        let within = |place: usize| place.saturating_sub(line_start).min(line.len());
        let number = text[..line_start].matches('\n').count() + 1;
        // The renderer shows no source at all for an empty text.
        let shown = if line.is_empty() { " " } else { line };
        MarkedLine { number, line: shown, span: within(start)..within(end) }
    }
}

/// Longest piece of the file that a message repeats, in characters; the rest is seen in the file itself.
pub(super) const QUOTED_MAX: usize = 60;

/// Returns text of the file as it can stand in a message: in backticks, on one line, not too long.
pub(super) fn quoted(text: &str) -> String {
    if text.is_empty() {
        return "`\"\"`".to_owned();
    }
    let mut shown: String = text.chars().take(QUOTED_MAX).flat_map(char::escape_debug).collect();
    if text.chars().nth(QUOTED_MAX).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}
