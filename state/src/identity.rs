//! Whose state it is.

use std::fmt;

/// What a state belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The stack's name.
    pub stack: String,
    /// The stack's region.
    pub region: String,
    /// The id of the account.
    pub account: String,
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stack {} in {}, account {}", self.stack, self.region, self.account)
    }
}
