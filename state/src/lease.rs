//! The lease: the right to write a state, which one holder has at a time.
//!
//! A lease has an *epoch*, a number that grows whenever the lease is given anew. Each write names the epoch that it was
//! made under, in the transaction itself, so a holder who lost the lease without knowing it writes nothing any more: his
//! write fails with [`StoreError::Fenced`](crate::StoreError::Fenced). That is what makes a lease safe whose holder may be asleep and not dead.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::store::Store;
use crate::store_error::AcquireError;
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

/// How often a lease is asked for that somebody else holds.
const PAUSE: Duration = Duration::from_millis(250);

/// Takes the lease of a state. Asks again until it is free or the time is up; `waiting` is told once, before the first
/// pause, who holds it.
///
/// # Errors
/// [`AcquireError::Held`] if it is still held when the time is up; [`AcquireError::Unusable`] at once.
pub async fn acquire_within<S: Store>(
    store: &S,
    request: &LeaseRequest,
    timeout: Duration,
    waiting: impl FnOnce(&AcquireError) + Send,
) -> Result<S::Writer, AcquireError> {
    let (asked_at, mut waiting) = (Instant::now(), Some(waiting));
    loop {
        match store.acquire(request).await {
            Err(held @ AcquireError::Held { .. }) if asked_at.elapsed() < timeout => {
                if let Some(waiting) = waiting.take() {
                    waiting(&held);
                }
                tokio::time::sleep(PAUSE).await;
            }
            acquired => return acquired,
        }
    }
}
