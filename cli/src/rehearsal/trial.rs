//! One trial: what goes wrong in an act, one plain command after it, and a look at the account from outside.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use landfall_simulator::gate::FaultFile;

use super::mishap::Mishap;
use super::process::{Ending, Outcome, run};
use super::stage::{Rehearsal, RehearsalError};
use crate::session::Aim;

/// What the user does in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// The same command again.
    Again,
    /// `landfall destroy`.
    Destroy,
}

/// A mishap at a call of a command, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Strike {
    pub(crate) call: u64,
    pub(crate) mishap: Mishap,
}

/// What goes wrong, where, and what the user does then.
///
/// Its text, such as `grow:12/killed-after:3/throttled:destroy`, is what a replay takes: the act, one command for each
/// strike, and the plain command at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trial {
    pub(crate) act: String,
    /// One for each command that is struck; all of them are the act's.
    pub(crate) strikes: Vec<Strike>,
    pub(crate) then: Choice,
}

/// What a trial found.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    /// How the commands ended that were struck.
    pub(crate) struck: Vec<Outcome>,
    /// How the plain command after them ended.
    pub(crate) after: Outcome,
    /// What is wrong in the end; nothing, if landfall keeps its promise.
    pub(crate) wrong: Vec<String>,
}

impl Finding {
    /// Returns how long all commands would have taken.
    pub(crate) fn took(&self) -> Duration {
        self.struck.iter().map(|outcome| outcome.took).sum::<Duration>() + self.after.took
    }

    /// Returns how many calls they sent.
    pub(crate) fn calls(&self) -> u64 {
        self.struck.iter().map(|outcome| outcome.calls).sum::<u64>() + self.after.calls
    }
}

impl Trial {
    /// Plays it.
    ///
    /// # Errors
    /// If there is no such act, or no room for its state.
    pub(crate) fn play(&self, rehearsal: &Rehearsal, seed: u64) -> Result<Finding, RehearsalError> {
        let scene = rehearsal.scene(&self.act)?;
        let file = rehearsal.file_of(&scene.act);
        let (stage, _place) = rehearsal.set_up(&scene.before)?;
        let (region, state) = (&stage.region, stage.state());
        let mut struck = Vec::new();
        for strike in &self.strikes {
            region.befall(&strike.mishap.faults(strike.call, region.instance_count()), seed);
            struck.push(run(region, &file, state, scene.act.aim, strike.mishap.death(strike.call)));
        }
        region.befall(&FaultFile::default(), seed);
        let aim = if self.then == Choice::Destroy { Aim::Nothing } else { scene.act.aim };
        let after = run(region, &file, state, aim, None);
        let mut wrong = Vec::new();
        if let Ending::Failed(why) = &after.ending {
            wrong.push(format!("the plain command after it fails: {why}"));
        }
        let (missing, surplus) = rehearsal.audit(scene, region, aim);
        wrong.extend(missing.into_iter().map(|line| format!("not in the account: {line}")));
        wrong.extend(surplus.into_iter().map(|line| format!("left in the account: {line}")));
        if aim == Aim::Declared {
            let again = run(region, &file, state, aim, None);
            if again.ending != Ending::Done(0) {
                wrong.push(format!("the plan after it is not empty: {:?}", again.ending));
            }
        }
        Ok(Finding { struck, after, wrong })
    }
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.act)?;
        for Strike { call, mishap } in &self.strikes {
            write!(f, ":{call}/{}", mishap.slug())?;
        }
        write!(f, ":{}", if self.then == Choice::Destroy { "destroy" } else { "again" })
    }
}

/// A text is not that of a trial.
#[derive(Debug, thiserror::Error)]
#[error("not a trial: {0:?}; they look like `apply:12/killed-after:again`, as a rehearsal prints them")]
pub(crate) struct NoTrial(String);

impl FromStr for Trial {
    type Err = NoTrial;

    fn from_str(text: &str) -> Result<Trial, NoTrial> {
        let refused = || NoTrial(text.to_owned());
        let mut parts = text.split(':');
        let act = parts.next().filter(|act| !act.is_empty()).ok_or_else(refused)?.to_owned();
        let then = match parts.next_back() {
            Some("again") => Choice::Again,
            Some("destroy") => Choice::Destroy,
            _ => return Err(refused()),
        };
        let strike = |part: &str| {
            let (call, slug) = part.split_once('/')?;
            let mishap = Mishap::ALL.into_iter().find(|mishap| mishap.slug() == slug)?;
            Some(Strike { call: call.parse().ok().filter(|call| *call > 0)?, mishap })
        };
        let strikes = parts.map(|part| strike(part).ok_or_else(refused)).collect::<Result<Vec<_>, _>>()?;
        Ok(Trial { act, strikes, then })
    }
}
