//! [`StoreWriter`] over a state in memory.

use jiff::Timestamp;
use landfall_engine::journal::{Intent, Record, Settled};
use serde_json::Value;
use tokio::time::Instant;
use uuid::Uuid;

use super::contents::Contents;
use super::fault::MemoryFault;
use super::handle::{MemoryStore, Shared};
use super::lease::Epoch;
use crate::changes::RunChange;
use crate::crash_point::CrashPoint;
use crate::events::{PendingEvents, StoredEvent};
use crate::identity::Identity;
use crate::intents::IntentResolution;
use crate::lease::Holder;
use crate::runs::{RunEnd, RunId, RunNumber, RunStart};
use crate::store::{Snapshot, Store, StoreWriter};
use crate::store_error::StoreError;

/// The right to write a state in memory.
#[derive(Debug)]
pub struct MemoryWriter {
    store: MemoryStore,
    holder: Holder,
    epoch: Epoch,
    pending_events: PendingEvents,
}

impl MemoryWriter {
    pub(super) fn new(store: MemoryStore, holder: Holder, epoch: Epoch) -> MemoryWriter {
        MemoryWriter { store, holder, epoch, pending_events: PendingEvents::default() }
    }

    /// Writes, all or nothing: `work` looks whether it can before it changes anything.
    fn write<T>(&self, work: impl FnOnce(&mut Contents) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let MemoryStore { process, .. } = &self.store;
        process.check()?;
        let mut shared = self.store.shared();
        self.renew_in(&mut shared)?;
        let write = process.count_write();
        process.come_to(CrashPoint::Before(write))?;
        let contents = shared.contents.get_or_insert_with(Contents::new);
        let value = work(contents)?;
        contents.add_events(self.pending_events.take());
        process.come_to(CrashPoint::After(write))?;
        Ok(value)
    }

    /// A lease that has lapsed is still this holder's, as long as nobody has taken it over.
    fn renew_in(&self, shared: &mut Shared) -> Result<(), StoreError> {
        if shared.epoch != self.epoch {
            let holder = shared.live_lease().map(|lease| Box::new(lease.holder.clone()));
            return Err(StoreError::Fenced { location: self.store.location(), holder });
        }
        if let Some(lease) = &mut shared.lease {
            lease.lapses = Instant::now() + lease.lasts;
        }
        Ok(())
    }

    fn check_identity(&self, contents: &Contents, asked: &Identity) -> Result<(), StoreError> {
        contents.snapshot(None, Timestamp::now()).check_identity(asked, self.store.location())
    }
}

impl Drop for MemoryWriter {
    fn drop(&mut self) {
        let mut shared = self.store.shared();
        // The dead give nothing back.
        if shared.epoch == self.epoch && self.store.process.check().is_ok() {
            shared.lease = None;
        }
    }
}

impl StoreWriter for MemoryWriter {
    fn holder(&self) -> &Holder {
        &self.holder
    }

    async fn renew(&self) -> Result<(), StoreError> {
        self.store.process.check()?;
        self.renew_in(&mut self.store.shared())
    }

    async fn read(&self) -> Result<Option<Snapshot>, StoreError> {
        self.store.read().await
    }

    async fn set_damaged_aside(&self) -> Result<String, StoreError> {
        Err(MemoryFault::NotDamaged.into())
    }

    async fn bind(&self, identity: &Identity) -> Result<(), StoreError> {
        self.write(|contents| {
            self.check_identity(contents, identity)?;
            contents.bind(identity);
            Ok(())
        })
    }

    async fn rebind(&self, identity: &Identity) -> Result<(), StoreError> {
        self.write(|contents| {
            if contents.is_vacant() {
                contents.forget_facts();
            } else {
                self.check_identity(contents, identity)?;
            }
            contents.bind(identity);
            Ok(())
        })
    }

    async fn record_facts(&self, facts: Value) -> Result<(), StoreError> {
        self.write(|contents| {
            contents.record_facts(facts);
            Ok(())
        })
    }

    async fn write_records(&self, records: Vec<Record>) -> Result<(), StoreError> {
        self.write(|contents| {
            contents.write_records(&records);
            Ok(())
        })
    }

    async fn close_open_intents(&self, resolutions: Vec<IntentResolution>) -> Result<(), StoreError> {
        self.write(|contents| {
            contents.close_open_intents(resolutions, Timestamp::now());
            Ok(())
        })
    }

    async fn begin_run(&self, start: &RunStart<'_>) -> Result<RunId, StoreError> {
        let uuid = Uuid::now_v7();
        self.write(|contents| Ok(contents.begin_run(uuid, &self.holder.who, self.epoch, start, Timestamp::now())))
    }

    async fn intend(&self, run: RunNumber, intents: Vec<Intent>) -> Result<(), StoreError> {
        self.write(|contents| Ok(contents.intend(run, intents, Timestamp::now())?))
    }

    async fn settle(&self, run: RunNumber, settled: Vec<Settled>) -> Result<(), StoreError> {
        self.write(|contents| {
            contents.settle(run, settled, Timestamp::now());
            Ok(())
        })
    }

    async fn record_changes(&self, run: RunNumber, changes: Vec<RunChange>) -> Result<(), StoreError> {
        self.write(|contents| Ok(contents.record_changes(run, changes)?))
    }

    fn append_events(&self, run: RunNumber, events: Vec<StoredEvent>) {
        self.pending_events.append(run, events);
    }

    async fn flush_events(&self) -> Result<(), StoreError> {
        let is_nothing_there = self.store.shared().contents.is_none();
        if !is_nothing_there {
            return self.write(|_| Ok(()));
        }
        // Then there is no run to tell of either.
        self.pending_events.take();
        self.renew().await
    }

    async fn end_run(&self, run: RunNumber, end: &RunEnd<'_>) -> Result<(), StoreError> {
        self.write(|contents| Ok(contents.end_run(run, end, Timestamp::now())?))
    }

    async fn release(self) -> Result<(), StoreError> {
        self.flush_events().await
    }
}
