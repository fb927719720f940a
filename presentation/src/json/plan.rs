//! `plan --json`.

use std::collections::BTreeMap;

use landfall_engine::diff::FieldChange;
use landfall_engine::forecast::Forecast;
use landfall_engine::plan::{Action, Change, Outdated, Plan, Reason, Summary};
use landfall_engine::resource::{Literal, Resolved};
use landfall_engine::sensitive::masked;
use serde::{Serialize, Serializer};

use super::FORMAT_VERSION;
use super::drift::Drifted;
use super::forecast::ForecastEntry;

/// The document of `plan --json`. It holds nothing of the plan but a reference: each change is turned into JSON as it is
/// written.
#[derive(Serialize)]
pub struct PlanDocument<'a> {
    format_version: u32,
    stack: &'a str,
    region: &'a str,
    summary: SummaryCounts,
    changes: Listed<'a>,
    drift: Drifted<'a>,
    outdated: OutdatedEntries<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forecast: Option<ForecastEntry<'a>>,
    /// Permissions, quotas and the like; none are made yet.
    checks: [CheckEntry; 0],
}

impl<'a> PlanDocument<'a> {
    /// Returns the document of a plan. What stays as it is is counted, and listed if `all` asks for it.
    pub fn new(plan: &'a Plan, stack: &'a str, region: &'a str, all: bool) -> PlanDocument<'a> {
        PlanDocument {
            format_version: FORMAT_VERSION,
            stack,
            region,
            summary: counts(plan.summary()),
            changes: Listed { changes: &plan.changes, all },
            drift: Drifted(&plan.drift),
            outdated: OutdatedEntries(&plan.outdated),
            forecast: None,
            checks: [],
        }
    }

    /// Adds what the plan will take.
    pub fn with_forecast(self, forecast: &'a Forecast) -> PlanDocument<'a> {
        PlanDocument { forecast: Some(ForecastEntry::new(forecast)), ..self }
    }
}

#[derive(Serialize)]
struct SummaryCounts {
    create: usize,
    update: usize,
    replace: usize,
    delete: usize,
    no_op: usize,
    forget: usize,
    import: usize,
}

/// The changes of a plan, those that stay as they are only where `all` asks for them.
struct Listed<'a> {
    changes: &'a [Change],
    all: bool,
}

impl Serialize for Listed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let listed = self.changes.iter().filter(|change| self.all || change.action != Action::NoOp);
        serializer.collect_seq(listed.map(change_entry))
    }
}

/// What keeps an old value until it is replaced.
struct OutdatedEntries<'a>(&'a [Outdated]);

impl Serialize for OutdatedEntries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|outdated| OutdatedEntry {
            address: outdated.address.as_str(),
            kind: outdated.kind.as_str(),
            fields: outdated.fields.iter().map(|field| format!("/{field}")).collect(),
        }))
    }
}

#[derive(Serialize)]
struct OutdatedEntry<'a> {
    address: &'a str,
    kind: &'a str,
    fields: Vec<String>,
}

/// A value without the digests that stand for secrets.
#[derive(Clone, Copy)]
struct Masked<'a>(&'a Literal);

impl Serialize for Masked<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        masked(self.0).serialize(serializer)
    }
}

#[derive(Serialize)]
struct ChangeEntry<'a> {
    address: &'a str,
    kind: &'a str,
    action: &'static str,
    reason: &'static str,
    /// What the cloud said, where the reason is a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason_detail: Option<&'a str>,
    before: Option<BTreeMap<&'a str, Masked<'a>>>,
    after: Option<After<'a>>,
    fields: Fields<'a>,
}

/// What is known only after apply is null.
struct After<'a>(&'a Resolved);

impl Serialize for After<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value.map(Masked))))
    }
}

struct Fields<'a>(&'a [FieldChange]);

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(field_entry))
    }
}

#[derive(Serialize)]
struct FieldEntry<'a> {
    path: &'a str,
    before: Masked<'a>,
    after: Option<Masked<'a>>,
    forces_replacement: bool,
    known_after_apply: bool,
}

#[derive(Serialize)]
struct CheckEntry {}

fn counts(Summary { create, update, replace, delete, no_op, forget, import }: Summary) -> SummaryCounts {
    SummaryCounts { create, update, replace, delete, no_op, forget, import }
}

fn change_entry(change: &Change) -> ChangeEntry<'_> {
    let (reason, reason_detail) = reason(&change.reason);
    ChangeEntry {
        address: change.address.as_str(),
        kind: change.kind.as_str(),
        action: change.action.as_str(),
        reason,
        reason_detail,
        before: change.existing.as_ref().map(|existing| {
            let properties = existing.properties().into_iter().filter(|(_, value)| !value.is_null());
            properties.map(|(name, value)| (name, Masked(value))).collect()
        }),
        after: change.declared.is_some().then_some(After(&change.after)),
        fields: Fields(&change.fields),
    }
}

fn field_entry(change: &FieldChange) -> FieldEntry<'_> {
    FieldEntry {
        path: &change.path,
        before: Masked(&change.before),
        after: change.after.as_ref().map(Masked),
        forces_replacement: change.forces_replacement,
        known_after_apply: change.after.is_none(),
    }
}

fn reason(reason: &Reason) -> (&'static str, Option<&str>) {
    match reason {
        Reason::Unchanged => ("unchanged", None),
        Reason::New => ("new", None),
        Reason::Vanished => ("vanished", None),
        Reason::Changed => ("changed", None),
        Reason::Drifted => ("drifted", None),
        Reason::Requested => ("requested", None),
        Reason::Unrecorded => ("unrecorded", None),
        Reason::Elsewhere(_) => ("elsewhere", None),
        Reason::Failed(why) => ("failed", Some(why)),
        Reason::Pending => ("pending", None),
        Reason::Undeclared => ("undeclared", None),
        Reason::Deposed => ("deposed", None),
        Reason::Unexpected => ("unexpected", None),
    }
}
