//! Where phases are played: an account and a state, as they are before each phase.

use std::sync::Arc;
use std::time::Duration;

use landfall_simulator::account_snapshot::difference;
use landfall_simulator::region::{Delays, Region, RegionOptions};
use landfall_state::MemoryStore;

use super::client::{CommandFailure, Ending, run};
use super::phase::{Phase, life_of};
use crate::session::Goal;
use crate::stack_file::StackFile;

/// A rehearsal cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// There is no such phase.
    #[error("this stack's life has no phase `{0}`")]
    UnknownPhase(String),
    /// A clean run does not come to its end.
    #[error("without anything going wrong, the phase `{phase}` does not come to its end")]
    Unclean {
        /// Which.
        phase: &'static str,
        /// Why; `None` if it was killed.
        why: Option<Arc<CommandFailure>>,
    },
}

/// The account and the state at one moment.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    /// The account.
    pub region: Region,
    /// The state.
    pub state: MemoryStore,
}

/// A phase that was played without anything going wrong.
#[derive(Debug)]
pub struct PlayedPhase {
    /// What was done.
    pub phase: Phase,
    /// As it was before.
    pub before: Checkpoint,
    /// The snapshot of the account after it.
    pub snapshot: Vec<String>,
    /// The actions that it asked for, in order.
    pub log: Vec<String>,
    /// How long it would have taken.
    pub took: Duration,
}

/// A stack's life, ready for things to go wrong in it.
#[derive(Debug)]
pub struct Rehearsal {
    /// The stack file that is rehearsed.
    pub file: StackFile,
    /// Its phases, in order.
    pub played: Vec<PlayedPhase>,
    /// The account before anything.
    nothing: Vec<String>,
}

/// Shorter than on AWS, for a poll is a call and each call is a trial, and long enough that everything is waited for.
const DELAYS: Delays = Delays {
    nat_gateway_create: 6_000,
    nat_gateway_delete: 4_000,
    elastic_ip_release: 1_000,
    instance_start: 4_000,
    instance_terminate: 4_000,
    network_interface_release: 1_000,
    endpoint_delete: 2_000,
    instance_profile_visible: 3_000,
    record_kept: 3_600_000,
};

impl Rehearsal {
    /// Plays the life of a stack once, with nothing going wrong.
    ///
    /// # Errors
    /// If that does not come to its end, for example because the region offers an instance type nowhere.
    pub fn begin(file: &StackFile, seed: u64) -> Result<Rehearsal, RehearsalError> {
        let options =
            RegionOptions { region: file.stack.region.clone(), seed, delays: DELAYS, ..RegionOptions::default() };
        let region = Region::new(&options);
        let nothing = region.account_snapshot();
        let mut rehearsal = Rehearsal { file: file.clone(), played: vec![], nothing };
        let mut checkpoint = Checkpoint { region, state: MemoryStore::new() };
        for phase in life_of(&file.stack) {
            let before = checkpoint;
            checkpoint = before.fork();
            checkpoint.region.keep_log();
            let outcome = run(&checkpoint.region, &rehearsal.file_of(&phase), &checkpoint.state, phase.goal, None);
            let Ending::Done(_) = outcome.ending else {
                let why = match outcome.ending {
                    Ending::Failed(why) => Some(why),
                    _ => None,
                };
                return Err(RehearsalError::Unclean { phase: phase.name, why });
            };
            let (snapshot, log) = (checkpoint.region.account_snapshot(), checkpoint.region.take_log());
            rehearsal.played.push(PlayedPhase { phase, before, snapshot, log, took: outcome.took });
        }
        Ok(rehearsal)
    }

    /// Returns a phase that was played.
    pub fn phase(&self, name: &str) -> Result<&PlayedPhase, RehearsalError> {
        let found = self.played.iter().find(|played| played.phase.name == name);
        found.ok_or_else(|| RehearsalError::UnknownPhase(name.to_owned()))
    }

    /// Returns the stack file as it is in a phase.
    pub fn file_of(&self, phase: &Phase) -> StackFile {
        StackFile { stack: phase.stack.clone(), ..self.file.clone() }
    }

    /// Returns what an account has beyond, and lacks of, what it should have at the end of a phase.
    pub fn audit(&self, phase: &PlayedPhase, region: &Region, goal: Goal) -> (Vec<String>, Vec<String>) {
        let expected = if goal == Goal::Nothing { &self.nothing } else { &phase.snapshot };
        difference(expected, &region.account_snapshot())
    }
}

impl Checkpoint {
    /// Returns the same account and the same state, to be changed.
    pub fn fork(&self) -> Checkpoint {
        Checkpoint { region: self.region.fork(), state: self.state.fork() }
    }
}
