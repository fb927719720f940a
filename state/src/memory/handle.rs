//! Handles of a state in memory, and what all of them see.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::time::Instant;

use super::contents::Contents;
use super::fault::MemoryFault;
use super::lease::{Epoch, Lease};
use super::process::Process;
use crate::crash_point::CrashPoint;
use crate::lease::{Holder, LeaseRequest};

/// A state in memory. Cloning it gives another handle of the same one, in the same process; see
/// [`dying_at`](MemoryStore::dying_at) for one in another.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    shared: Arc<Mutex<Shared>>,
    pub(super) process: Arc<Process>,
}

/// What all handles see.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) contents: Option<Contents>,
    /// That of the lease that was given last.
    pub(super) epoch: Epoch,
    pub(super) lease: Option<Lease>,
}

impl MemoryStore {
    /// Returns a new state, which holds nothing yet.
    pub fn new() -> MemoryStore {
        MemoryStore::default()
    }

    /// Returns a handle of the same state in a process that dies at this point, counted by the writes of the handle: every
    /// later use of it, its clones and its writers fails. A lease that it holds then ends by lapsing.
    #[must_use]
    pub fn dying_at(&self, point: CrashPoint) -> MemoryStore {
        let process = Process::dying_at(point);
        MemoryStore { shared: self.shared.clone(), process: Arc::new(process) }
    }

    /// Returns another state that holds the same. Nobody holds its lease.
    #[must_use]
    pub fn fork(&self) -> MemoryStore {
        let shared = self.shared();
        let fork = Shared { contents: shared.contents.clone(), epoch: shared.epoch, lease: None };
        MemoryStore { shared: Arc::new(Mutex::new(fork)), process: Arc::default() }
    }

    pub(super) fn shared(&self) -> MutexGuard<'_, Shared> {
        // Each change checks before it changes anything, so a panic leaves no half of one behind.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what there is, if there is something.
    pub(super) fn reading<T>(&self, read: impl FnOnce(&Contents, &Shared) -> T) -> Result<Option<T>, MemoryFault> {
        self.process.check()?;
        let shared = self.shared();
        Ok(shared.contents.as_ref().map(|contents| read(contents, &shared)))
    }
}

impl Shared {
    /// Returns who holds the lease, if it has not lapsed.
    pub(super) fn live_lease(&self) -> Option<&Lease> {
        self.lease.as_ref().filter(|lease| Instant::now() < lease.lapses)
    }

    /// Returns the epoch whose holder is at work.
    pub(super) fn live_epoch(&self) -> Option<Epoch> {
        self.live_lease().map(|_| self.epoch)
    }

    /// Gives the lease, in a new epoch, or says who holds it.
    pub(super) fn give_lease(&mut self, request: &LeaseRequest) -> Result<(Holder, Epoch), Holder> {
        if let Some(lease) = self.live_lease() {
            return Err(lease.holder.clone());
        }
        let LeaseRequest { who, command, lasts } = request.clone();
        let holder = Holder { who, command, since: Timestamp::now() };
        self.epoch = Epoch(self.epoch.0 + 1);
        self.lease = Some(Lease { holder: holder.clone(), lasts, lapses: Instant::now() + lasts });
        Ok((holder, self.epoch))
    }
}
