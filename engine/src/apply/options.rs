//! How to act, and whether to go on.

use std::time::Duration;

use crate::expectation::Expectations;

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
