//! The JSON document of a plan.

use serde::Serialize;

use super::escape::visible_json;

#[rustfmt::skip]
#[path = "../../../cli/src/render/json/drift.rs"]
mod drift;
#[rustfmt::skip]
#[path = "../../../cli/src/render/json/plan.rs"]
mod plan;

pub(super) use plan::plan_document;

const FORMAT_VERSION: u32 = 1;

fn document(value: &impl Serialize) -> String {
    visible_json(&serde_json::to_string_pretty(value).expect("the document holds nothing that JSON cannot")) + "\n"
}
