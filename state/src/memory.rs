//! The state in the memory of this process, for tests and rehearsals.
//!
//! It is lost with the process, and otherwise keeps every promise of a [`Store`]. Its leases lapse by tokio's clock, which
//! a test can pause. A handle can be made to die at a [`CrashPoint`]: what other handles find then is what a process
//! leaves that was killed there.

mod contents;
mod writer;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::crash_point::CrashPoint;
use crate::events::StoredEvent;
use crate::lease::{Holder, LeaseRequest};
use crate::runs::{Run, RunDetail, RunNumber};
use crate::store::{Snapshot, Store};
use crate::store_error::{AcquireError, StoreError, StoreFault};
use contents::Contents;

pub use writer::MemoryWriter;

/// A state in memory. Cloning it gives another handle of the same one, in the same process; see
/// [`dying_at`](MemoryStore::dying_at) for one in another.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    shared: Arc<Mutex<Shared>>,
    process: Arc<Process>,
}

/// What all handles see.
#[derive(Debug, Default)]
struct Shared {
    contents: Option<Contents>,
    /// That of the lease that was given last.
    epoch: Epoch,
    lease: Option<Lease>,
}

/// A number that grows whenever the lease is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Epoch(u64);

#[derive(Debug)]
struct Lease {
    holder: Holder,
    lasts: Duration,
    lapses: Instant,
}

/// The process that a handle lives in, which may be a pretended one.
#[derive(Debug, Default)]
struct Process {
    dies_at: Option<CrashPoint>,
    writes: AtomicUsize,
    is_dead: AtomicBool,
}

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

impl MemoryStore {
    /// Returns a new state, which holds nothing yet.
    pub fn new() -> MemoryStore {
        MemoryStore::default()
    }

    /// Returns a handle of the same state in a process that dies at this point, counted by the writes of the handle: every
    /// later use of it, its clones and its writers fails. A lease that it holds then ends by lapsing.
    #[must_use]
    pub fn dying_at(&self, point: CrashPoint) -> MemoryStore {
        let process = Process { dies_at: Some(point), ..Process::default() };
        MemoryStore { shared: self.shared.clone(), process: Arc::new(process) }
    }

    /// Returns another state that holds the same. Nobody holds its lease.
    #[must_use]
    pub fn fork(&self) -> MemoryStore {
        let shared = self.shared();
        let fork = Shared { contents: shared.contents.clone(), epoch: shared.epoch, lease: None };
        MemoryStore { shared: Arc::new(Mutex::new(fork)), process: Arc::default() }
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        // Each change checks before it changes anything, so a panic leaves no half of one behind.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what there is, if there is something.
    fn reading<T>(&self, read: impl FnOnce(&Contents, &Shared) -> T) -> Result<Option<T>, MemoryFault> {
        self.process.check()?;
        let shared = self.shared();
        Ok(shared.contents.as_ref().map(|contents| read(contents, &shared)))
    }
}

impl Process {
    fn check(&self) -> Result<(), MemoryFault> {
        match self.dies_at {
            Some(point) if self.is_dead.load(Ordering::SeqCst) => Err(MemoryFault::Dead(point)),
            _ => Ok(()),
        }
    }

    /// Dies, if this is the point.
    fn come_to(&self, point: CrashPoint) -> Result<(), MemoryFault> {
        if self.dies_at == Some(point) {
            self.is_dead.store(true, Ordering::SeqCst);
        }
        self.check()
    }
}

impl Shared {
    /// Returns who holds the lease, if it has not lapsed.
    fn live_lease(&self) -> Option<&Lease> {
        self.lease.as_ref().filter(|lease| Instant::now() < lease.lapses)
    }

    /// Returns the epoch whose holder is at work.
    fn live_epoch(&self) -> Option<Epoch> {
        self.live_lease().map(|_| self.epoch)
    }
}

impl Store for MemoryStore {
    type Writer = MemoryWriter;

    fn location(&self) -> String {
        "memory".to_owned()
    }

    async fn read(&self) -> Result<Option<Snapshot>, StoreError> {
        Ok(self.reading(|contents, shared| contents.snapshot(shared.live_epoch(), Timestamp::now()))?)
    }

    async fn history(&self, limit: usize) -> Result<Vec<Run>, StoreError> {
        let history = self.reading(|contents, shared| contents.history(limit, shared.live_epoch()))?;
        Ok(history.unwrap_or_default())
    }

    async fn run(&self, number: RunNumber) -> Result<Option<RunDetail>, StoreError> {
        Ok(self.reading(|contents, shared| contents.run(number, shared.live_epoch()))?.flatten())
    }

    async fn events(&self, run: RunNumber, after: u64, limit: usize) -> Result<Vec<StoredEvent>, StoreError> {
        Ok(self.reading(|contents, _| contents.events(run, after, limit))?.unwrap_or_default())
    }

    async fn acquire(&self, request: &LeaseRequest) -> Result<MemoryWriter, AcquireError> {
        self.process.check().map_err(|dead| AcquireError::Unusable(dead.into()))?;
        let mut shared = self.shared();
        if let Some(lease) = shared.live_lease() {
            return Err(AcquireError::Held { holder: Some(Box::new(lease.holder.clone())), location: self.location() });
        }
        let LeaseRequest { who, command, lasts } = request.clone();
        let holder = Holder { who, command, since: Timestamp::now() };
        shared.epoch = Epoch(shared.epoch.0 + 1);
        shared.lease = Some(Lease { holder: holder.clone(), lasts, lapses: Instant::now() + lasts });
        let epoch = shared.epoch;
        drop(shared);
        Ok(MemoryWriter::new(self.clone(), holder, epoch))
    }
}
