//! How documents and lines are written.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};

use crate::text::escape::VisibleJson;

/// The version of the documents.
pub const FORMAT_VERSION: u32 = 1;

/// Writes a document for people and programs: indented, with a line break at its end. Nothing of it is kept in memory
/// that the value does not keep.
pub fn write_document(value: &impl Serialize, writer: impl Write) -> io::Result<()> {
    write(value, writer, PrettyFormatter::new())
}

/// Returns a document as text.
pub fn document(value: &impl Serialize) -> String {
    text(value, PrettyFormatter::new())
}

/// Returns one line of a stream.
pub fn line(value: &impl Serialize) -> String {
    text(value, CompactFormatter)
}

fn write(value: &impl Serialize, mut writer: impl Write, formatter: impl Formatter) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(VisibleJson::new(&mut writer), formatter))?;
    writer.write_all(b"\n")
}

fn text(value: &impl Serialize, formatter: impl Formatter) -> String {
    let mut bytes = Vec::new();
    // Maps with text as keys, lists, texts and numbers, written to memory: nothing in it can fail.
    write(value, &mut bytes, formatter).expect("the document holds nothing that JSON cannot");
    String::from_utf8(bytes).expect("JSON is text")
}
