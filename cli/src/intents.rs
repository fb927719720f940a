//! Steps that an earlier run began and did not see to their end: what the account says became of them.

use landfall_engine::snapshot::{Observed, Recorded};
use landfall_state::{Explanation, OpenIntent};

use crate::render::bundle::bundle;
use crate::render::nouns::count_of;

/// Returns what became of each open intent.
pub(crate) fn explain(open: &[OpenIntent], recorded: &Recorded, observed: &Observed) -> Vec<Explanation> {
    let explain = |intent: &OpenIntent| Explanation {
        run: intent.run,
        step: intent.step,
        text: fate(intent, recorded, observed).to_owned(),
    };
    open.iter().map(explain).collect()
}

/// Returns lines about all of them, for people; like steps share one.
pub(crate) fn sentences(open: &[OpenIntent], recorded: &Recorded, observed: &Observed) -> Vec<String> {
    let fate_of = |intent: &&OpenIntent| (intent.run, fate(intent, recorded, observed));
    let bundles = bundle(open.iter().collect(), |intent| &intent.address, fate_of);
    let sentence = |bundle: &crate::render::bundle::Bundle<&OpenIntent>| {
        let first = bundle.members.first()?;
        let was = if bundle.members.len() == 1 { "was" } else { "were" };
        let steps = count_of(bundle.members.len(), "unfinished step");
        let fate = fate(first, recorded, observed);
        Some(format!("{steps} of run {} {was} looked up: {} {fate}", first.run, bundle.name))
    };
    bundles.iter().filter_map(sentence).collect()
}

fn fate(intent: &OpenIntent, recorded: &Recorded, observed: &Observed) -> &'static str {
    let seen = observed.resources.get(&intent.address).filter(|seen| seen.kind == intent.kind);
    let is_known = recorded.resources.get(&intent.address).is_some_and(|known| seen.is_some_and(|s| s.id == known.id));
    let old_is_there = intent.id.as_ref().is_some_and(|id| {
        seen.into_iter().chain(&observed.surplus).any(|seen| seen.id == *id && seen.kind == intent.kind)
    });
    match (intent.action.as_str(), seen.is_some()) {
        ("create", true) if is_known => "exists and is recorded",
        ("create", true) => "exists and is adopted",
        ("create", false) => "does not exist",
        ("delete", _) if old_is_there => "still exists",
        ("delete", _) => "is gone",
        (_, true) => "exists and was compared anew",
        (_, false) => "is gone",
    }
}
