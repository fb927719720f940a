//! [`StoreWriter`] over a state that is a file: the lock, and the file once it is open.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use landfall_engine::journal::{Intent, Record, Settled};
use serde_json::Value;

use super::blocking::blocking;
use super::error::StateError;
use super::lease::Epoch;
use super::lock::Lock;
use super::open_error::OpenError;
use super::quarantine::{QuarantineError, quarantine};
use super::state::State;
use crate::changes::RunChange;
use crate::events::StoredEvent;
use crate::identity::Identity;
use crate::intents::IntentResolution;
use crate::lease::Holder;
use crate::runs::{RunEnd, RunId, RunNumber, RunStart};
use crate::store::{Snapshot, StoreWriter};
use crate::store_error::StoreError;

/// The right to write the state at a path.
#[derive(Debug)]
pub struct SqliteWriter {
    holding: Arc<Holding>,
}

/// Work that nobody waits for any more goes on, and holds the lock until it is done. So this is shared with it.
#[derive(Debug)]
struct Holding {
    path: PathBuf,
    /// Work is done in the order in which it was asked for: one that nobody waits for any more, and has not begun, is not
    /// to come after what is asked for next.
    turns: Arc<tokio::sync::Mutex<()>>,
    // Before the lock: the file is closed before others may open it.
    file: Mutex<StateFile>,
    lock: Lock,
}

/// What there is of the file.
#[derive(Debug)]
enum StateFile {
    /// It is open.
    Open(State),
    /// There was none when the lock was taken. Whoever makes it is the first.
    Absent,
    /// It is there and was not opened: it is damaged, or may not be opened.
    Unopened,
}

impl SqliteWriter {
    /// Opens the file where there is one, so that its epoch begins with the lock. One that cannot be opened is an error
    /// when it is asked for.
    pub(crate) fn new(path: PathBuf, lock: Lock) -> SqliteWriter {
        let file = match path.try_exists() {
            Ok(false) => StateFile::Absent,
            _ => State::open(&path).map_or(StateFile::Unopened, StateFile::Open),
        };
        let (turns, file) = (Arc::default(), Mutex::new(file));
        SqliteWriter { holding: Arc::new(Holding { path, turns, file, lock }) }
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Holding) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let holding = self.holding.clone();
        let turn = holding.turns.clone().lock_owned().await;
        let working = move || {
            let done = work(&holding);
            drop(turn);
            done
        };
        blocking(working).await.unwrap_or_else(|lost| Err(StoreError::lost(lost)))
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&State) -> Result<T, StateError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.blocking(move |holding| Ok(work(&holding.open()?)?)).await
    }

    #[cfg(test)]
    pub(crate) fn lose_lock(&self) {
        self.holding.lock.lose();
    }
}

impl Holding {
    /// Returns the state, and makes it if there is none.
    fn open(&self) -> Result<State, OpenError> {
        let mut file = self.file();
        let state = match &*file {
            StateFile::Open(state) => return Ok(state.clone()),
            StateFile::Absent => State::open_in(&self.path, Some(Epoch::NONE))?,
            StateFile::Unopened => State::open(&self.path)?,
        };
        *file = StateFile::Open(state.clone());
        Ok(state)
    }

    /// Returns the state, if it is open. Nobody who hands an event over waits for the disk behind this.
    fn opened(&self) -> Option<State> {
        match &*self.file() {
            StateFile::Open(state) => Some(state.clone()),
            StateFile::Absent | StateFile::Unopened => None,
        }
    }

    /// Without an open file there is no run to tell of.
    fn flush_events(&self) -> Result<(), StateError> {
        self.opened().map_or(Ok(()), |state| state.flush_events())
    }

    /// Returns the state, if there is one.
    fn existing(&self) -> Result<Option<State>, OpenError> {
        if matches!(*self.file(), StateFile::Absent) { Ok(None) } else { self.open().map(Some) }
    }

    fn set_damaged_aside(&self) -> Result<PathBuf, QuarantineError> {
        let mut file = self.file();
        if is_sound(&self.path) {
            return Err(QuarantineError::NotDamaged { path: self.path.clone() });
        }
        // Nobody may hold a handle of a file that moves.
        *file = StateFile::Unopened;
        let aside = quarantine(&self.lock, &self.path, Timestamp::now())
            .map_err(|source| QuarantineError::Refused { path: self.path.clone(), source })?;
        *file = StateFile::Absent;
        Ok(aside)
    }

    fn file(&self) -> MutexGuard<'_, StateFile> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Holding {
    /// Whoever has the file open for reading keeps SQLite from moving the log into it at its closing, and somebody may
    /// copy the file alone.
    fn drop(&mut self) {
        if let Some(state) = self.opened() {
            state.move_log_into_file();
        }
    }
}

/// Only what landfall never wrote is damage. What may not be opened, or is a newer landfall's, is nobody's to move.
fn is_sound(path: &Path) -> bool {
    let read = State::read(path).and_then(|state| match state {
        Some(state) => Ok(state.snapshot().map(|_| ())?),
        None => Ok(()),
    });
    !matches!(read, Err(OpenError::Damaged { .. }))
}

impl StoreWriter for SqliteWriter {
    fn holder(&self) -> &Holder {
        self.holding.lock.holder()
    }

    /// The operating system knows who is alive; this only looks whether the lease is still held.
    async fn renew(&self) -> Result<(), StoreError> {
        self.blocking(|holding| Ok(holding.opened().map_or(Ok(()), |state| state.check_lease())?)).await
    }

    async fn read(&self) -> Result<Option<Snapshot>, StoreError> {
        self.blocking(|holding| match holding.existing()? {
            Some(state) => Ok(Some(state.snapshot()?)),
            None => Ok(None),
        })
        .await
    }

    async fn set_damaged_aside(&self) -> Result<String, StoreError> {
        self.blocking(|holding| match holding.set_damaged_aside() {
            Ok(aside) => Ok(aside.display().to_string()),
            Err(refused) => Err(StoreError::Unusable(refused.into())),
        })
        .await
    }

    async fn bind(&self, identity: &Identity) -> Result<(), StoreError> {
        let identity = identity.clone();
        self.blocking(move |holding| Ok(holding.open()?.bind(&identity)?)).await
    }

    async fn rebind(&self, identity: &Identity) -> Result<(), StoreError> {
        let identity = identity.clone();
        self.blocking(move |holding| Ok(holding.open()?.rebind(&identity)?)).await
    }

    async fn record_facts(&self, facts: Value) -> Result<(), StoreError> {
        self.write(move |state| state.record_facts(&facts)).await
    }

    async fn write_records(&self, records: Vec<Record>) -> Result<(), StoreError> {
        self.write(move |state| state.write_records(&records)).await
    }

    async fn close_open_intents(&self, resolutions: Vec<IntentResolution>) -> Result<(), StoreError> {
        self.write(move |state| state.close_open_intents(&resolutions)).await
    }

    async fn begin_run(&self, start: &RunStart<'_>) -> Result<RunId, StoreError> {
        let RunStart { command, stack_text, plan_json, version } = *start;
        let (command, version) = (command.to_owned(), version.to_owned());
        let (stack_text, plan_json) = (stack_text.map(str::to_owned), plan_json.map(str::to_owned));
        self.blocking(move |holding| {
            let (stack_text, plan_json) = (stack_text.as_deref(), plan_json.as_deref());
            let start = RunStart { command: &command, stack_text, plan_json, version: &version };
            Ok(holding.open()?.begin_run(&holding.lock, &start)?)
        })
        .await
    }

    async fn intend(&self, run: RunNumber, intents: Vec<Intent>) -> Result<(), StoreError> {
        self.write(move |state| state.write_intents(run, &intents)).await
    }

    async fn settle(&self, run: RunNumber, settled: Vec<Settled>) -> Result<(), StoreError> {
        self.write(move |state| state.write_settled(run, &settled)).await
    }

    async fn record_changes(&self, run: RunNumber, changes: Vec<RunChange>) -> Result<(), StoreError> {
        self.write(move |state| state.record_changes(run, &changes)).await
    }

    fn append_events(&self, run: RunNumber, events: Vec<StoredEvent>) {
        if let Some(state) = self.holding.opened() {
            state.append_events(run, events);
        }
    }

    async fn flush_events(&self) -> Result<(), StoreError> {
        self.blocking(|holding| Ok(holding.flush_events()?)).await
    }

    async fn end_run(&self, run: RunNumber, end: &RunEnd<'_>) -> Result<(), StoreError> {
        let RunEnd { outcome, report_json, api_calls, took } = *end;
        let report_json = report_json.map(str::to_owned);
        self.write(move |state| {
            state.end_run(run, &RunEnd { outcome, report_json: report_json.as_deref(), api_calls, took })
        })
        .await
    }

    async fn release(self) -> Result<(), StoreError> {
        let SqliteWriter { holding } = self;
        let turn = holding.turns.clone().lock_owned().await;
        // Closing the file writes too.
        let releasing = move || {
            let flushed = holding.flush_events();
            drop((turn, holding));
            Ok(flushed?)
        };
        blocking(releasing).await.unwrap_or_else(|lost| Err(StoreError::lost(lost)))
    }
}
