//! The journal of one run, kept in a store.

use landfall_engine::journal::{Intent, Journal, JournalError, Settled};

use crate::runs::RunNumber;
use crate::store::StoreWriter;

/// The journal of one run, for [`landfall_engine::apply::apply`]. Its errors are [`StoreError`](crate::StoreError)s.
#[derive(Debug)]
pub struct StoreJournal<'a, W> {
    writer: &'a W,
    run: RunNumber,
}

impl<'a, W: StoreWriter> StoreJournal<'a, W> {
    /// Returns the journal of a run that has begun.
    pub fn new(writer: &'a W, run: RunNumber) -> StoreJournal<'a, W> {
        StoreJournal { writer, run }
    }
}

impl<W: StoreWriter> Journal for StoreJournal<'_, W> {
    async fn intend(&self, intents: Vec<Intent>) -> Result<(), JournalError> {
        self.writer.intend(self.run, intents).await.map_err(|error| JournalError(Box::new(error)))
    }

    async fn settle(&self, settled: Vec<Settled>) -> Result<(), JournalError> {
        self.writer.settle(self.run, settled).await.map_err(|error| JournalError(Box::new(error)))
    }
}
