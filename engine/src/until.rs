//! The two ends that a resource is waited for to reach.

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Until {
    /// It can be used.
    Ready,
    /// It is gone.
    Gone,
}
