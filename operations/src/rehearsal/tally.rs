//! Plays trials, several at once, and counts what came of them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::available_parallelism;
use std::time::Duration;

use super::checkpoint::{Rehearsal, RehearsalError};
use super::client::Ending;
use super::injected_fault::InjectedFault;
use super::trial::{Trial, TrialResult};

/// How commands ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Endings {
    /// Everything was done all the same.
    pub done: usize,
    /// It ended with an error.
    pub failed: usize,
    /// It was killed.
    pub killed: usize,
}

impl Endings {
    fn count(&mut self, ending: &Ending) {
        match ending {
            Ending::Done(_) => self.done += 1,
            Ending::Failed(_) => self.failed += 1,
            Ending::Killed => self.killed += 1,
        }
    }

    /// Returns how many there were.
    pub fn total(self) -> usize {
        self.done + self.failed + self.killed
    }
}

/// What a rehearsal came to.
#[derive(Debug, Default)]
pub struct Tally {
    /// How many trials were played.
    pub trials: usize,
    /// How many calls their commands sent.
    pub calls: u64,
    /// How the faulted commands of each phase ended.
    pub by_phase: BTreeMap<&'static str, Endings>,
    /// How the faulted commands ended, for each fault.
    pub by_fault: BTreeMap<InjectedFault, Endings>,
    /// The trial that would have taken longest.
    pub slowest: Option<(Trial, Duration, u64)>,
    /// Trials after which something was wrong, and what.
    pub wrong: Vec<(Trial, Vec<String>)>,
}

/// Plays trials on all processors. `told` hears how many are over.
///
/// # Errors
/// If one of them names a phase that was not played.
pub fn play_all(
    rehearsal: &Rehearsal,
    trials: &[Trial],
    seed: u64,
    told: &(dyn Fn(usize) + Sync),
) -> Result<Tally, RehearsalError> {
    let (next, over) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let results: Mutex<BTreeMap<usize, Result<TrialResult, RehearsalError>>> = Mutex::default();
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(trial) = trials.get(index) else { return };
            let result = trial.play(rehearsal, seed);
            let is_over = result.is_err();
            results.lock().unwrap_or_else(PoisonError::into_inner).insert(index, result);
            told(over.fetch_add(1, Ordering::Relaxed) + 1);
            if is_over {
                next.store(trials.len(), Ordering::Relaxed);
            }
        }
    };
    let workers = available_parallelism().map_or(1, usize::from).min(trials.len());
    std::thread::scope(|scope| (0..workers).for_each(|_| drop(scope.spawn(work))));
    let mut tally = Tally::default();
    for (index, result) in results.into_inner().unwrap_or_else(PoisonError::into_inner) {
        tally.take_in(rehearsal, &trials[index], &result?)?;
    }
    Ok(tally)
}

impl Tally {
    fn take_in(&mut self, rehearsal: &Rehearsal, trial: &Trial, result: &TrialResult) -> Result<(), RehearsalError> {
        self.trials += 1;
        self.calls += result.calls();
        let phase = rehearsal.phase(&trial.phase)?.phase.name;
        for (injection, outcome) in trial.injections.iter().zip(&result.faulted) {
            self.by_phase.entry(phase).or_default().count(&outcome.ending);
            self.by_fault.entry(injection.fault).or_default().count(&outcome.ending);
        }
        if self.slowest.as_ref().is_none_or(|(_, took, _)| *took < result.took()) {
            self.slowest = Some((trial.clone(), result.took(), result.calls()));
        }
        if !result.wrong.is_empty() {
            self.wrong.push((trial.clone(), result.wrong.clone()));
        }
        Ok(())
    }
}
