//! How opening a state fails, and what callers of a [`Store`](crate::Store) are told of a file's faults.

use std::io;
use std::path::PathBuf;

use rusqlite::ErrorCode;

use super::error::StateError;
use super::file_identity::FileChange;
use crate::identity::Identity;
use crate::lease::Holder;
use crate::store_error::{StoreError, StoreFault, named};

/// The state could not be opened for this stack. The file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A newer landfall wrote it.
    #[error("the state {} has version {found}; this landfall knows versions up to {known}", .path.display())]
    NewerVersion {
        /// The state.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version that this landfall knows.
        known: i64,
    },
    /// It holds what landfall never wrote.
    #[error("the state {} is damaged: {detail}", .path.display())]
    Damaged {
        /// The state.
        path: PathBuf,
        /// What is wrong, and where.
        detail: String,
    },
    /// It is an SQLite file of another program.
    #[error("{} is an SQLite file, but no state of landfall (application id {application_id:#x})", .path.display())]
    NotAState {
        /// The file.
        path: PathBuf,
        /// What the program that made it calls itself; 0 if it does not.
        application_id: i32,
    },
    /// It is the state of another stack, or of this one in another region or account.
    #[error("the state {} belongs to {recorded}, not to {asked}", .path.display())]
    OfAnotherStack {
        /// The state.
        path: PathBuf,
        /// Whose it is.
        recorded: Box<Identity>,
        /// Who wanted it.
        asked: Box<Identity>,
        /// Whether nothing is recorded in it: then [`State::rebind`](crate::State::rebind) may give it to who wanted it.
        vacant: bool,
    },
    /// The operating system does not let us.
    #[error("no permission to open the state {}", .path.display())]
    Permission {
        /// The state.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// One of its files was deleted or replaced while it was open.
    #[error("{} was {change} while landfall was at work", .file.display())]
    FileReplaced {
        /// The state.
        path: PathBuf,
        /// The file: the state, its log, or its lock.
        file: PathBuf,
        /// What happened to it.
        change: FileChange,
    },
    /// Another program has it locked, and did not let go of it in time.
    #[error("the state {} is kept locked by another program", .path.display())]
    Busy {
        /// The state.
        path: PathBuf,
    },
    /// Somebody else has opened it for writing since this holder of the lock did.
    #[error("the lease of the state {} was lost to {}", .path.display(), named(.holder.as_deref()))]
    Fenced {
        /// The state.
        path: PathBuf,
        /// Who holds the lock now; `None` if nobody can tell.
        holder: Option<Box<Holder>>,
    },
    /// Anything else that the disk can come to; a full one too.
    #[error("the state {} could not be opened", .path.display())]
    Io {
        /// The state.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl OpenError {
    /// Returns what to do next, for people.
    pub fn advice(&self) -> &'static str {
        match self {
            OpenError::NewerVersion { .. } => "install the newer landfall; the state was not touched",
            OpenError::Damaged { .. } => {
                "the state was not touched: `landfall recover` moves it aside and rebuilds it from the account"
            }
            OpenError::NotAState { .. } => "give the path of the state with `--state`; the file was not touched",
            OpenError::OfAnotherStack { vacant: true, .. } => "nothing is recorded in it: it can be taken over",
            OpenError::OfAnotherStack { .. } => {
                "give each stack, region and account a state of its own with `--state`, or destroy the other one first"
            }
            OpenError::Permission { .. } => "the state and its directory must belong to the user who runs landfall",
            OpenError::FileReplaced { .. } => {
                "leave the files beside the state alone while landfall works; run the same command again: whatever \
                 carries the stack's tag is found, also without the state"
            }
            OpenError::Busy { .. } => "close the program that has the state open, then try again",
            OpenError::Fenced { .. } => {
                "wait until the other command has ended, then run the same command again: it finds what exists"
            }
            OpenError::Io { .. } => "mend what the cause names, then try again; the state was not touched",
        }
    }
}

impl From<StateError> for StoreError {
    fn from(error: StateError) -> StoreError {
        match error {
            StateError::Damaged { .. } | StateError::Fenced { .. } => OpenError::from(error).into(),
            other => StoreError::Unusable(other.into()),
        }
    }
}

impl From<StateError> for OpenError {
    fn from(error: StateError) -> OpenError {
        match error {
            StateError::Damaged { path, detail } => OpenError::Damaged { path, detail },
            StateError::Busy { path } => OpenError::Busy { path },
            StateError::FileReplaced { path, file, change } => OpenError::FileReplaced { path, file, change },
            StateError::ReadOnly { path, source } => OpenError::Permission { path, source: source.into() },
            StateError::Fenced { path, holder } => OpenError::Fenced { path, holder },
            StateError::Io { path, source } if is_forbidden(&source) => {
                OpenError::Permission { path, source: source.into() }
            }
            StateError::Io { path, source } => OpenError::Io { path, source: source.into() },
            StateError::Full { path } => {
                OpenError::Io { path, source: io::Error::from(io::ErrorKind::StorageFull).into() }
            }
        }
    }
}

impl StoreFault for OpenError {
    fn advice(&self) -> &'static str {
        OpenError::advice(self)
    }
}

impl From<OpenError> for StoreError {
    fn from(error: OpenError) -> StoreError {
        let location = |path: PathBuf| path.display().to_string();
        match error {
            OpenError::Damaged { path, detail } => StoreError::Damaged { location: location(path), detail },
            OpenError::OfAnotherStack { path, recorded, asked, vacant } => {
                StoreError::OfAnotherStack { location: location(path), recorded, asked, vacant }
            }
            OpenError::Fenced { path, holder } => StoreError::Fenced { location: location(path), holder },
            other => StoreError::Unusable(other.into()),
        }
    }
}

/// We have looked that the file is there, so one that cannot be opened is one that we may not open.
fn is_forbidden(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied))
}
