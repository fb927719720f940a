//! How reading or writing an open state fails.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use super::file_identity::{FileChange, FileReplaced};
use super::lock::{self, Occupancy};
use crate::lease::Holder;
use crate::store_error::{StoreFault, named};

/// An open state could not be read or written. A write that fails has changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The file holds what landfall never wrote.
    #[error("the state {} is damaged: {detail}", .path.display())]
    Damaged {
        /// The state.
        path: PathBuf,
        /// What is wrong, and where.
        detail: String,
    },
    /// Another program has the file locked, and did not let go of it in time.
    #[error("the state {} is kept locked by another program", .path.display())]
    Busy {
        /// The state.
        path: PathBuf,
    },
    /// The disk has no room left.
    #[error("there is no room left on the disk to write the state {}", .path.display())]
    Full {
        /// The state.
        path: PathBuf,
    },
    /// The state was opened for reading, or the file or its directory cannot be written.
    #[error("the state {} cannot be written", .path.display())]
    ReadOnly {
        /// The state.
        path: PathBuf,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
    /// One of its files was deleted or replaced while it was open: what is written would never be read again.
    #[error("{} was {change} while landfall was at work", .file.display())]
    FileReplaced {
        /// The state.
        path: PathBuf,
        /// The file: the state, its log, or its lock.
        file: PathBuf,
        /// What happened to it.
        change: FileChange,
    },
    /// Somebody else has opened it for writing since this one did. Nothing was written.
    #[error("the lease of the state {} was lost to {}", .path.display(), named(.holder.as_deref()))]
    Fenced {
        /// The state.
        path: PathBuf,
        /// Who holds the lock now; `None` if nobody can tell.
        holder: Option<Box<Holder>>,
    },
    /// Anything else that reading or writing can come to.
    #[error("the state {} could not be read or written", .path.display())]
    Io {
        /// The state.
        path: PathBuf,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
}

/// What went wrong in a table, before it is known which file the table is in.
#[derive(Debug)]
pub(crate) enum TableError {
    /// SQLite failed.
    Sqlite(rusqlite::Error),
    /// A row is not what landfall writes.
    Row(String),
    /// The files are others than those that were opened.
    FileReplaced(FileReplaced),
    /// A later epoch has begun.
    Fenced,
}

impl TableError {
    /// Returns the fault of a row that cannot be read.
    pub(crate) fn row(table: &str, key: impl std::fmt::Display, problem: impl std::fmt::Display) -> TableError {
        TableError::Row(format!("table {table}, row {key}: {problem}"))
    }

    /// Returns the error for the state of this path.
    pub(crate) fn at(self, path: &Path) -> StateError {
        let path = path.to_owned();
        let source = match self {
            TableError::Row(detail) => return StateError::Damaged { path, detail },
            TableError::FileReplaced(FileReplaced { file, change }) => {
                return StateError::FileReplaced { path, file, change };
            }
            TableError::Fenced => {
                let holder = match lock::occupancy(&path) {
                    Ok(Occupancy::Held(holder)) => holder,
                    _ => None,
                };
                return StateError::Fenced { path, holder };
            }
            TableError::Sqlite(source) => source,
        };
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StateError::Busy { path },
            Some(ErrorCode::DiskFull) => StateError::Full { path },
            Some(ErrorCode::ReadOnly) => StateError::ReadOnly { path, source },
            _ if tells_of_damage(&source) => StateError::Damaged { path, detail: source.to_string() },
            _ => StateError::Io { path, source },
        }
    }
}

impl StoreFault for StateError {
    fn advice(&self) -> &'static str {
        match self {
            StateError::Full { .. } => "make room on the disk, then run the same command again: it finds what exists",
            StateError::FileReplaced { .. } => {
                "put it back if it was moved away, then run the same command: it finds what exists, also without a state"
            }
            _ => "make the state writable again, then run the same command: it finds what exists",
        }
    }
}

impl From<rusqlite::Error> for TableError {
    fn from(error: rusqlite::Error) -> TableError {
        TableError::Sqlite(error)
    }
}

/// Our statements fit the tables, so one that SQLite cannot compile, or a value of another type than its column's,
/// means that the file is not what it was.
fn tells_of_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::Error;
    match error {
        Error::SqliteFailure(failure, _) => {
            matches!(failure.code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::Unknown)
        }
        Error::SqlInputError { .. }
        | Error::FromSqlConversionFailure(..)
        | Error::IntegralValueOutOfRange(..)
        | Error::InvalidColumnType(..)
        | Error::Utf8Error(..) => true,
        _ => false,
    }
}
