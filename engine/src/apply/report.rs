//! What became of a plan, and why of what was not done.

use std::time::Duration;

use crate::address::Address;
use crate::journal::JournalError;
use crate::plan::Summary;
use crate::provider::CallFailure;

/// What became of the plan.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// Resources whose steps were all done, by action.
    pub done: Summary,
    /// Steps that failed.
    pub failures: Vec<Failure>,
    /// Resources that were not begun because of a failure, with the address that failed.
    pub skipped: Vec<(Address, Address)>,
    /// Resources left undone because the user stopped the run.
    pub unfinished: Vec<Address>,
    /// Whether the user stopped the run.
    pub interrupted: bool,
}

impl Report {
    /// Tells whether everything in the plan was done.
    pub fn is_complete(&self) -> bool {
        self.failures.is_empty() && self.skipped.is_empty() && self.unfinished.is_empty()
    }
}

/// A step that failed.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// The resource.
    pub address: Address,
    /// What was being done.
    pub action: &'static str,
    /// Why it failed.
    pub cause: Cause,
}

/// Why a step failed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Cause {
    /// The cloud said no.
    #[error(transparent)]
    Call(Box<CallFailure>),
    /// The cloud said no for so long that we gave up.
    #[error("{failure}; repeated for {} s", .timeout.as_secs())]
    RetriesTimedOut {
        /// What it said last.
        failure: Box<CallFailure>,
        /// How long it was asked.
        timeout: Duration,
    },
    /// It came up and failed, or will not go.
    #[error("{0}")]
    Failed(String),
    /// It was not ready, or not gone, in time.
    #[error("not {awaited} after {} s", .timeout.as_secs())]
    TimedOut {
        /// `ready` or `gone`.
        awaited: &'static str,
        /// How long it was waited for.
        timeout: Duration,
    },
    /// A reference has no value.
    #[error("`{output}` of {of} is not known")]
    NoOutput {
        /// The resource referred to.
        of: Address,
        /// The output.
        output: String,
    },
}

/// The run had to be broken off.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The state could not be written. `unrecorded` lists what took effect and is in the journal as intent only.
    #[error("the run was broken off: {} steps are in the journal as begun", .unrecorded.len())]
    Journal {
        /// Steps whose outcome could not be recorded.
        unrecorded: Vec<Address>,
        /// Why.
        #[source]
        source: JournalError,
    },
}
