//! The last lines of a plan: how much of what, what it means for the clusters, how long it takes.

use std::collections::BTreeMap;
use std::time::Duration;

use landfall_engine::drift::{Drift, DriftType};
use landfall_engine::kind::Kind;
use landfall_engine::plan::{Action, Change, Plan, Standing, Summary};
use landfall_engine::step::{StepGraph, StepId};

use super::duration::expected;
use super::nouns::{count_of, noun};
use super::plan::Shown;
use super::sections::{cluster_of, is_scheduler, is_worker};
use super::style::{HEADING, paint};

/// Time from which a step is worth naming among those that the whole waits for.
const LONG: Duration = Duration::from_secs(15);

/// How long a plan will take, by the longest chain of its steps.
#[derive(Debug, Clone, Default)]
pub(crate) struct Expected {
    /// The whole time.
    pub(crate) total: Duration,
    /// The kinds of the long steps of the chain, in order.
    pub(crate) waits_for: Vec<Kind>,
}

impl Expected {
    /// Follows the longest chain of the steps.
    pub(crate) fn of(steps: &StepGraph) -> Expected {
        let chain = |id: &StepId| steps.step(*id).chain;
        let mut next = (0..steps.steps().len()).map(StepId).max_by_key(chain);
        let total = next.map(|id| chain(&id)).unwrap_or_default();
        let mut waits_for: Vec<Kind> = Vec::new();
        while let Some(id) = next {
            next = steps.successors(id).iter().copied().max_by_key(chain);
            let own = chain(&id).saturating_sub(next.map(|id| chain(&id)).unwrap_or_default());
            let kind = &steps.step(id).kind;
            if own >= LONG && waits_for.last() != Some(kind) {
                waits_for.push(kind.clone());
            }
        }
        Expected { total, waits_for }
    }
}

/// Returns the last lines of a plan.
pub(crate) fn closing_lines(shown: &Shown<'_>) -> String {
    let drift = drift_sentence(&shown.plan.drift);
    if shown.plan.is_empty() {
        return nothing_to_do(shown, &drift);
    }
    // Where nothing is recorded nothing can have drifted.
    let origin =
        if shown.is_unrecorded() { "None of it is recorded: the account says that it is the stack's." } else { &drift };
    let mut lines = vec![format!("{} {}. {origin}", paint(HEADING, "Plan:"), counts(&shown.plan.summary()))];
    if !shown.teardown {
        lines.extend(cluster_sentences(shown.plan).into_iter().map(|sentence| format!("      {sentence}")));
    }
    if shown.takes_time() {
        lines.push(format!("      {}", time_sentence(&shown.expected)));
    }
    lines.join("\n") + "\n"
}

/// Returns what the drift comes to: `Drift: none.`
pub(crate) fn drift_sentence(drift: &[Drift]) -> String {
    let count = |wanted: fn(&DriftType) -> bool| drift.iter().filter(|drift| wanted(&drift.drift_type)).count();
    let parts = [
        (count(|drift| matches!(drift, DriftType::Changed(_))), "changed"),
        (count(|drift| matches!(drift, DriftType::Missing)), "missing"),
        (count(|drift| matches!(drift, DriftType::Unexpected)), "unexpected"),
    ];
    let parts = listed(parts);
    format!("Drift: {}.", if parts.is_empty() { "none" } else { &parts })
}

fn nothing_to_do(shown: &Shown<'_>, drift: &str) -> String {
    let heading = paint(HEADING, "Nothing to do:");
    if shown.teardown {
        return format!("{heading} nothing of {} is recorded or found in the account.\n", shown.stack);
    }
    match shown.plan.summary().no_op {
        0 => format!("{heading} {} declares nothing and nothing exists.\n", shown.stack),
        unchanged => {
            let resources = count_of(unchanged, "resource");
            format!("{heading} the account is as {} declares it, {resources} unchanged. {drift}\n", shown.stack)
        }
    }
}

fn counts(summary: &Summary) -> String {
    listed([
        (summary.create, "to create"),
        (summary.import, "to take over"),
        (summary.update, "to update"),
        (summary.replace, "to replace"),
        (summary.delete, "to delete"),
        (summary.forget, "to forget"),
        (summary.no_op, "unchanged"),
    ])
}

fn listed<const N: usize>(parts: [(usize, &str); N]) -> String {
    let parts = parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
    parts.collect::<Vec<_>>().join(", ")
}

fn time_sentence(time: &Expected) -> String {
    let waits: Vec<String> = time.waits_for.iter().map(noun).collect();
    match waits.as_slice() {
        [] => format!("Takes {}.", expected(time.total)),
        waits => format!("Takes {}: {}.", expected(time.total), waits.join(", then ")),
    }
}

/// What happens to the workers and the scheduler of one cluster.
#[derive(Default)]
struct Fate {
    workers_before: usize,
    workers_after: usize,
    workers_leaving: usize,
    workers_replaced: usize,
    scheduler: Option<Action>,
}

/// Returns a sentence for each cluster whose work is disturbed.
fn cluster_sentences(plan: &Plan) -> Vec<String> {
    let mut fates: BTreeMap<&str, Fate> = BTreeMap::new();
    for change in &plan.changes {
        let Some(name) = cluster_of(&change.address) else { continue };
        note_fate(fates.entry(name).or_default(), change);
    }
    fates.into_iter().flat_map(|(name, fate)| sentences(name, &fate)).collect()
}

fn note_fate(fate: &mut Fate, change: &Change) {
    let exists = change.existing.as_ref().is_some_and(|existing| existing.standing != Standing::Deposed)
        && change.action != Action::Forget;
    if is_worker(&change.address) {
        fate.workers_before += usize::from(exists);
        fate.workers_after += usize::from(change.declared.is_some());
        fate.workers_leaving += usize::from(exists && change.action == Action::Delete);
        fate.workers_replaced += usize::from(matches!(change.action, Action::Replace(_)));
    } else if is_scheduler(&change.address) && exists {
        fate.scheduler = Some(change.action);
    }
}

fn sentences(name: &str, fate: &Fate) -> Vec<String> {
    if fate.scheduler == Some(Action::Delete) && fate.workers_after == 0 {
        return vec![format!("{name} goes away.")];
    }
    let mut sentences = Vec::new();
    if let Some(Action::Replace(_)) = fate.scheduler {
        sentences.push(format!("{name} gets a new scheduler: its address changes, and what it is computing is lost."));
    }
    let stays =
        if matches!(fate.scheduler, Some(Action::NoOp | Action::Update)) { "; its scheduler stays" } else { "" };
    if fate.workers_leaving > 0 {
        let (before, after) = (fate.workers_before, fate.workers_after);
        let workers = count_of(fate.workers_leaving, "worker");
        sentences.push(format!("{name} loses {workers} ({before} → {after}){stays}."));
    }
    if fate.workers_replaced > 0 {
        sentences.push(format!("{name} has {} replaced{stays}.", count_of(fate.workers_replaced, "worker")));
    }
    sentences
}
