//! What the state holds that planning needs, as it was at one moment.

use jiff::Timestamp;
use landfall_aws_blueprint::Facts;
use landfall_engine::expectation::Observation;
use landfall_engine::snapshot::Recorded;
use landfall_state::{Creation, OpenIntent, Run, RunStatus, State};

use crate::Error;
use crate::environment::Environment;
use crate::intents;
use crate::stack_file::StackFile;

/// What the state holds that planning needs.
#[derive(Debug, Clone, Default)]
pub struct StoredState {
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

impl StoredState {
    /// Reads what a state holds; without a state, nothing is stored.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn of(state: Option<&State>, now: Timestamp) -> Result<StoredState, Error> {
        let Some(state) = state else { return Ok(StoredState::default()) };
        let latest = state.history(1)?.into_iter().next();
        Ok(StoredState {
            recorded: state.recorded()?,
            facts: state.facts()?.and_then(|facts| serde_json::from_value(facts).ok()),
            open_intents: state.open_intents()?,
            fresh: state.creations_since(now - intents::UNSEEN)?,
            observations: state.observations()?,
            latest: latest.as_ref().map(|run| (run.ended.unwrap_or(run.began), run.id.number().to_string())),
            in_progress: latest.filter(|run| run.status == RunStatus::Running),
        })
    }

    /// Reads the state of a stack, without the account.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn read(env: &Environment, file: &StackFile) -> Result<StoredState, Error> {
        StoredState::of(open_for_reading(env, file)?.as_ref(), env.clock.now())
    }
}

/// Opens the state of a stack for reading; `None` if there is none yet.
///
/// # Errors
/// If there is one and it cannot be read.
pub fn open_for_reading(env: &Environment, file: &StackFile) -> Result<Option<State>, Error> {
    Ok(State::read(env.state_path(file))?)
}
