//! The last lines of a plan: how much of what, what it means for the clusters, how long it takes.

use std::collections::BTreeMap;
use std::time::Duration;

use landfall_engine::address::AddressGlob;
use landfall_engine::drift::{Drift, DriftType};
use landfall_engine::forecast::{Allowance, Forecast, Limit, Wait};
use landfall_engine::plan::{Action, Change, Outdated, Plan, Standing, Summary};
use landfall_engine::time_scale::TimeScale;
use landfall_engine::until::Until;

use super::bundle::{Bundle, bundle};
use super::duration::{elapsed, expected};
use super::nouns::{count_of, field_noun, grouped, noun};
use super::shown::Shown;
use super::style::{HEADING, paint};
use landfall_aws_blueprint::addresses::{cluster_of, is_scheduler, is_worker};

/// Time from which a step is worth naming among those that the whole waits for.
const LONG: Duration = Duration::from_secs(15);
/// The same for a time in which nothing seems to happen.
const NOTICED: Duration = Duration::from_secs(5);

/// Returns the last lines of a plan.
pub fn closing_lines(shown: &Shown<'_>) -> String {
    let drift = drift_sentence(&shown.plan.drift);
    if shown.plan.is_empty() {
        return nothing_to_do(shown, &drift);
    }
    // Where nothing is recorded nothing can have drifted.
    let origin =
        if shown.is_unrecorded() { "None of it is recorded: the account says that it is the stack's." } else { &drift };
    let mut lines = vec![format!("{} {}. {origin}", paint(HEADING, "Plan:"), counts(&shown.plan.summary()))];
    lines.extend(outdated_sentences(shown.plan).into_iter().map(|sentence| format!("      {sentence}")));
    if !shown.teardown {
        lines.extend(cluster_sentences(shown.plan).into_iter().map(|sentence| format!("      {sentence}")));
    }
    if shown.takes_time() {
        lines.extend(time_sentences(shown.forecast).into_iter().map(|sentence| format!("      {sentence}")));
    }
    if shown.forecast.calls > 0 {
        lines.push(format!("      About {}.", count_of(shown.forecast.calls, "call")));
    }
    lines.join("\n") + "\n"
}

/// Returns what the drift comes to: `Drift: none.`
pub fn drift_sentence(drift: &[Drift]) -> String {
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
            let outdated = outdated_sentences(shown.plan);
            let outdated: String = outdated.into_iter().map(|sentence| format!("      {sentence}\n")).collect();
            format!(
                "{heading} the account is as {} declares it, {resources} unchanged. {drift}\n{outdated}",
                shown.stack
            )
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

/// Returns a sentence for each group that keeps an old value until it is replaced, and how to have that done.
fn outdated_sentences(plan: &Plan) -> Vec<String> {
    let groups = bundle(plan.outdated.iter().collect(), |outdated| &outdated.address, |outdated| &outdated.fields);
    groups.iter().map(|group| outdated_sentence(group, plan)).collect()
}

fn outdated_sentence(group: &Bundle<&Outdated>, plan: &Plan) -> String {
    let fields: Vec<String> = group.members[0].fields.iter().map(|field| field_noun(field)).collect();
    let (fields, name) = (fields.join(" and "), &group.name);
    let is_single = group.members.len() == 1;
    let (keep, their) = if is_single { ("keeps", "its") } else { ("keep", "their") };
    let (glob, argument) = match name.split_once('[').zip(name.rsplit_once(']')) {
        Some(((before, _), (_, after))) if !is_single => {
            let glob = format!("{before}*{after}");
            (glob.clone(), format!("'{glob}'"))
        }
        _ => (name.clone(), name.clone()),
    };
    let glob = AddressGlob::new(&glob);
    let declared = plan.changes.iter().filter(|change| change.declared.is_some() && change.existing.is_some());
    let selected = declared.filter(|change| glob.selects(&change.address)).count();
    let others = match selected.saturating_sub(group.members.len()) {
        0 => String::new(),
        others => format!(" (and replaces {others} more)"),
    };
    format!("{name} {keep} {their} {fields} of before; `--replace {argument}` renews it{others}.")
}

/// Returns what the plan takes, what for, and what it cannot take less than.
fn time_sentences(forecast: &Forecast) -> Vec<String> {
    let waits: Vec<String> = forecast.chain.iter().filter(|wait| is_worth_naming(wait)).map(wait_phrase).collect();
    let total = expected(forecast.total);
    let first = match waits.as_slice() {
        [] => format!("Takes {total}."),
        waits => format!("Takes {total}: {}.", waits.join(", then ")),
    };
    let limit = forecast.limit.as_ref().map(limit_sentence);
    std::iter::once(first).chain(limit).collect()
}

fn is_worth_naming(wait: &Wait) -> bool {
    wait.time >= LONG || wait.propagation_delay >= NOTICED
}

/// Returns what is waited for: `NAT gateway (about 1 min 50 s)`.
fn wait_phrase(wait: &Wait) -> String {
    let (what, time) = (noun(&wait.kind), expected(wait.time));
    let source = if wait.learnt { " as before" } else { "" };
    match wait.until {
        _ if wait.propagation_delay >= NOTICED => {
            format!("{what} (about {} s to be known)", wait.propagation_delay.as_secs())
        }
        Until::Ready => format!("{what} ({time}{source})"),
        Until::Gone => format!("end of the {what} ({time}{source})"),
    }
}

/// Returns why it cannot be faster: what the cloud allows is a bucket that fills slowly.
fn limit_sentence(limit: &Limit) -> String {
    let Limit { allowance: Allowance { kind, until, at_once, a_second, time_scale }, wanted, takes } = limit;
    let (count, least) = (count_of(*wanted, &noun(kind)), elapsed(*takes));
    let verb = if *until == Until::Ready { "start" } else { "end" };
    let at_once = grouped(*at_once);
    // What holds on AWS stays to be read where time goes faster: it is what the reader rehearses for.
    let faster = if *time_scale == TimeScale::WALL {
        String::new()
    } else {
        format!(", here {} times as fast", time_scale.speed())
    };
    format!("{count} take at least {least}: AWS lets {at_once} {verb} at once, and {a_second} a second beyond{faster}.")
}

/// What happens to the workers and the scheduler of one cluster.
#[derive(Default)]
struct ClusterImpact {
    workers_before: usize,
    workers_after: usize,
    workers_leaving: usize,
    workers_replaced: usize,
    scheduler: Option<Action>,
}

/// Returns a sentence for each cluster whose work is disturbed.
fn cluster_sentences(plan: &Plan) -> Vec<String> {
    let mut impacts: BTreeMap<&str, ClusterImpact> = BTreeMap::new();
    for change in &plan.changes {
        let Some(name) = cluster_of(&change.address) else { continue };
        note_impact(impacts.entry(name).or_default(), change);
    }
    impacts.into_iter().flat_map(|(name, impact)| sentences(name, &impact)).collect()
}

fn note_impact(impact: &mut ClusterImpact, change: &Change) {
    let exists = change.existing.as_ref().is_some_and(|existing| existing.standing != Standing::Deposed)
        && change.action != Action::Forget;
    if is_worker(&change.address) {
        impact.workers_before += usize::from(exists);
        impact.workers_after += usize::from(change.declared.is_some());
        impact.workers_leaving += usize::from(exists && change.action == Action::Delete);
        impact.workers_replaced += usize::from(matches!(change.action, Action::Replace(_)));
    } else if is_scheduler(&change.address) && exists {
        impact.scheduler = Some(change.action);
    }
}

fn sentences(name: &str, impact: &ClusterImpact) -> Vec<String> {
    if impact.scheduler == Some(Action::Delete) && impact.workers_after == 0 {
        return vec![format!("{name} goes away.")];
    }
    let mut sentences = Vec::new();
    if let Some(Action::Replace(_)) = impact.scheduler {
        sentences.push(format!("{name} gets a new scheduler: its address changes, and what it is computing is lost."));
    }
    let stays =
        if matches!(impact.scheduler, Some(Action::NoOp | Action::Update)) { "; its scheduler stays" } else { "" };
    if impact.workers_leaving > 0 {
        let (before, after) = (impact.workers_before, impact.workers_after);
        let workers = count_of(impact.workers_leaving, "worker");
        sentences.push(format!("{name} loses {workers} ({before} → {after}){stays}."));
    }
    if impact.workers_replaced > 0 {
        sentences.push(format!("{name} has {} replaced{stays}.", count_of(impact.workers_replaced, "worker")));
    }
    sentences
}
