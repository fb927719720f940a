//! The state in the memory of this process, for tests and rehearsals.
//!
//! It is lost with the process, and otherwise keeps every promise of a [`Store`]. Its leases lapse by tokio's clock, which
//! a test can pause. A handle can be made to die at a [`CrashPoint`](crate::CrashPoint): what other handles find then is
//! what a process leaves that was killed there.

mod contents;
mod fault;
mod handle;
mod lease;
mod process;
mod writer;

use jiff::Timestamp;

use crate::events::StoredEvent;
use crate::lease::LeaseRequest;
use crate::runs::{Run, RunDetail, RunNumber};
use crate::store::{Snapshot, Store};
use crate::store_error::{AcquireError, StoreError};

pub use fault::MemoryFault;
pub use handle::MemoryStore;
pub use writer::MemoryWriter;

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
        match self.shared().give_lease(request) {
            Ok((holder, epoch)) => Ok(MemoryWriter::new(self.clone(), holder, epoch)),
            Err(holder) => Err(AcquireError::Held { holder: Some(Box::new(holder)), location: self.location() }),
        }
    }
}
