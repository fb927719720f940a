//! The state of a stack: one SQLite file that says what landfall made, what it is about to do, and what it did.
//!
//! The file is a cache of the account and the only record of calls whose answer never came. Hence the rules:
//!
//! - **Nothing is half-written.** Each public method that writes is one transaction, durable when it returns
//!   (write-ahead log, `synchronous = FULL`). One that fails leaves the file as it was.
//! - **A damaged file is an error, never a wrong plan and never a panic.** The file is examined before it is opened
//!   for writing, each row is checked as it becomes a type of the engine, and rows that a plan depends on carry a
//!   checksum. What is damaged is not touched.
//! - **Readers disturb nobody.** They open the file read-only, work while a run writes, and see one moment.
//! - **One writer.** Whoever writes holds the [`Lock`]: an OS file lock, which a dead process cannot hold.
//!
//! What the caller does beside what this crate does, in the order of a run:
//!
//! ```text
//! check_place                    the file system bears it
//! Lock::acquire                  nobody else changes the stack from here on
//! State::open                    examined, migrated
//! state.bind                     it is this stack's, in this region and account
//! state.open_intents             ...look each of them up in the account, correct the state by what was found...
//! state.close_open_intents
//! state.recorded, state.facts    ...plan...
//! state.begin_run
//! RunJournal::new                ...apply writes intents, outcomes and resources through it...
//! state.record_changes
//! state.end_run
//! ```
//!
//! Each table has a module, and SQL stands there only. The file's layout and its versions are in `migrations/`; where
//! rows change from one version to the next, a `migration_N.rs` does it.
//! Methods block on the disk; an asynchronous caller goes through [`RunJournal`] or `spawn_blocking`.

mod changes;
mod checksum;
mod error;
mod facts;
mod file_identity;
mod files;
mod identity;
mod journal;
mod lock;
mod migration_2;
mod place;
mod quarantine;
mod resource_places;
mod resources;
mod runs;
mod schema;
mod store;
mod who;

pub use changes::{ChangeStatus, RunChange};
pub use error::StateError;
pub use file_identity::FileChange;
pub use identity::Identity;
pub use journal::{Creation, IntentResolution, OpenIntent, RunJournal};
pub use lock::{Holder, Lock, LockError};
pub use place::{OnNetwork, check_place};
pub use quarantine::quarantine;
pub use runs::{Run, RunDetail, RunEnd, RunId, RunNumber, RunOutcome, RunStart, RunStatus};
pub use store::{OpenError, State};
pub use who::Who;

#[cfg(test)]
mod tests;
