//! The process that a handle of a state in memory lives in, and its death.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::fault::MemoryFault;
use crate::crash_point::CrashPoint;

/// The process that a handle lives in, which may be a pretended one.
#[derive(Debug, Default)]
pub(super) struct Process {
    dies_at: Option<CrashPoint>,
    writes: AtomicUsize,
    is_dead: AtomicBool,
}

impl Process {
    pub(super) fn dying_at(point: CrashPoint) -> Process {
        Process { dies_at: Some(point), ..Process::default() }
    }

    /// Counts a write and returns its number, from 0 on.
    pub(super) fn count_write(&self) -> usize {
        self.writes.fetch_add(1, Ordering::SeqCst)
    }

    pub(super) fn check(&self) -> Result<(), MemoryFault> {
        match self.dies_at {
            Some(point) if self.is_dead.load(Ordering::SeqCst) => Err(MemoryFault::Dead(point)),
            _ => Ok(()),
        }
    }

    /// Dies, if this is the point.
    pub(super) fn come_to(&self, point: CrashPoint) -> Result<(), MemoryFault> {
        if self.dies_at == Some(point) {
            self.is_dead.store(true, Ordering::SeqCst);
        }
        self.check()
    }
}
