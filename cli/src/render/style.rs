//! The few colours, and how text takes one on. Colour repeats what a symbol or a word says already.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};

/// Something comes into being.
pub(crate) const MADE: Style = AnsiColor::Green.on_default();
/// Something changes in place.
pub(crate) const CHANGED: Style = AnsiColor::Yellow.on_default();
/// Something is made anew.
pub(crate) const REPLACED: Style = AnsiColor::Magenta.on_default();
/// Something goes, or went wrong.
pub(crate) const GONE: Style = AnsiColor::Red.on_default();
/// An error's first word.
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
/// What names a part of the text.
pub(crate) const HEADING: Style = Style::new().bold();
/// What may be passed over.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// What clap styles its help with.
pub(crate) const HELP: clap::builder::Styles = clap::builder::Styles::styled()
    .header(HEADING)
    .usage(HEADING)
    .literal(AnsiColor::Cyan.on_default())
    .error(ERROR)
    .invalid(CHANGED);

/// Returns the text in a style.
pub(crate) fn paint(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}
