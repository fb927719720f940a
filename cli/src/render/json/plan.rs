//! `plan --json`.

use landfall_engine::diff::FieldChange;
use landfall_engine::plan::{Action, Change, Plan, Reason, Summary};
use landfall_engine::resource::{Literal, Literals};
use serde::Serialize;

use super::drift::{DriftEntry, entries};
use super::{FORMAT_VERSION, document};

#[derive(Serialize)]
struct PlanDocument<'a> {
    format_version: u32,
    stack: &'a str,
    region: &'a str,
    summary: SummaryCounts,
    changes: Vec<ChangeEntry<'a>>,
    drift: Vec<DriftEntry<'a>>,
    /// Permissions, quotas and the like; none are made yet.
    checks: Vec<CheckEntry>,
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

#[derive(Serialize)]
struct ChangeEntry<'a> {
    address: &'a str,
    kind: &'a str,
    action: &'static str,
    reason: &'static str,
    /// What the cloud said, where the reason is a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason_detail: Option<&'a str>,
    before: Option<&'a Literals>,
    after: Option<Literals>,
    fields: Vec<FieldEntry<'a>>,
}

#[derive(Serialize)]
struct FieldEntry<'a> {
    path: &'a str,
    before: &'a Literal,
    after: &'a Option<Literal>,
    forces_replacement: bool,
    known_after_apply: bool,
}

#[derive(Serialize)]
struct CheckEntry {}

/// Returns the document of `plan --json`. What stays as it is is counted, and listed if `all` asks for it.
pub(crate) fn plan_document(plan: &Plan, stack: &str, region: &str, all: bool) -> String {
    let listed = plan.changes.iter().filter(|change| all || change.action != Action::NoOp);
    document(&PlanDocument {
        format_version: FORMAT_VERSION,
        stack,
        region,
        summary: counts(plan.summary()),
        changes: listed.map(change_entry).collect(),
        drift: entries(&plan.drift),
        checks: vec![],
    })
}

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
        before: change.existing.as_ref().map(|existing| &existing.properties),
        after: change.declared.is_some().then(|| after(change)),
        fields: change.fields.iter().map(field_entry).collect(),
    }
}

/// What is known only after apply is null.
fn after(change: &Change) -> Literals {
    change.after.iter().map(|(name, value)| (name.to_owned(), value.cloned().unwrap_or(Literal::Null))).collect()
}

fn field_entry(change: &FieldChange) -> FieldEntry<'_> {
    FieldEntry {
        path: &change.path,
        before: &change.before,
        after: &change.after,
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
        Reason::Unrecorded => ("unrecorded", None),
        Reason::Failed(why) => ("failed", Some(why)),
        Reason::Pending => ("pending", None),
        Reason::Undeclared => ("undeclared", None),
        Reason::Deposed => ("deposed", None),
        Reason::Unexpected => ("unexpected", None),
    }
}
