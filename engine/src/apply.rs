//! The one loop that acts. It makes no decisions: the plan did.

#[cfg(test)]
mod properties;
#[cfg(test)]
mod properties_of_places;
mod run;
#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::address::Address;
use crate::expectation::Expectations;
use crate::journal::JournalError;
use crate::plan::Summary;
use crate::provider::CallFailure;

pub use run::apply;
pub(crate) use run::looks;

/// How to act.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many calls may be on their way at once.
    pub parallelism: usize,
    /// The id of this run; client tokens are derived from it.
    pub run: String,
    /// How long something fresh may stay invisible before that is a failure.
    pub visibility_timeout: Duration,
    /// How long a deletion is repeated while something still hangs on the resource.
    pub release_timeout: Duration,
    /// How long a resource may take to be ready, or to be gone.
    pub wait_timeout: Duration,
    /// How long it is expected to take; steers when to look.
    pub expectations: Expectations,
}

impl Options {
    /// Returns the usual timeouts. The AWS guide names seconds to minutes for consistency; Terraform's provider gives
    /// a fresh profile 2 minutes and a network interface that lingers after its instance 5; NAT gateways take 2.
    pub fn new(run: impl Into<String>, parallelism: usize, expectations: Expectations) -> Options {
        Options {
            parallelism: parallelism.max(1),
            run: run.into(),
            visibility_timeout: Duration::from_secs(180),
            release_timeout: Duration::from_secs(300),
            wait_timeout: Duration::from_secs(900),
            expectations,
        }
    }
}

/// Whether the user wants to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interrupt {
    /// No.
    None,
    /// Start nothing more; wait for what is on its way and record it.
    Drain,
    /// Return at once; the journal knows what was on its way.
    Stop,
}

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
