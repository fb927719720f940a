//! The state of a stack: what landfall made, what it is about to do, and what it did.
//!
//! It is a cache of the account and the only record of calls whose answer never came. What it promises is said by
//! [`Store`] and [`StoreWriter`], and [`contract`] holds a test for each promise. Two stores keep them:
//!
//! - [`SqliteStore`]: one SQLite file on a disk of this machine. Everything about files lies in `sqlite/`: where one may
//!   lie, whether it is still the one that was opened, what becomes of a damaged one, the operating system's lock.
//! - [`MemoryStore`]: what tests and rehearsals use, and an example of a store whose leases lapse.
//!
//! What the caller does, in the order of a run:
//!
//! ```text
//! store.acquire                  nobody else changes the stack from here on
//! writer.read
//! writer.bind                    it is this stack's, in this region and account
//!                                ...look the open intents up in the account, plan...
//! writer.close_open_intents
//! writer.begin_run
//! StoreJournal::new              ...apply writes intents, outcomes and resources through it...
//! writer.append_events           ...and hands over what it tells; that goes with the next write
//! writer.record_changes
//! writer.end_run
//! writer.release
//! ```
//!
//! [`State`], [`Lock`] and [`RunJournal`] are what the SQLite store is made of: the same without `async`, for callers who
//! may block.

pub mod contract;
pub mod memory;
pub mod retention;

mod acquire;
mod changes;
mod crash_point;
mod events;
mod identity;
mod intents;
mod lease;
mod runs;
mod sqlite;
mod store;
mod store_error;
mod store_journal;
mod who;

pub use acquire::acquire_within;
pub use changes::{ChangeStatus, RunChange};
pub use crash_point::CrashPoint;
pub use events::StoredEvent;
pub use identity::Identity;
pub use intents::{Creation, IntentResolution, OpenIntent};
pub use lease::{Holder, LeaseRequest};
pub use memory::MemoryStore;
pub use runs::{Run, RunDetail, RunEnd, RunId, RunNumber, RunOutcome, RunStart, RunStatus};
pub use sqlite::{
    FileChange, Lock, LockError, OnNetwork, OpenError, RunJournal, SqliteStore, SqliteWriter, State, StateError,
    check_place, quarantine,
};
pub use store::{Snapshot, Store, StoreWriter};
pub use store_error::{AcquireError, StoreError, StoreFault, UnusableStore};
pub use store_journal::StoreJournal;
pub use who::Who;
