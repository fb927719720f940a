//! One trial: what goes wrong in a phase, one plain command after it, and a look at the account from outside.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use landfall_simulator::middleware::FaultFile;

use super::checkpoint::{Rehearsal, RehearsalError};
use super::client::{CommandResult, Ending, run};
use super::injected_fault::InjectedFault;
use crate::session::Goal;

/// What the user does in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// The same command again.
    Again,
    /// `landfall destroy`.
    Destroy,
}

/// A fault at a call of a command, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Injection {
    /// The call.
    pub call: u64,
    /// What goes wrong there.
    pub fault: InjectedFault,
}

/// What goes wrong, where, and what the user does then.
///
/// Its text, such as `grow:12/killed-after:3/throttled:destroy`, is what a replay takes: the phase, one command for each
/// injection, and the plain command at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// The phase's name.
    pub phase: String,
    /// One for each command that is faulted; all of them are the phase's.
    pub injections: Vec<Injection>,
    /// The plain command at the end.
    pub then: Choice,
}

/// What a trial found.
#[derive(Debug, Clone)]
pub struct TrialResult {
    /// How the commands ended that were faulted.
    pub faulted: Vec<CommandResult>,
    /// How the plain command after them ended.
    pub after: CommandResult,
    /// What is wrong in the end; nothing, if landfall keeps its promise.
    pub wrong: Vec<String>,
}

impl TrialResult {
    /// Returns how long all commands would have taken.
    pub fn took(&self) -> Duration {
        self.faulted.iter().map(|outcome| outcome.took).sum::<Duration>() + self.after.took
    }

    /// Returns how many calls they sent.
    pub fn calls(&self) -> u64 {
        self.faulted.iter().map(|outcome| outcome.calls).sum::<u64>() + self.after.calls
    }
}

impl Trial {
    /// Plays it.
    ///
    /// # Errors
    /// If there is no such phase.
    pub fn play(&self, rehearsal: &Rehearsal, seed: u64) -> Result<TrialResult, RehearsalError> {
        let phase = rehearsal.phase(&self.phase)?;
        let file = rehearsal.file_of(&phase.phase);
        let checkpoint = phase.before.fork();
        let (region, state) = (&checkpoint.region, &checkpoint.state);
        let mut faulted = Vec::new();
        for injection in &self.injections {
            region.inject_faults(&injection.fault.faults(injection.call, region.instance_count()), seed);
            faulted.push(run(region, &file, state, phase.phase.goal, injection.fault.crash_point(injection.call)));
        }
        region.inject_faults(&FaultFile::default(), seed);
        let goal = if self.then == Choice::Destroy { Goal::Nothing } else { phase.phase.goal };
        let after = run(region, &file, state, goal, None);
        let mut wrong = Vec::new();
        if let Ending::Failed(why) = &after.ending {
            wrong.push(format!("the plain command after it fails: {why}"));
        }
        let (missing, surplus) = rehearsal.audit(phase, region, goal);
        wrong.extend(missing.into_iter().map(|line| format!("not in the account: {line}")));
        wrong.extend(surplus.into_iter().map(|line| format!("left in the account: {line}")));
        if goal == Goal::Declared {
            let again = run(region, &file, state, goal, None);
            if !again.ending.is_done_with(0) {
                wrong.push(format!("the plan after it is not empty: {:?}", again.ending));
            }
        }
        Ok(TrialResult { faulted, after, wrong })
    }
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.phase)?;
        for Injection { call, fault } in &self.injections {
            write!(f, ":{call}/{}", fault.slug())?;
        }
        write!(f, ":{}", if self.then == Choice::Destroy { "destroy" } else { "again" })
    }
}

/// A text is not that of a trial.
#[derive(Debug, thiserror::Error)]
#[error("not a trial: {0:?}; they look like `apply:12/killed-after:again`, as a rehearsal prints them")]
pub struct NoTrial(String);

impl FromStr for Trial {
    type Err = NoTrial;

    fn from_str(text: &str) -> Result<Trial, NoTrial> {
        let refused = || NoTrial(text.to_owned());
        let mut parts = text.split(':');
        let phase = parts.next().filter(|phase| !phase.is_empty()).ok_or_else(refused)?.to_owned();
        let then = match parts.next_back() {
            Some("again") => Choice::Again,
            Some("destroy") => Choice::Destroy,
            _ => return Err(refused()),
        };
        let injection = |part: &str| {
            let (call, slug) = part.split_once('/')?;
            let fault = InjectedFault::ALL.into_iter().find(|fault| fault.slug() == slug)?;
            Some(Injection { call: call.parse().ok().filter(|call| *call > 0)?, fault })
        };
        let injections = parts.map(|part| injection(part).ok_or_else(refused)).collect::<Result<Vec<_>, _>>()?;
        Ok(Trial { phase, injections, then })
    }
}
