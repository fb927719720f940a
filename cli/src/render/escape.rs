//! Makes text from outside harmless.
//!
//! Tag values, rule descriptions and error messages come from an account in which others can write. Written to a
//! terminal as they are, their control characters could hide a line of a plan or forge one.

/// Returns the text on one line, its control characters shown as escapes.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_harmless(c) {
            shown.push(c);
        } else {
            shown.extend(c.escape_default());
        }
    }
    shown
}

/// Returns the lines of a text, each made harmless.
pub(crate) fn visible_lines(text: &str) -> impl Iterator<Item = String> {
    text.lines().map(|line| visible(&line.replace('\t', "    ")))
}

/// Besides control characters, those that are invisible or turn the direction of writing make a line read as another.
fn is_harmless(c: char) -> bool {
    let deceives =
        matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    !c.is_control() && !deceives
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_move_the_cursor_or_hide_text_is_shown() {
        assert_eq!(visible("a\x1b[2Kb\r\nc"), r"a\u{1b}[2Kb\r\nc");
        assert_eq!(visible("\u{202e}gnp\u{9b}"), r"\u{202e}gnp\u{9b}");
        assert_eq!(visible("10.0.0.0/20 … ü"), "10.0.0.0/20 … ü");
        assert_eq!(visible_lines("a\n\tb\x07").collect::<Vec<_>>(), ["a", r"    b\u{7}"]);
    }
}
