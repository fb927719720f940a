//! The lease of a state in memory, which lapses by tokio's clock.

use std::time::Duration;

use tokio::time::Instant;

use crate::lease::Holder;

/// A number that grows whenever the lease is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Epoch(pub(super) u64);

#[derive(Debug)]
pub(super) struct Lease {
    pub(super) holder: Holder,
    pub(super) lasts: Duration,
    pub(super) lapses: Instant,
}
