//! What others have in the way of a teardown.

use std::fmt;

use landfall_aws::blockers::Blocker;

/// What to do about things of others that can be loosened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignPolicy {
    /// Stop; the operation has no way to loosen them.
    Stop,
    /// Stop, and say that they could be loosened.
    Offer,
    /// Loosen them.
    Loosen,
}

/// Others have something that keeps parts of the stack from being deleted. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// The stack.
    pub stack: String,
    /// What is in the way.
    pub found: Vec<Blocker>,
    /// What was to be done about it.
    pub policy: ForeignPolicy,
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<&str> = self.found.iter().map(|blocker| blocker.id.as_str()).collect();
        write!(f, "things that are not of {} keep parts of it from being deleted: {}", self.stack, ids.join(", "))
    }
}

impl std::error::Error for Blocked {}
