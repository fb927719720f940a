//! How a state in memory fails.

use crate::crash_point::CrashPoint;
use crate::runs::RunNumber;
use crate::store_error::{StoreError, StoreFault};

/// What only a state in memory can say.
#[derive(Debug, thiserror::Error)]
pub enum MemoryFault {
    /// The process that the handle lives in has come to its crash point.
    #[error("the process died {}", told(*.0))]
    Dead(CrashPoint),
    /// There is no run of this number.
    #[error("there is no run {0}")]
    NoRun(RunNumber),
    /// There is nothing damaged to set aside.
    #[error("a state in memory is never damaged")]
    NotDamaged,
}

fn told(point: CrashPoint) -> String {
    match point {
        CrashPoint::Before(write) => format!("before write {write}"),
        CrashPoint::After(write) => format!("after write {write}"),
    }
}

impl StoreFault for MemoryFault {
    fn advice(&self) -> &'static str {
        "this is a mistake in landfall, not in the state"
    }
}

impl From<MemoryFault> for StoreError {
    fn from(fault: MemoryFault) -> StoreError {
        StoreError::Unusable(fault.into())
    }
}
