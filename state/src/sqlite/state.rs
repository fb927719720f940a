//! Opening a state, and the transactions that the tables' modules work in.

use std::io;
use std::path::{self, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::backup::Backup;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use super::error::{StateError, TableError};
use super::file_identity::{FileChange, FileIdentity};
use super::lease::Epoch;
use super::schema::{self, FileKind};
use super::{events, files, identity};
use crate::events::PendingEvents;
use crate::identity::Identity;
use crate::lease::Holder;
use crate::store_error::{StoreError, StoreFault, named};

/// How long to wait for another program, say a backup or an SQLite shell, to let go of the file.
const TIMEOUT: Duration = Duration::from_secs(5);

/// An open state. Cloning it gives another handle of the same one.
#[derive(Debug, Clone)]
pub struct State {
    path: Arc<Path>,
    connection: Arc<Mutex<Connection>>,
    /// Only where it is open for writing.
    writing: Option<Arc<Writing>>,
    pending_events: Arc<PendingEvents>,
}

/// What each transaction that writes looks at first.
#[derive(Debug)]
struct Writing {
    file_identity: FileIdentity,
    epoch: Epoch,
}

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
        /// Whether nothing is recorded in it: then [`State::rebind`] may give it to who wanted it.
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
        let writing = Writing { file_identity: FileIdentity::of(&path), epoch };
        Ok(State { writing: Some(Arc::new(writing)), ..State::of(&path, connection) })
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
            (FileKind::Current, connection) => Ok(Some(State::of(&path, connection))),
            (FileKind::Older { .. }, connection) => {
                let migrated = migrated_copy(&connection).map_err(|fault| of_fault(&path, fault))?;
                Ok(Some(State::of(&path, migrated)))
            }
            (FileKind::Blank, _) => Ok(None),
            (unfit, _) => Err(refuse(&path, unfit)),
        }
    }

    /// Returns the path of the file, made absolute.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads in one transaction: all of it sees the same moment.
    pub(crate) fn reading<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, TableError>,
    ) -> Result<T, StateError> {
        let mut connection = self.connection();
        let attempt = || work(&connection.transaction_with_behavior(TransactionBehavior::Deferred)?);
        attempt().map_err(|fault| fault.at(&self.path))
    }

    /// Writes in one transaction, durable when this returns. If `work` or the commit fails, nothing is written. Events
    /// that wait go with it; if they alone cannot be written, they wait on.
    pub(crate) fn writing<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, TableError>,
    ) -> Result<T, StateError> {
        let mut connection = self.connection();
        let attempt = || {
            self.look_at_files(&connection)?;
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            if let Some(writing) = &self.writing {
                writing.epoch.check(&transaction)?;
            }
            let value = work(&transaction)?;
            let pending = self.pending_events.take();
            let inserted = events::insert_apart(&transaction, &pending);
            if inserted.is_err() && transaction.is_autocommit() {
                // A full disk undoes the whole transaction; there is nothing left to commit.
                self.pending_events.give_back(pending);
                return inserted.map(|()| value);
            }
            let committed = transaction.commit();
            if inserted.is_err() || committed.is_err() {
                self.pending_events.give_back(pending);
            }
            Ok(committed.map(|()| value)?)
        };
        attempt().map_err(|fault: TableError| fault.at(&self.path))
    }

    /// Looks whether writing is still allowed, without writing.
    pub(crate) fn check_lease(&self) -> Result<(), StateError> {
        self.reading(|transaction| match &self.writing {
            Some(writing) => writing.epoch.check(transaction),
            None => Ok(()),
        })
    }

    /// Moves what the log holds into the file, as far as no reader needs it, and waits for none. What stays in the log is
    /// as safe there.
    pub(crate) fn move_log_into_file(&self) {
        let connection = self.connection();
        if self.look_at_files(&connection).is_ok() {
            let _ = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        }
    }

    /// Tells whether this is a migrated copy in memory, which does not learn what is written to the file.
    pub(crate) fn is_copy(&self) -> bool {
        self.connection().path().is_none_or(str::is_empty)
    }

    pub(crate) fn pending_events(&self) -> &PendingEvents {
        &self.pending_events
    }

    /// Refuses to write into files that nobody will read. When such a connection is closed it must not tidy up either:
    /// SQLite would remove the log by its name, and that may be the log of another state by now.
    fn look_at_files(&self, connection: &Connection) -> Result<(), TableError> {
        let Some(writing) = &self.writing else { return Ok(()) };
        writing.file_identity.check().map_err(|changed| {
            let untidy = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
            untidy.map_or_else(TableError::from, |_| TableError::FileReplaced(changed))
        })
    }

    /// A panic elsewhere leaves no harm behind: its transaction was rolled back as it was dropped.
    pub(crate) fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of(path: &Path, connection: Connection) -> State {
        State {
            path: path.into(),
            connection: Arc::new(Mutex::new(connection)),
            writing: None,
            pending_events: Arc::default(),
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
