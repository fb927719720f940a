//! A rehearsal as a person reads it.

use std::collections::BTreeSet;
use std::time::Duration;

use landfall_operations::rehearsal::{Ending, Endings, Rehearsal, Tally, Trial, TrialResult};
use landfall_presentation::text::duration::elapsed;
use landfall_presentation::text::nouns::count_of;
use landfall_presentation::text::style::{FAINT, GONE, HEADING, MADE, paint};

/// Returns the report of a rehearsal.
pub(crate) fn rehearsal_text(rehearsal: &Rehearsal, tally: &Tally, seed: u64, took: Duration) -> String {
    let name = rehearsal.file.name();
    let region = &rehearsal.file.stack.region;
    let mut text = format!(
        "{} · {region} · rehearsed in memory, seed {seed}\n\n{}\n",
        paint(HEADING, name),
        paint(HEADING, "phase         calls  takes          faulted  came through  ended with an error  killed")
    );
    for phase in &rehearsal.played {
        let endings = tally.by_phase.get(phase.phase.name).copied().unwrap_or_default();
        text.push_str(&format!(
            "  {:<10}  {:>5}  {:<12}  {}\n",
            phase.phase.name,
            phase.log.len(),
            elapsed(phase.took),
            columns(endings)
        ));
    }
    let heading = "what went wrong                             faulted  came through  ended with an error  killed";
    text.push_str(&format!("\n{}\n", paint(HEADING, heading)));
    for (fault, endings) in &tally.by_fault {
        text.push_str(&format!("  {:<42}  {}\n", fault.words(), columns(*endings)));
    }
    text.push_str(&format!("\n{}\n", sentence(tally, took)));
    if let Some((trial, took, calls)) = &tally.slowest {
        let calls = count_of(usize::try_from(*calls).unwrap_or(usize::MAX), "call");
        text.push_str(&format!("Slowest path: {trial}, {} of simulated time, {calls}.\n", elapsed(*took)));
    }
    let actions = actions(rehearsal);
    text.push_str(&format!("\n{}\n", paint(HEADING, format!("{} used:", count_of(actions.len(), "permission")))));
    text + &wrapped(&actions)
}

fn columns(endings: Endings) -> String {
    format!("{:>7}  {:>12}  {:>19}  {:>6}", endings.total(), endings.done, endings.failed, endings.killed)
}

fn sentence(tally: &Tally, took: Duration) -> String {
    let trials = count_of(tally.trials, "trial");
    let tried = format!("{trials} with {} calls in {}", tally.calls, elapsed(took));
    if tally.wrong.is_empty() {
        let good = paint(MADE, "nothing left over, nothing doubled, nothing to do by hand");
        return format!(
            "{} {tried}: {good}.\nEach ended with one plain command, `apply` or `destroy`.",
            paint(HEADING, "Tried:")
        );
    }
    let bad = paint(GONE, format!("{} left something wrong", count_of(tally.wrong.len(), "trial")));
    format!("{} {tried}: {bad}.", paint(HEADING, "Tried:"))
}

/// Returns the actions that the life of the stack asks for.
pub(crate) fn actions(rehearsal: &Rehearsal) -> Vec<&str> {
    let all: BTreeSet<&str> = rehearsal.played.iter().flat_map(|phase| &phase.log).map(String::as_str).collect();
    all.into_iter().collect()
}

/// Widest line of the list.
const WIDTH: usize = 100;

fn wrapped(words: &[&str]) -> String {
    let mut text = String::new();
    let mut line = String::new();
    for word in words {
        if line.len() + word.len() + 2 > WIDTH {
            text.push_str(&format!("  {}\n", line.trim_end()));
            line.clear();
        }
        line.push_str(word);
        line.push(' ');
    }
    text + &format!("  {}\n", line.trim_end())
}

/// Returns all of one trial.
pub(crate) fn trial_text(rehearsal: &Rehearsal, trial: &Trial, result: &TrialResult) -> String {
    let mut text = format!("{} {trial}\n", paint(HEADING, "Trial"));
    let log = rehearsal.phase(&trial.phase).map(|phase| phase.log.as_slice()).unwrap_or_default();
    for (injection, outcome) in trial.injections.iter().zip(&result.faulted) {
        let index = usize::try_from(injection.call.saturating_sub(1)).unwrap_or(usize::MAX);
        let action = log.get(index).map_or("a later call", String::as_str);
        text.push_str(&format!("\n{}: {}, call {} ({action})\n", trial.phase, injection.fault.words(), injection.call));
        text.push_str(&ending_text(&outcome.ending, outcome.calls, outcome.took));
    }
    text.push_str("\nthe plain command after it\n");
    text + &ending_text(&result.after.ending, result.after.calls, result.after.took)
}

fn ending_text(ending: &Ending, calls: u64, took: Duration) -> String {
    let faint = paint(FAINT, format!("{calls} calls, {}", elapsed(took)));
    match ending {
        Ending::Done(changes) => format!("  done, {}   {faint}\n", count_of(*changes, "change")),
        Ending::Killed => format!("  killed   {faint}\n"),
        Ending::Failed(why) => {
            let lines: String = why.to_string().lines().map(|line| format!("    {line}\n")).collect();
            format!("  ended with an error   {faint}\n{lines}")
        }
    }
}
