//! Makes text from outside harmless.
//!
//! Tag values, rule descriptions and error messages come from an account in which others can write. Written to a
//! terminal as they are, their control characters could hide a line of a plan or forge one.

use std::io::{self, Write};

/// Returns the text on one line, its control characters shown as escapes.
pub fn visible(text: &str) -> String {
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
pub fn visible_lines(text: &str) -> impl Iterator<Item = String> {
    text.lines().map(|line| visible(&line.replace('\t', "    ")))
}

/// Passes a JSON text on so that its strings hold none of these characters as they are: a document may be read on a
/// terminal as well. JSON itself has only those below U+0020 escaped. To a program it says the same.
///
/// Whoever writes to it writes whole characters, as serde_json does.
#[derive(Debug)]
pub struct VisibleJson<W>(W);

impl<W: Write> VisibleJson<W> {
    /// Passes on to this writer.
    pub fn new(writer: W) -> VisibleJson<W> {
        VisibleJson(writer)
    }
}

impl<W: Write> Write for VisibleJson<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A line break stands between the members of a document, and nowhere in a string.
        if bytes.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n')) {
            self.0.write_all(bytes)?;
            return Ok(bytes.len());
        }
        let text = str::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        let mut passed = 0;
        for (at, harmful) in text.char_indices().filter(|(_, c)| *c != '\n' && !is_harmless(*c)) {
            self.0.write_all(&bytes[passed..at])?;
            for unit in harmful.encode_utf16(&mut [0; 2]) {
                write!(self.0, "\\u{unit:04x}")?;
            }
            passed = at + harmful.len_utf8();
        }
        self.0.write_all(&bytes[passed..])?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
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
    fn json_says_the_same_without_them() {
        let value = serde_json::json!({"a\u{9b}": "\u{1b}[2K\u{202e}\u{2028}\u{feff}\u{7f} ü 𝄞\n"});
        let mut shown = Vec::new();
        serde_json::to_writer_pretty(VisibleJson::new(&mut shown), &value).expect("JSON");
        let shown = String::from_utf8(shown).expect("text");
        assert!(shown.chars().all(|c| c == '\n' || is_harmless(c)), "{shown:?}");
        assert!(shown.contains(r"\u202e\u2028\ufeff\u007f ü 𝄞\n"), "{shown}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).expect("JSON"), value);
    }

    #[test]
    fn what_could_move_the_cursor_or_hide_text_is_shown() {
        assert_eq!(visible("a\x1b[2Kb\r\nc"), r"a\u{1b}[2Kb\r\nc");
        assert_eq!(visible("\u{202e}gnp\u{9b}"), r"\u{202e}gnp\u{9b}");
        assert_eq!(visible("10.0.0.0/20 … ü"), "10.0.0.0/20 … ü");
        assert_eq!(visible_lines("a\n\tb\x07").collect::<Vec<_>>(), ["a", r"    b\u{7}"]);
    }
}
