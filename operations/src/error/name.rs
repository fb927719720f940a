//! Why a stack cannot be found by its name.

/// A stack cannot be found by this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// No stack has such a name.
    #[error("`{0}` is no name of a stack")]
    NoName(String),
    /// No region has such a name.
    #[error("`{0}` is no region")]
    NoRegion(String),
    /// Nothing says where to look.
    #[error("it is not clear in which region the stack is")]
    RegionUnknown,
}
