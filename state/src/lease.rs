//! The lease: the right to write a state, which one holder has at a time.
//!
//! A lease has an *epoch*, a number that grows whenever the lease is given anew. Each write names the epoch that it was
//! made under, in the transaction itself, so a holder who lost the lease without knowing it writes nothing any more: his
//! write fails with [`StoreError::Fenced`](crate::StoreError::Fenced). That is what makes a lease safe whose holder may be asleep and not dead.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::who::Who;

/// Who holds a lock, and for what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The process.
    #[serde(flatten)]
    pub who: Who,
    /// The command that it carries out, such as `landfall apply`.
    pub command: String,
    /// When it took the lock.
    pub since: Timestamp,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, `{}`, since {:.0}", self.who, self.command, self.since)
    }
}

/// Who asks for a lease, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseRequest {
    /// The process.
    pub who: Who,
    /// The command that it carries out, such as `landfall apply`.
    pub command: String,
    /// After how long without a write or a renewal others may take the lease over. A store that knows by itself who is
    /// dead, as the operating system does for a local file, needs no such time and does not look at it.
    pub lasts: Duration,
}

impl LeaseRequest {
    /// Two minutes: longer than a machine stands still that is not dead, shorter than the patience of whoever waits.
    pub const LASTS: Duration = Duration::from_secs(120);

    /// Returns the request of this process, for the usual time.
    pub fn of_this_process(command: impl Into<String>) -> LeaseRequest {
        LeaseRequest { who: Who::current(), command: command.into(), lasts: LeaseRequest::LASTS }
    }
}
