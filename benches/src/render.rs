//! The plan as landfall shows it.

use std::io::{self, Write};

use landfall_engine::forecast::Forecast;
use landfall_engine::plan::Plan;
use landfall_presentation::json::{self, PlanDocument};
use landfall_presentation::text::plan::Shown;

/// Returns the plan as a person reads it.
pub fn text(plan: &Plan, forecast: &Forecast) -> String {
    Shown { plan, stack: "acme", forecast, all: false, teardown: false }.text()
}

/// Writes the document of `plan --json`.
///
/// # Errors
/// If the writer refuses.
pub fn write_document(plan: &Plan, writer: impl Write) -> io::Result<()> {
    json::write_document(&PlanDocument::new(plan, "acme", "us-east-1", false), writer)
}
