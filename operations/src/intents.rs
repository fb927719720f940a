//! Steps that an earlier run began and did not see to their end: what the account says became of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use landfall_engine::address::Address;
use landfall_engine::snapshot::{LocatedResource, Observed, Recorded};
use landfall_state::{Creation, IntentResolution, OpenIntent, RunNumber};

/// What became of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum IntentOutcome {
    /// It was to make something, which exists and is in the state.
    Recorded,
    /// It was to make something, which exists and is not in the state.
    Adopted,
    /// It was to make something, which does not exist.
    Absent,
    /// It was to delete something, which still exists.
    Remains,
    /// What it was about is gone.
    Gone,
    /// It was to change something; the refresh has seen how far that came.
    Compared,
}

impl IntentOutcome {
    /// Returns it in words: `exists and is recorded`, of many `exist and are recorded`.
    pub fn words(self, many: bool) -> &'static str {
        match (self, many) {
            (IntentOutcome::Recorded, false) => "exists and is recorded",
            (IntentOutcome::Recorded, true) => "exist and are recorded",
            (IntentOutcome::Adopted, false) => "exists and is not in the state yet",
            (IntentOutcome::Adopted, true) => "exist and are not in the state yet",
            (IntentOutcome::Absent, false) => "does not exist",
            (IntentOutcome::Absent, true) => "do not exist",
            (IntentOutcome::Remains, false) => "still exists",
            (IntentOutcome::Remains, true) => "still exist",
            (IntentOutcome::Gone, false) => "is gone",
            (IntentOutcome::Gone, true) => "are gone",
            (IntentOutcome::Compared, false) => "exists and was compared anew",
            (IntentOutcome::Compared, true) => "exist and were compared anew",
        }
    }
}

/// Returns what became of each open intent, for the journal.
pub fn resolve(open: &[OpenIntent], recorded: &Recorded, observed: &Observed) -> Vec<IntentResolution> {
    let resolve = |intent: &OpenIntent| IntentResolution {
        run: intent.run,
        step: intent.step,
        text: outcome(intent, recorded, observed).words(false).to_owned(),
    };
    open.iter().map(resolve).collect()
}

/// Returns what became of all of them: the addresses of one run with one outcome together.
pub fn outcomes(
    open: &[OpenIntent],
    recorded: &Recorded,
    observed: &Observed,
) -> BTreeMap<(RunNumber, IntentOutcome), Vec<Address>> {
    let mut groups: BTreeMap<(RunNumber, IntentOutcome), Vec<Address>> = BTreeMap::new();
    for intent in open {
        groups.entry((intent.run, outcome(intent, recorded, observed))).or_default().push(intent.address.clone());
    }
    groups
}

/// How long AWS may not show everywhere what it has made. It promises nothing; reads are mostly good within a second.
pub const UNSEEN: Duration = Duration::from_secs(10);

/// Returns how long it is too early to believe that what an earlier run made, or may have made, does not exist; `None` if
/// it is not. Whoever concluded it from one read would make the thing twice.
pub fn too_early(
    open: &[OpenIntent],
    made: &[Creation],
    recorded: &Recorded,
    observed: &Observed,
    now: Timestamp,
) -> Option<Duration> {
    // Where something is to be replaced, what is recorded at its address is as a rule the old one.
    let unseen = |intent: &&OpenIntent| {
        matches!(outcome(intent, recorded, observed), IntentOutcome::Absent | IntentOutcome::Recorded)
    };
    let may_be = open.iter().filter(|intent| intent.action == "create").filter(unseen).map(|intent| intent.since);
    let is_missing = |made: &&Creation| {
        let is_seen = observed.resources.get(&made.address).is_some_and(|seen| seen.kind == made.kind);
        recorded.resources.contains_key(&made.address) && !is_seen
    };
    let must_be = made.iter().filter(is_missing).map(|made| made.since);
    let remaining = may_be.chain(must_be).filter_map(|since| {
        // A clock that was set back must not make it wait longer than for what is fresh.
        let age = Duration::try_from(now.duration_since(since)).unwrap_or_default();
        UNSEEN.checked_sub(age).filter(|left| !left.is_zero())
    });
    remaining.max()
}

fn outcome(intent: &OpenIntent, recorded: &Recorded, observed: &Observed) -> IntentOutcome {
    let is_there = |seen: &&Arc<LocatedResource>| seen.kind == intent.kind && seen.place == intent.place;
    let seen = observed.resources.get(&intent.address).filter(is_there);
    let known = recorded.resources.get(&intent.address);
    let is_known = seen.zip(known).is_some_and(|(seen, known)| seen.identity() == known.identity());
    let old_remains = intent
        .id
        .as_ref()
        .is_some_and(|id| seen.into_iter().chain(&observed.surplus).filter(is_there).any(|seen| seen.id == *id));
    match (intent.action.as_str(), seen.is_some()) {
        ("create", true) if is_known => IntentOutcome::Recorded,
        ("create", true) => IntentOutcome::Adopted,
        ("create", false) => IntentOutcome::Absent,
        ("delete", _) if old_remains => IntentOutcome::Remains,
        ("delete", _) | (_, false) => IntentOutcome::Gone,
        (_, true) => IntentOutcome::Compared,
    }
}

#[cfg(test)]
mod tests;
