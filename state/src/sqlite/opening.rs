//! Opening a state: what the file is, and the settings of a connection to it.

use std::io;
use std::path::{self, Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};

use super::error::TableError;
use super::file_identity::FileIdentity;
use super::lease::Epoch;
use super::open_error::OpenError;
use super::schema::{self, FileKind};
use super::state::State;
use super::{files, identity};

/// How long to wait for another program, say a backup or an SQLite shell, to let go of the file.
const TIMEOUT: Duration = Duration::from_secs(5);

impl State {
    /// Opens the state at this path for writing. Makes it, with its directory, if there is none, and brings an older
    /// one to the version of this landfall.
    ///
    /// The caller holds the [`Lock`](crate::Lock) of the same path. Whoever has the state open for writing already has
    /// lost the lease from here on: his next write fails.
    pub fn open(path: impl AsRef<Path>) -> Result<State, OpenError> {
        State::open_in(path.as_ref(), None)
    }

    /// Opens the state for writing, if it is in this epoch.
    pub(crate) fn open_in(path: &Path, expected: Option<Epoch>) -> Result<State, OpenError> {
        let path = absolute(path)?;
        files::make_database(&path).map_err(|error| of_io(&path, error))?;
        // A connection that may write could roll a log into the file before we know what the file is.
        match examine(&path)? {
            (FileKind::Blank | FileKind::Current, _) => {}
            // A migration reads rows. It is done in memory first, so that a file with a damaged row stays as it is.
            (FileKind::Older { .. }, connection) => {
                migrated_copy(&connection).map_err(|fault| of_fault(&path, fault))?;
            }
            (unfit, _) => return Err(refuse(&path, unfit)),
        }
        let opening = || {
            let mut connection = Connection::open_with_flags(&path, flags(OpenFlags::SQLITE_OPEN_READ_WRITE))?;
            configure(&connection)?;
            make_durable(&connection)?;
            #[cfg(test)]
            super::crash::prepare(&mut connection)?;
            let epoch = schema::migrate(&mut connection, |transaction| {
                identity::give_lineage(transaction)?;
                Epoch::begin(transaction, expected)
            })?;
            Ok((connection, epoch))
        };
        let (connection, epoch) = opening().map_err(|fault: TableError| of_fault(&path, fault))?;
        Ok(State::for_writing(&path, connection, FileIdentity::of(&path), epoch))
    }

    /// Opens the state at this path for reading. Returns `None` if there is none yet; nothing is made.
    ///
    /// Needs no lock, and works while another process writes. What an older landfall wrote is read through a copy in
    /// memory that is migrated there: the file stays as it is until somebody opens it for writing.
    pub fn read(path: impl AsRef<Path>) -> Result<Option<State>, OpenError> {
        let path = absolute(path.as_ref())?;
        match std::fs::metadata(&path) {
            Ok(metadata) if metadata.is_file() => {}
            Ok(_) => return Err(of_io(&path, io::Error::other("it is not a file"))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(of_io(&path, error)),
        }
        match examine(&path)? {
            (FileKind::Current, connection) => Ok(Some(State::for_reading(&path, connection))),
            (FileKind::Older { .. }, connection) => {
                let migrated = migrated_copy(&connection).map_err(|fault| of_fault(&path, fault))?;
                Ok(Some(State::for_reading(&path, migrated)))
            }
            (FileKind::Blank, _) => Ok(None),
            (unfit, _) => Err(refuse(&path, unfit)),
        }
    }
}

/// SQLite gives names such as `:memory:` and `file:…` a meaning of their own; an absolute path has none.
fn absolute(path: &Path) -> Result<PathBuf, OpenError> {
    path::absolute(path).map_err(|error| of_io(path, error))
}

fn flags(access: OpenFlags) -> OpenFlags {
    // The mutex around the connection does what SQLite's own would.
    access | OpenFlags::SQLITE_OPEN_NO_MUTEX
}

/// Finds out what the file is, over a connection that cannot write.
fn examine(path: &Path) -> Result<(FileKind, Connection), OpenError> {
    let looking = || {
        let connection = Connection::open_with_flags(path, flags(OpenFlags::SQLITE_OPEN_READ_ONLY))?;
        configure(&connection)?;
        let finding = schema::examine(&connection)?;
        if finding == FileKind::Blank && is_hidden_content(path, &connection)? {
            return Err(TableError::Row("it is not a database".to_owned()));
        }
        Ok((finding, connection))
    };
    looking().map_err(|fault| of_fault(path, fault))
}

/// Returns a copy in memory, brought to the newest version.
fn migrated_copy(file: &Connection) -> Result<Connection, TableError> {
    let mut copy = Connection::open_in_memory()?;
    // All pages in one step: a writer that comes between would make the copy begin anew.
    Backup::new(file, &mut copy)?.step(-1)?;
    configure(&copy)?;
    schema::migrate(&mut copy, |_| Ok(()))?;
    Ok(copy)
}

/// SQLite takes a file that is shorter than its smallest page for an empty one, whatever stands in it, and would
/// write over it.
fn is_hidden_content(path: &Path, connection: &Connection) -> Result<bool, TableError> {
    let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
    Ok(pages == 0 && std::fs::metadata(path).is_ok_and(|metadata| metadata.len() > 0))
}

/// The settings of every connection.
fn configure(connection: &Connection) -> Result<(), TableError> {
    connection.busy_timeout(TIMEOUT)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // A file from elsewhere may hold SQL of its own (in views, triggers, defaults), and damaged pages.
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    Ok(())
}

/// The settings of a connection that writes.
fn make_durable(connection: &Connection) -> Result<(), TableError> {
    let mode: String = connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        // Readers would then stop the writer, and the writer readers.
        let problem = format!("its file system cannot hold a write-ahead log (mode {mode})");
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR);
        return Err(rusqlite::Error::SqliteFailure(code, Some(problem)).into());
    }
    connection.pragma_update(None, "synchronous", "FULL")?;
    // On macOS an fsync leaves the data in the drive's cache, unless it is asked for more.
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    Ok(())
}

fn refuse(path: &Path, finding: FileKind) -> OpenError {
    let path = path.to_owned();
    let known = schema::KNOWN;
    match finding {
        FileKind::Foreign { application_id } => OpenError::NotAState { path, application_id },
        FileKind::Newer { found } => OpenError::NewerVersion { path, found, known },
        FileKind::Blank | FileKind::Older { .. } | FileKind::Current => {
            OpenError::Damaged { path, detail: "it was emptied while it was opened".to_owned() }
        }
    }
}

fn of_io(path: &Path, error: io::Error) -> OpenError {
    let (path, kind, source) = (path.to_owned(), error.kind(), error.into());
    if kind == io::ErrorKind::PermissionDenied {
        OpenError::Permission { path, source }
    } else {
        OpenError::Io { path, source }
    }
}

fn of_fault(path: &Path, fault: TableError) -> OpenError {
    fault.at(path).into()
}
