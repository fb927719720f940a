//! What the kinds have in common that AWS knows by name: those of IAM, and log groups.
//!
//! A name can be taken by somebody else's. So each is looked up by the stack's name, and is the stack's only if its tag
//! says so or the state has recorded it.

use std::collections::BTreeSet;

use landfall_engine::kind::Schema;
use landfall_engine::provider::{Ask, CallError, CallFailure};
use landfall_engine::resource::{CloudId, Literals};
use landfall_engine::snapshot::Recorded;

use super::resource_kind::{SendResult, created};
use super::seen::Seen;
use crate::cloud::Cloud;
use crate::leftover::Leftover;
use crate::tags::{self, Retagging};

/// Returns the names under which the stack's things may be found: its own name, and the names that recorded resources
/// of these kinds hold in these fields.
pub(super) fn names(cloud: &Cloud, recorded: &Recorded, held_in: &[(&Schema, &str)]) -> BTreeSet<String> {
    let held = recorded.iter().filter_map(|known| {
        let (_, field) = held_in.iter().find(|(schema, _)| schema.kind == known.kind)?;
        known.properties.get(*field)?.as_str().map(str::to_owned)
    });
    held.chain([cloud.stack.clone()]).collect()
}

/// Tells whether something that was found by its name is the stack's.
pub(super) fn is_ours(cloud: &Cloud, recorded: &Recorded, seen: &Seen) -> bool {
    let found = &seen.resource;
    has_tag_of(cloud, seen) || recorded.iter().any(|known| known.kind == found.kind && known.id == found.id)
}

/// Returns what bears the stack's name as a leftover of the stack, if it carries the stack's tag.
pub(super) fn named_leftover(cloud: &Cloud, found: Option<Seen>) -> Vec<Leftover> {
    let ours = found.filter(|seen| has_tag_of(cloud, seen));
    ours.map(|seen| Leftover::new(&seen.resource.kind, Some(seen.resource.id.as_str()), &[])).into_iter().collect()
}

/// Tells whether something carries the stack's tag.
fn has_tag_of(cloud: &Cloud, seen: &Seen) -> bool {
    seen.tags.as_ref().is_some_and(|tags| cloud.owns(|key| tags.get(key).map(String::as_str)))
}

/// Returns what came of the creation of something that is known by its name. If the name is taken, it is looked up who
/// holds it.
pub(super) async fn created_by_name(
    cloud: &Cloud,
    what: &str,
    name: &str,
    made: Result<CloudId, CallFailure>,
    holder: impl Future<Output = Result<Option<Seen>, CallFailure>>,
) -> SendResult {
    match made {
        Ok(arn) => Ok(created(arn.as_str(), name_and_arn(name, &arn))),
        Err(failure) if is_taken(&failure) => Err(taken(cloud, what, name, holder.await?.as_ref(), failure)),
        Err(failure) => Err(failure),
    }
}

/// Tells whether a creation failed because the name is taken.
fn is_taken(failure: &CallFailure) -> bool {
    matches!(failure.code.as_deref(), Some("EntityAlreadyExists" | "ResourceAlreadyExistsException"))
}

/// Says whose the thing is that holds the name of the one that could not be made, and what to do.
///
/// The refresh before the creation did not see it. It can be the stack's all the same: a run that ended a moment ago
/// made it, and the reads of then lagged behind.
fn taken(cloud: &Cloud, what: &str, name: &str, holder: Option<&Seen>, failure: CallFailure) -> CallFailure {
    if holder.is_some_and(|holder| has_tag_of(cloud, holder)) {
        let message = format!("the {what} `{name}` of this stack exists already; apply again to take it over");
        return CallFailure { class: CallError::AnswerLost, message, ..failure };
    }
    let message = format!(
        "a {what} named `{name}` exists and is not this stack's, for it lacks the tags {}={} and {}={}; \
         choose another name for the stack, or remove that {what}",
        tags::STACK,
        cloud.stack,
        tags::REGION,
        cloud.region
    );
    CallFailure { message, ..failure }
}

/// Makes of "there is none" an answer like any other.
pub(super) fn if_any<T>(answer: Result<T, CallFailure>) -> Result<Option<T>, CallFailure> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(failure) if failure.class == CallError::Gone => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Returns the outputs of something that other resources refer to by its name.
pub(super) fn name_and_arn(name: &str, arn: &CloudId) -> Literals {
    crate::shape::outputs([("name", Some(name)), ("arn", Some(arn.as_str()))])
}

/// Returns what must be done to the tags in an update.
pub(super) fn retagging(ask: &Ask) -> Retagging {
    match ask {
        Ask::Update { before, properties, .. } => {
            Retagging::between(&tags::of_properties(before), &tags::of_properties(properties))
        }
        Ask::Create { .. } | Ask::Delete { .. } => Retagging::default(),
    }
}
