//! The state as one SQLite file on a disk of this machine.
//!
//! - Each writing method is one transaction, durable when it returns (write-ahead log, `synchronous = FULL`).
//! - The file is examined before it is opened for writing, each row is checked as it becomes a type of the engine, and
//!   rows that a plan depends on carry a checksum.
//! - Readers open the file read-only.
//! - Whoever writes holds the [`Lock`]: an OS file lock, which a dead process cannot hold. Where it fails all the same,
//!   on a file system that loses locks, the epoch in table `lease` keeps two writers apart.
//!
//! Each table has a module, and SQL stands there only. The file's layout and its versions are in `migrations/`.

mod blocking;
mod changes;
mod checksum;
mod error;
mod events;
mod facts;
mod file_identity;
mod files;
mod identity;
mod journal;
mod lease;
mod lock;
mod migration_2;
mod open_error;
mod opening;
mod place;
mod quarantine;
mod resource_places;
mod resources;
mod runs;
mod schema;
mod snapshot;
mod state;
mod store;
mod writer;

pub use error::StateError;
pub use file_identity::FileChange;
pub use journal::RunJournal;
pub use lock::{Lock, LockError};
pub use open_error::OpenError;
pub use place::{OnNetwork, check_place};
pub use quarantine::quarantine;
pub use state::State;
pub use store::SqliteStore;
pub use writer::SqliteWriter;

#[cfg(test)]
mod crash;
#[cfg(test)]
mod tests;
