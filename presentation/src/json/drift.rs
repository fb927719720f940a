//! `drift --json`, and the drift within `plan --json`.

use landfall_engine::diff::FieldChange;
use landfall_engine::drift::{Drift, DriftType};
use landfall_engine::resource::Literal;
use serde::{Serialize, Serializer};

use super::{FORMAT_VERSION, document};

#[derive(Serialize)]
struct DriftDocument<'a> {
    format_version: u32,
    stack: &'a str,
    drift: Drifted<'a>,
}

/// All drift, each turned into an entry as it is written.
pub(super) struct Drifted<'a>(pub(super) &'a [Drift]);

impl Serialize for Drifted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(entry))
    }
}

#[derive(Serialize)]
struct DriftEntry<'a> {
    address: &'a str,
    kind: &'a str,
    id: &'a str,
    #[serde(rename = "type")]
    drift_type: &'static str,
    fields: Vec<DriftField<'a>>,
}

#[derive(Serialize)]
struct DriftField<'a> {
    path: &'a str,
    recorded: &'a Literal,
    observed: &'a Option<Literal>,
}

/// Returns the document of `drift --json`.
pub fn drift_document(drift: &[Drift], stack: &str) -> String {
    document(&DriftDocument { format_version: FORMAT_VERSION, stack, drift: Drifted(drift) })
}

fn entry(drift: &Drift) -> DriftEntry<'_> {
    let fields = match &drift.drift_type {
        DriftType::Changed(fields) => fields.iter().map(field).collect(),
        DriftType::Missing | DriftType::Unexpected => vec![],
    };
    DriftEntry {
        address: drift.address.as_str(),
        kind: drift.kind.as_str(),
        id: drift.id.as_str(),
        drift_type: drift.drift_type.as_str(),
        fields,
    }
}

fn field(change: &FieldChange) -> DriftField<'_> {
    DriftField { path: &change.path, recorded: &change.before, observed: &change.after }
}
