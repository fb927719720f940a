//! An open state, and the transactions that the tables' modules work in.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::error::{StateError, TableError};
use super::events;
use super::file_identity::FileIdentity;
use super::lease::Epoch;
use crate::events::{PendingEvents, StoredEvent};
use crate::runs::RunNumber;

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

impl State {
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

    /// Hands events of a run over; they go with the next transaction that writes.
    pub fn append_events(&self, run: RunNumber, events: Vec<StoredEvent>) {
        self.pending_events.append(run, events);
    }

    /// Writes the events that wait.
    pub fn flush_events(&self) -> Result<(), StateError> {
        // Every writing transaction takes them along.
        self.writing(|_| Ok(()))
    }

    /// Returns the events of a run after this one, at most `limit` of them.
    pub fn events(&self, run: RunNumber, after: u64, limit: usize) -> Result<Vec<StoredEvent>, StateError> {
        self.reading(|transaction| events::select(transaction, run, after, limit))
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

    /// Wraps a connection that only reads.
    pub(crate) fn for_reading(path: &Path, connection: Connection) -> State {
        State {
            path: path.into(),
            connection: Arc::new(Mutex::new(connection)),
            writing: None,
            pending_events: Arc::default(),
        }
    }

    /// Wraps a connection that writes to these files, in this epoch.
    pub(crate) fn for_writing(path: &Path, connection: Connection, file_identity: FileIdentity, epoch: Epoch) -> State {
        let writing = Writing { file_identity, epoch };
        State { writing: Some(Arc::new(writing)), ..State::for_reading(path, connection) }
    }
}
