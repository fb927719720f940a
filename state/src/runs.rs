//! What a history tells of runs: who did what, when, and what came of it.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use crate::changes::RunChange;
use crate::who::Who;

/// The number of a run within its state, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunNumber(pub(crate) i64);

impl RunNumber {
    /// Returns the number, which is never negative.
    pub fn get(self) -> u64 {
        self.0.unsigned_abs()
    }
}

impl From<u32> for RunNumber {
    fn from(number: u32) -> RunNumber {
        RunNumber(number.into())
    }
}

impl fmt::Display for RunNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What tells a run from all others: its number within the state, and a UUID (version 7) in all the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RunId {
    pub(crate) number: RunNumber,
    pub(crate) uuid: Uuid,
}

impl RunId {
    /// Returns the number, for people.
    pub fn number(&self) -> RunNumber {
        self.number
    }

    /// Returns the UUID as text, for tags and client tokens.
    pub fn uuid(&self) -> String {
        self.uuid.to_string()
    }
}

/// What is known of a run when it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunStart<'a> {
    /// The command, such as `landfall apply --yes`.
    pub command: &'a str,
    /// The text of the stack file, if there is one.
    pub stack_text: Option<&'a str>,
    /// The plan, if one was made, in the JSON contract.
    pub plan_json: Option<&'a str>,
    /// The version of landfall.
    pub version: &'a str,
}

/// What is known of a run when it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunEnd<'a> {
    /// What came of it.
    pub outcome: RunOutcome,
    /// The report, in the JSON contract.
    pub report_json: Option<&'a str>,
    /// How many calls were sent.
    pub api_calls: u64,
    /// How long it took.
    pub took: Duration,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunOutcome {
    /// Everything in the plan was done.
    Complete,
    /// Something failed.
    Failed,
    /// The user stopped it.
    Interrupted,
    /// The state could not be written any more.
    BrokenOff,
}

impl RunOutcome {
    pub(crate) const ALL: [RunOutcome; 4] =
        [RunOutcome::Complete, RunOutcome::Failed, RunOutcome::Interrupted, RunOutcome::BrokenOff];

    /// Returns the word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            RunOutcome::Complete => "complete",
            RunOutcome::Failed => "failed",
            RunOutcome::Interrupted => "interrupted",
            RunOutcome::BrokenOff => "broken_off",
        }
    }
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunStatus {
    /// Its process is at work.
    Running,
    /// Its process is gone and did not end it.
    Crashed,
    /// It ended.
    Ended(RunOutcome),
}

impl RunStatus {
    /// Returns the word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            RunStatus::Running => "running",
            RunStatus::Crashed => "crashed",
            RunStatus::Ended(outcome) => outcome.as_str(),
        }
    }
}

/// One row of the history.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Which run.
    pub id: RunId,
    /// The command.
    pub command: String,
    /// The version of landfall.
    pub version: String,
    /// Who.
    pub who: Who,
    /// When it began.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// How far it is.
    pub status: RunStatus,
    /// How many calls were sent, once it has ended.
    pub api_calls: Option<u64>,
    /// How long it took, once it has ended.
    pub took: Option<Duration>,
}

/// Everything that is known of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunDetail {
    /// Its row of the history.
    pub run: Run,
    /// The text of the stack file.
    pub stack_text: Option<String>,
    /// The plan, in the JSON contract.
    pub plan_json: Option<String>,
    /// The report, in the JSON contract.
    pub report_json: Option<String>,
    /// What was done with each resource.
    pub changes: Vec<RunChange>,
}
