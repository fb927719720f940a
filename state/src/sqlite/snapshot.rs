//! All that a plan is made from, in one transaction.

use jiff::Timestamp;

use super::error::StateError;
use super::state::State;
use super::{facts, identity, journal, resources, runs};
use crate::retention::CREATIONS_SHOWN;
use crate::store::Snapshot;

impl State {
    /// Returns what a plan is made from, as it is at this moment.
    pub fn snapshot(&self) -> Result<Snapshot, StateError> {
        let occupancy = self.occupancy();
        let since = Timestamp::now() - CREATIONS_SHOWN;
        self.reading(|transaction| {
            let identity = identity::select(transaction)?;
            Ok(Snapshot {
                lineage: identity.lineage,
                identity: identity.identity,
                recorded: resources::select(transaction)?,
                facts: facts::select(transaction)?,
                open_intents: journal::select_open(transaction)?,
                creations: journal::select_creations(transaction, since)?,
                observations: journal::select_observations(transaction)?,
                latest_run: runs::select_latest(transaction, 1, &occupancy)?.pop(),
            })
        })
    }
}
