//! The shapes of `--json`.
//!
//! They are a contract with programs that others write (DESIGN.md §5), so they have types and conversions of their own:
//! a renamed field of the engine changes nothing here.

mod document;
mod drift;
mod event;
mod forecast;
mod plan;
mod rehearsal;
mod status;

use document::{FORMAT_VERSION, line};

pub(crate) use document::{document, write_document};
pub(crate) use drift::drift_document;
pub(crate) use event::{RunSummary, step_line};
pub(crate) use plan::PlanDocument;
pub(crate) use rehearsal::rehearsal_document;
pub(crate) use status::status_document;

#[cfg(test)]
mod tests;
