//! What of a plan a person gets to see.

use std::time::Duration;

use landfall_engine::forecast::Forecast;
use landfall_engine::plan::{Plan, Reason};

/// What is shown of a plan, and how.
#[derive(Debug, Clone)]
pub struct Shown<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The stack's name.
    pub stack: &'a str,
    /// How long it will take.
    pub forecast: &'a Forecast,
    /// Whether resources that stay as they are are listed too.
    pub all: bool,
    /// Whether everything goes, so that it need not be said of each resource.
    pub teardown: bool,
}

impl Shown<'_> {
    /// Tells whether a teardown is of what nobody has a record of.
    pub fn is_unrecorded(&self) -> bool {
        self.teardown && self.plan.pending().all(|change| change.reason == Reason::Unexpected)
    }

    /// Tells whether the time is worth a word.
    pub fn takes_time(&self) -> bool {
        self.forecast.total >= Duration::from_secs(1)
    }
}
