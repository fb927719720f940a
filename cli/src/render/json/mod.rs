//! The shapes of `--json`.
//!
//! They are a contract with programs that others write (DESIGN.md §5), so they have types and conversions of their own:
//! a renamed field of the engine changes nothing here.

mod drift;
mod event;
mod plan;
mod rehearsal;
mod status;

use serde::Serialize;

use super::escape::visible_json;

pub(crate) use drift::drift_document;
pub(crate) use event::{RunSummary, step_line};
pub(crate) use plan::plan_document;
pub(crate) use rehearsal::rehearsal_document;
pub(crate) use status::status_document;

/// The version of the documents.
const FORMAT_VERSION: u32 = 1;

/// Returns a document for people and programs: indented, with a line break at its end.
fn document(value: &impl Serialize) -> String {
    // Maps with text as keys, lists, texts and numbers: serde_json has no way to fail on these.
    visible_json(&serde_json::to_string_pretty(value).expect("the document holds nothing that JSON cannot")) + "\n"
}

/// Returns one line of a stream.
fn line(value: &impl Serialize) -> String {
    visible_json(&serde_json::to_string(value).expect("the event holds nothing that JSON cannot")) + "\n"
}

#[cfg(test)]
mod tests;
