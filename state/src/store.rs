//! What a state promises, wherever it is kept.
//!
//! [`contract`](crate::contract) holds a test for each promise; every store must pass all of them.

use std::future::Future;

use landfall_engine::expectation::Observation;
use landfall_engine::journal::{Intent, Record, Settled};
use landfall_engine::snapshot::Recorded;
use serde_json::Value;

use crate::changes::RunChange;
use crate::events::StoredEvent;
use crate::identity::Identity;
use crate::intents::{Creation, IntentResolution, OpenIntent};
use crate::lease::{Holder, LeaseRequest};
use crate::runs::{Run, RunDetail, RunEnd, RunId, RunNumber, RunStart};
use crate::store_error::{AcquireError, StoreError};

/// Where the state of a stack is kept.
///
/// - **Nothing is half-written.** Each method that writes is all or nothing, and durable when it returns.
/// - **Readers disturb nobody.** They need no lease, work while a run writes, and each answer is of one moment.
/// - **One writer.** Whoever writes holds the lease. One who lost it is told so and writes nothing.
/// - **Damage is an error**, never a wrong answer; what is damaged is not touched.
///
/// Futures may be dropped: a write that has begun is finished or has no effect.
pub trait Store: Send + Sync + 'static {
    /// Who holds the lease and writes.
    type Writer: StoreWriter;

    /// Returns where the state is, for people: a path, a URL.
    fn location(&self) -> String;

    /// Reads what a plan is made from; `None` if there is no state yet. Nothing is made.
    fn read(&self) -> impl Future<Output = Result<Option<Snapshot>, StoreError>> + Send;

    /// Returns the latest runs, the last one first, at most `limit` of them.
    fn history(&self, limit: usize) -> impl Future<Output = Result<Vec<Run>, StoreError>> + Send;

    /// Returns everything that is known of a run, except its events; `None` if there is no run of this number.
    fn run(&self, number: RunNumber) -> impl Future<Output = Result<Option<RunDetail>, StoreError>> + Send;

    /// Returns the events of a run whose number is higher than `after`, in their order, at most `limit` of them. With
    /// the number of the last one a reader goes on where he was; 0 is the beginning. Of each run the last
    /// [`EVENTS_KEPT`](crate::retention::EVENTS_KEPT) are there, and those of the last
    /// [`EVENT_RUNS_KEPT`](crate::retention::EVENT_RUNS_KEPT) runs: a gap after `after` means that the reader was too
    /// slow.
    fn events(
        &self,
        run: RunNumber,
        after: u64,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<StoredEvent>, StoreError>> + Send;

    /// Takes the lease, and returns at once if somebody else holds it ([`acquire_within`](crate::acquire_within) waits).
    /// Makes nothing but the lease, and succeeds for a damaged state, which somebody must be able to set aside.
    ///
    /// # Errors
    /// [`AcquireError::Held`] if another holds it and it has not lapsed.
    fn acquire(&self, request: &LeaseRequest) -> impl Future<Output = Result<Self::Writer, AcquireError>> + Send;
}

/// The holder of a lease. The first write makes the state if there is none. The lease ends when this is dropped; events
/// that wait for a write then are lost, so end with [`release`](StoreWriter::release) where there may be some.
///
/// Every write fails with [`StoreError::Fenced`], and writes nothing, once another has taken the lease over.
pub trait StoreWriter: Send + Sync + 'static {
    /// Returns what others are told about the holder.
    fn holder(&self) -> &Holder;

    /// Says that the holder is alive. Each write says so too, so this is for long pauses between writes.
    fn renew(&self) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Reads what a plan is made from, and all else that a command may need later, so that damage shows before anything
    /// rests on it; `None` if there is no state yet.
    fn read(&self) -> impl Future<Output = Result<Option<Snapshot>, StoreError>> + Send;

    /// Moves a damaged state out of the way and returns where it is then. The next write begins a new one; nothing is
    /// deleted.
    ///
    /// # Errors
    /// If the state is not damaged, or its place refuses.
    fn set_damaged_aside(&self) -> impl Future<Output = Result<String, StoreError>> + Send;

    /// Makes sure that the state is this stack's; the first time it takes the identity on.
    ///
    /// # Errors
    /// [`StoreError::OfAnotherStack`] if it belongs to another stack, region or account.
    fn bind(&self, identity: &Identity) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Gives the state to another stack, region or account, if nothing is recorded in it. What was known of the old
    /// region is forgotten, the history stays.
    ///
    /// # Errors
    /// [`StoreError::OfAnotherStack`] if resources are recorded or intents are open.
    fn rebind(&self, identity: &Identity) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Keeps the facts in place of those known so far.
    fn record_facts(&self, facts: Value) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Carries changes of what is recorded out, in their order.
    fn write_records(&self, records: Vec<Record>) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Closes open intents of earlier runs, once the account was asked about them. Those that are not open are left
    /// alone.
    fn close_open_intents(
        &self,
        resolutions: Vec<IntentResolution>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Begins a run, in the name of the lease's holder.
    fn begin_run(&self, start: &RunStart<'_>) -> impl Future<Output = Result<RunId, StoreError>> + Send;

    /// Writes intents. Their calls may be sent when this has returned, and not before.
    ///
    /// # Errors
    /// Also if there is no such run.
    fn intend(&self, run: RunNumber, intents: Vec<Intent>) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Writes outcomes, and what is recorded from now on, together.
    fn settle(&self, run: RunNumber, settled: Vec<Settled>) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Adds changes to the history of a run, after those that it has.
    fn record_changes(
        &self,
        run: RunNumber,
        changes: Vec<RunChange>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Hands events of a run over. They wait in memory, share the commit of the next write of any sort, and are no reason
    /// for it to fail, unless they fill what space there is. A crash before that loses them. Those of no run are
    /// dropped.
    fn append_events(&self, run: RunNumber, events: Vec<StoredEvent>);

    /// Writes the events that wait, for readers who follow a run that has nothing else to write for a while.
    fn flush_events(&self) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Ends a run.
    ///
    /// # Errors
    /// Also if there is no such run.
    fn end_run(&self, run: RunNumber, end: &RunEnd<'_>) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Writes the events that wait and ends the lease, which ends in any case.
    fn release(self) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// What a state held at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The id that the state got when it was made, a UUID. It never changes: a state in the same place with another
    /// lineage is another state, not an older copy.
    pub lineage: String,
    /// What it belongs to; `None` until it is bound.
    pub identity: Option<Identity>,
    /// What landfall made.
    pub recorded: Recorded,
    /// What compiling had to know of the account, as the provider wrote it.
    pub facts: Option<Value>,
    /// Intents of which nobody knows whether they took effect, oldest first.
    pub open_intents: Vec<OpenIntent>,
    /// What was made within the last [`CREATIONS_SHOWN`](crate::retention::CREATIONS_SHOWN), in the order of runs and
    /// steps: a read of the account may not show it yet.
    pub creations: Vec<Creation>,
    /// How long creations and deletions of the latest runs took, from sending the call until all was done.
    pub observations: Vec<Observation>,
    /// The latest run.
    pub latest_run: Option<Run>,
}

impl Snapshot {
    /// Tells whether nothing that may exist is recorded: then the state may be given to another stack.
    pub fn is_vacant(&self) -> bool {
        self.recorded.is_empty() && self.open_intents.is_empty()
    }

    /// Makes sure that the state is this stack's, as far as a reader can: one that belongs to nobody yet passes.
    ///
    /// # Errors
    /// [`StoreError::OfAnotherStack`] if it belongs to another stack, region or account. `location` is where it is.
    pub fn check_identity(&self, asked: &Identity, location: String) -> Result<(), StoreError> {
        match &self.identity {
            Some(recorded) if recorded != asked => Err(StoreError::OfAnotherStack {
                location,
                recorded: Box::new(recorded.clone()),
                asked: Box::new(asked.clone()),
                vacant: self.is_vacant(),
            }),
            _ => Ok(()),
        }
    }
}
