//! The few colours, and how text takes one on. Colour repeats what a symbol or a word says already.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};

/// Something comes into being.
pub const MADE: Style = AnsiColor::Green.on_default();
/// Something changes in place.
pub const CHANGED: Style = AnsiColor::Yellow.on_default();
/// Something is made anew.
pub const REPLACED: Style = AnsiColor::Magenta.on_default();
/// Something goes, or went wrong.
pub const GONE: Style = AnsiColor::Red.on_default();
/// An error's first word.
pub const ERROR: Style = AnsiColor::Red.on_default().bold();
/// What names a part of the text.
pub const HEADING: Style = Style::new().bold();
/// What may be passed over.
pub const FAINT: Style = Style::new().dimmed();
/// Returns the text in a style.
pub fn paint(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}
