//! What the state holds that planning needs, as it was at one moment.

use jiff::Timestamp;
use landfall_aws_blueprint::Facts;
use landfall_engine::expectation::Observation;
use landfall_engine::snapshot::Recorded;
use landfall_state::{Creation, OpenIntent, Run, RunStatus, Snapshot, Store};

use crate::Error;

/// What the state holds that planning needs.
#[derive(Debug, Clone, Default)]
pub struct StoredState {
    /// Which state it is; `None` if there is none yet.
    pub lineage: Option<String>,
    /// What landfall made.
    pub recorded: Recorded,
    /// What compiling had to know the last time.
    pub facts: Option<Facts>,
    /// Steps of earlier runs of which nobody knows what became.
    pub open_intents: Vec<OpenIntent>,
    /// What earlier runs made so lately that a read may not show it.
    pub(crate) fresh: Vec<Creation>,
    /// When the latest run ended, or began if it did not end, and its number.
    pub latest: Option<(Timestamp, String)>,
    /// How long things took in earlier runs.
    pub(crate) observations: Vec<Observation>,
    /// A run that another process is at work on.
    pub(crate) in_progress: Option<Run>,
}

impl From<Snapshot> for StoredState {
    fn from(snapshot: Snapshot) -> StoredState {
        let latest = snapshot.latest_run;
        StoredState {
            lineage: Some(snapshot.lineage),
            recorded: snapshot.recorded,
            facts: snapshot.facts.and_then(|facts| serde_json::from_value(facts).ok()),
            open_intents: snapshot.open_intents,
            fresh: snapshot.creations,
            latest: latest.as_ref().map(|run| (run.ended.unwrap_or(run.began), run.id.number().to_string())),
            observations: snapshot.observations,
            in_progress: latest.filter(|run| run.status == RunStatus::Running),
        }
    }
}

impl StoredState {
    /// Reads the state of a stack, without the account. Without a state, nothing is stored.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub async fn read(store: &impl Store) -> Result<StoredState, Error> {
        Ok(store.read().await?.map(StoredState::from).unwrap_or_default())
    }
}
