//! The plan as landfall shows it. That part of the program is in its binary, which cannot be linked: its sources are
//! taken in by their paths, so that what is measured is what is shipped. They name nothing of the program but each other.

#![allow(dead_code, missing_docs, clippy::pedantic, reason = "of these sources only the plan is used here")]

use std::io::{self, Write};

use landfall_engine::forecast::Forecast;
use landfall_engine::plan::Plan;

#[rustfmt::skip]
#[path = "../../cli/src/render/bundle.rs"]
mod bundle;
#[rustfmt::skip]
#[path = "../../cli/src/render/closing.rs"]
mod closing;
#[rustfmt::skip]
#[path = "../../cli/src/render/duration.rs"]
mod duration;
#[rustfmt::skip]
#[path = "../../cli/src/render/escape.rs"]
mod escape;
#[rustfmt::skip]
#[path = "../../cli/src/render/headline.rs"]
mod headline;
mod json;
#[rustfmt::skip]
#[path = "../../cli/src/render/nouns.rs"]
mod nouns;
#[rustfmt::skip]
#[path = "../../cli/src/render/plan.rs"]
mod plan;
#[rustfmt::skip]
#[path = "../../cli/src/render/row.rs"]
mod row;
#[rustfmt::skip]
#[path = "../../cli/src/render/sections.rs"]
mod sections;
#[rustfmt::skip]
#[path = "../../cli/src/render/style.rs"]
mod style;
#[rustfmt::skip]
#[path = "../../cli/src/render/value.rs"]
mod value;

/// Returns the plan as a person reads it.
pub fn text(plan: &Plan, forecast: &Forecast) -> String {
    plan::Shown { plan, stack: "acme", forecast, all: false, teardown: false }.text()
}

/// Writes the document of `plan --json`.
pub fn write_document(plan: &Plan, writer: impl Write) -> io::Result<()> {
    json::write_document(&json::PlanDocument::new(plan, "acme", "us-east-1", false), writer)
}
