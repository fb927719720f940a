//! The shapes of `--json`.
//!
//! They are a contract with programs that others write (docs/reference/json.md), so they have types and conversions of
//! their own: a renamed field of the engine changes nothing here.

mod document;
mod drift;
mod forecast;
mod plan;

pub use document::{FORMAT_VERSION, document, line, write_document};
pub use drift::drift_document;
pub use plan::PlanDocument;

#[cfg(test)]
mod tests;
