//! The JSON document of a plan.

#[rustfmt::skip]
#[path = "../../../cli/src/render/json/document.rs"]
mod document;
#[rustfmt::skip]
#[path = "../../../cli/src/render/json/drift.rs"]
mod drift;
#[rustfmt::skip]
#[path = "../../../cli/src/render/json/forecast.rs"]
mod forecast;
#[rustfmt::skip]
#[path = "../../../cli/src/render/json/plan.rs"]
mod plan;

use document::{FORMAT_VERSION, document};

pub(super) use document::write_document;
pub(super) use plan::PlanDocument;
