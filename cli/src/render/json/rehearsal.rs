//! `rehearse --json`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::render::rehearsal::actions;
use landfall_operations::rehearsal::{Endings, Rehearsal, Tally};
use landfall_presentation::json::{FORMAT_VERSION, document};

#[derive(Serialize)]
struct RehearsalDocument<'a> {
    format_version: u32,
    stack: &'a str,
    region: &'a str,
    seed: u64,
    trials: usize,
    api_calls: u64,
    phases: Vec<PhaseEntry>,
    faults: BTreeMap<&'static str, EndingsEntry>,
    permissions: Vec<&'a str>,
    slowest: Option<SlowestEntry>,
    wrong: Vec<WrongEntry<'a>>,
}

#[derive(Serialize)]
struct PhaseEntry {
    name: &'static str,
    api_calls: usize,
    seconds: f64,
    faulted: EndingsEntry,
}

#[derive(Serialize)]
struct EndingsEntry {
    done: usize,
    failed: usize,
    killed: usize,
}

#[derive(Serialize)]
struct SlowestEntry {
    trial: String,
    seconds: f64,
    api_calls: u64,
}

#[derive(Serialize)]
struct WrongEntry<'a> {
    trial: String,
    what: &'a [String],
}

impl From<Endings> for EndingsEntry {
    fn from(endings: Endings) -> EndingsEntry {
        EndingsEntry { done: endings.done, failed: endings.failed, killed: endings.killed }
    }
}

/// Returns the document of `rehearse --json`.
pub(crate) fn rehearsal_document(rehearsal: &Rehearsal, tally: &Tally, seed: u64) -> String {
    let phase = |phase: &landfall_operations::rehearsal::PlayedPhase| PhaseEntry {
        name: phase.phase.name,
        api_calls: phase.log.len(),
        seconds: phase.took.as_secs_f64(),
        faulted: tally.by_phase.get(phase.phase.name).copied().unwrap_or_default().into(),
    };
    document(&RehearsalDocument {
        format_version: FORMAT_VERSION,
        stack: rehearsal.file.name(),
        region: &rehearsal.file.stack.region,
        seed,
        trials: tally.trials,
        api_calls: tally.calls,
        phases: rehearsal.played.iter().map(phase).collect(),
        faults: tally.by_fault.iter().map(|(fault, endings)| (fault.slug(), (*endings).into())).collect(),
        permissions: actions(rehearsal),
        slowest: tally.slowest.as_ref().map(|(trial, took, calls)| SlowestEntry {
            trial: trial.to_string(),
            seconds: took.as_secs_f64(),
            api_calls: *calls,
        }),
        wrong: tally.wrong.iter().map(|(trial, what)| WrongEntry { trial: trial.to_string(), what }).collect(),
    })
}
