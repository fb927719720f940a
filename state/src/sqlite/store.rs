//! [`Store`] over a state that is a file.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::blocking::blocking;
use super::error::StateError;
use super::file_identity::Inode;
use super::lock::Lock;
use super::place::check_place;
use super::state::State;
use super::writer::SqliteWriter;
use crate::events::StoredEvent;
use crate::lease::LeaseRequest;
use crate::runs::{Run, RunDetail, RunNumber};
use crate::store::{Snapshot, Store};
use crate::store_error::{AcquireError, StoreError};

/// The state at a path of this machine.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    path: Arc<Path>,
    may_be_on_network: bool,
    reader: Arc<Mutex<Option<Reader>>>,
}

/// A state that is open for reading. Whoever follows a run asks often, and opening reads all of the file.
#[derive(Debug)]
struct Reader {
    state: State,
    file: Inode,
}

impl SqliteStore {
    /// Returns the store of the state at this path. Nothing is opened yet.
    pub fn new(path: impl Into<PathBuf>) -> SqliteStore {
        SqliteStore { path: path.into().into(), may_be_on_network: false, reader: Arc::default() }
    }

    /// Lets the state lie on a file system that is shared over a network, at the word of somebody who knows that only
    /// this machine uses it.
    #[must_use]
    pub fn allow_network(self) -> SqliteStore {
        SqliteStore { may_be_on_network: true, ..self }
    }

    /// Reads through a connection that stays open as long as the path leads to the same file.
    fn with_reader<T>(
        &self,
        read: impl FnOnce(&State) -> Result<T, StateError>,
        absent: impl FnOnce() -> T,
    ) -> Result<T, StoreError> {
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let file = Inode::of(&self.path).ok();
        let open = match reader.take().filter(|open| Some(open.file) == file) {
            Some(open) => open,
            None => match (State::read(&self.path)?, file) {
                (Some(state), Some(file)) => Reader { state, file },
                _ => return Ok(absent()),
            },
        };
        let answer = read(&open.state)?;
        // A migrated copy in memory would never learn what others write.
        *reader = Some(open).filter(|open| !open.state.is_copy());
        Ok(answer)
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&SqliteStore) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = self.clone();
        blocking(move || work(&store)).await.unwrap_or_else(|lost| Err(StoreError::lost(lost)))
    }
}

impl Store for SqliteStore {
    type Writer = SqliteWriter;

    fn location(&self) -> String {
        self.path.display().to_string()
    }

    /// Reads all of the file, to see that it is sound.
    async fn read(&self) -> Result<Option<Snapshot>, StoreError> {
        self.blocking(|store| match State::read(&store.path)? {
            Some(state) => Ok(Some(state.snapshot()?)),
            None => Ok(None),
        })
        .await
    }

    async fn history(&self, limit: usize) -> Result<Vec<Run>, StoreError> {
        self.blocking(move |store| store.with_reader(|state| state.history(limit), Vec::new)).await
    }

    async fn run(&self, number: RunNumber) -> Result<Option<RunDetail>, StoreError> {
        self.blocking(move |store| store.with_reader(|state| state.run(number), || None)).await
    }

    async fn events(&self, run: RunNumber, after: u64, limit: usize) -> Result<Vec<StoredEvent>, StoreError> {
        self.blocking(move |store| store.with_reader(|state| state.events(run, after, limit), Vec::new)).await
    }

    /// Takes the lock of the operating system. It has no end of its own: it is gone when its process is.
    async fn acquire(&self, request: &LeaseRequest) -> Result<SqliteWriter, AcquireError> {
        let (store, request) = (self.clone(), request.clone());
        let acquiring = move || {
            if !store.may_be_on_network {
                check_place(&store.path).map_err(|refused| AcquireError::Unusable(refused.into()))?;
            }
            // A new state must come to stand where the old one stood, also where that is reached by a link.
            let path = store.path.canonicalize().unwrap_or_else(|_| store.path.to_path_buf());
            let lock = Lock::acquire_for(&path, request.who, &request.command)?;
            Ok(SqliteWriter::new(path, lock))
        };
        blocking(acquiring).await.unwrap_or_else(|lost| Err(AcquireError::lost(lost)))
    }
}
