//! Records that are behind the account though the account is as declared.
//!
//! It happens when a run is killed between a call's effect and its record, and when a person writes a change of the
//! account into the stack file. There is nothing to do in the account, so no step would ever write the state: unless
//! apply does it, the difference is reported as drift for ever. A record that an earlier version of landfall wrote may also
//! lack a field that no refresh sees and that its kind did not have then.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::journal::Record;
use crate::plan::{Action, Change, Plan};
use crate::resource::{Literal, Literals};
use crate::snapshot::{Recorded, RecordedResource};

/// Returns what must be written so that the state agrees with what is both declared and there.
pub fn stale_records(plan: &Plan, recorded: &Recorded) -> Vec<Record> {
    let settled = plan.changes.iter().filter(|change| change.action == Action::NoOp);
    settled.filter_map(|change| stale(change, recorded)).map(|current| Record::Put(Arc::new(current))).collect()
}

fn stale(change: &Change, recorded: &Recorded) -> Option<RecordedResource> {
    let (existing, declared) = (change.existing.as_ref()?, change.declared.as_ref()?);
    let known = recorded
        .resources
        .get(&change.address)
        .filter(|known| known.id == existing.id && known.place == existing.place)?;
    let depends_on = declared.lasting_dependencies();
    let same = |kept: &Literals, now: BTreeMap<&str, &Literal>| {
        kept.iter().map(|(name, value)| (name.as_str(), value)).eq(now)
    };
    let is_up_to_date = known.kind == change.kind
        && same(&known.properties, existing.properties())
        && same(&known.outputs, existing.outputs())
        && known.depends_on.iter().eq(&depends_on);
    // The plan takes these to be as declared. It must go on to do so when the declaration changes.
    let lacking = existing.unknown_fields().filter_map(|field| {
        let declared = change.after.get(field.name).unwrap_or(Some(&Literal::Null))?;
        Some((field.name.to_owned(), declared.clone()))
    });
    let lacking: Vec<(String, Literal)> = lacking.collect();
    (!is_up_to_date || !lacking.is_empty()).then(|| RecordedResource {
        address: change.address.clone(),
        kind: change.kind.clone(),
        place: existing.place.clone(),
        id: existing.id.clone(),
        properties: existing.owned_properties().into_iter().chain(lacking).collect(),
        outputs: existing.owned_outputs(),
        depends_on: depends_on.into_iter().collect(),
    })
}
