//! Where acts are played: an account and a state, as they are before each act.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use landfall_simulator::portrait::difference;
use landfall_simulator::region::{Delays, Region, RegionOptions};
use tempfile::TempDir;

use super::act::{Act, life_of};
use super::process::{Ending, run};
use crate::session::Aim;
use crate::stack_file::StackFile;

/// A rehearsal cannot begin.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RehearsalError {
    /// There is no place for the states.
    #[error("there is no place for the state files of the rehearsal")]
    NoPlace(#[source] io::Error),
    /// There is no such act.
    #[error("this stack's life has no act `{0}`")]
    NoAct(String),
    /// A clean run does not come to its end.
    #[error("without anything going wrong, the act `{act}` does not come to its end")]
    Unclean {
        /// Which.
        act: &'static str,
        /// What it says.
        why: String,
    },
}

/// The account and the state at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Stage {
    pub(crate) region: Region,
    /// The state file; it is copied before anything is done to it.
    state: Arc<PathBuf>,
}

/// An act that was played without anything going wrong.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) act: Act,
    /// As it was before.
    pub(crate) before: Stage,
    /// The portrait of the account after it.
    pub(crate) portrait: Vec<String>,
    /// The actions that it asked for, in order.
    pub(crate) log: Vec<String>,
    /// How long it would have taken.
    pub(crate) took: Duration,
}

/// A stack's life, ready for things to go wrong in it.
#[derive(Debug)]
pub(crate) struct Rehearsal {
    pub(crate) file: StackFile,
    pub(crate) scenes: Vec<Scene>,
    /// The account before anything.
    nothing: Vec<String>,
    /// Where the states are.
    place: PathBuf,
}

/// Shorter than on AWS, for a poll is a call and each call is a trial, and long enough that everything is waited for.
const DELAYS: Delays = Delays {
    nat_gateway_create: 6_000,
    nat_gateway_delete: 4_000,
    elastic_ip_release: 1_000,
    instance_start: 4_000,
    instance_terminate: 4_000,
    network_interface_release: 1_000,
    endpoint_delete: 2_000,
    instance_profile_visible: 3_000,
    record_kept: 3_600_000,
};

impl Rehearsal {
    /// Plays the life of a stack once, with nothing going wrong.
    ///
    /// # Errors
    /// If that does not come to its end, for example because the region offers an instance type nowhere.
    pub(crate) fn begin(file: &StackFile, seed: u64, place: &Path) -> Result<Rehearsal, RehearsalError> {
        let options =
            RegionOptions { region: file.stack.region.clone(), seed, delays: DELAYS, ..RegionOptions::default() };
        let region = Region::new(&options);
        let nothing = region.portrait();
        let mut rehearsal = Rehearsal { file: file.clone(), scenes: vec![], nothing, place: place.to_owned() };
        let mut stage = Stage { region, state: Arc::new(place.join("begin.db")) };
        for (index, act) in life_of(&file.stack).into_iter().enumerate() {
            let before = stage;
            stage = before.copy_to(&place.join(format!("scene-{index}.db")))?;
            stage.region.keep_log();
            let outcome = run(&stage.region, &rehearsal.file_of(&act), &stage.state, act.aim, None);
            let Ending::Done(_) = outcome.ending else {
                let why = match outcome.ending {
                    Ending::Failed(why) => why,
                    _ => "it was killed".to_owned(),
                };
                return Err(RehearsalError::Unclean { act: act.name, why });
            };
            let (portrait, log) = (stage.region.portrait(), stage.region.take_log());
            rehearsal.scenes.push(Scene { act, before, portrait, log, took: outcome.took });
        }
        Ok(rehearsal)
    }

    /// Returns an act that was played.
    pub(crate) fn scene(&self, act: &str) -> Result<&Scene, RehearsalError> {
        let found = self.scenes.iter().find(|scene| scene.act.name == act);
        found.ok_or_else(|| RehearsalError::NoAct(act.to_owned()))
    }

    /// Returns the stack file as it is in an act.
    pub(crate) fn file_of(&self, act: &Act) -> StackFile {
        StackFile { stack: act.stack.clone(), ..self.file.clone() }
    }

    /// Returns a stage to play on, which is gone with its state when it is dropped.
    pub(crate) fn set_up(&self, before: &Stage) -> Result<(Stage, TempDir), RehearsalError> {
        let place = tempfile::tempdir_in(&self.place).map_err(RehearsalError::NoPlace)?;
        let stage = before.copy_to(&place.path().join("state.db"))?;
        Ok((stage, place))
    }

    /// Returns what an account has beyond, and lacks of, what it should have at the end of a scene.
    pub(crate) fn audit(&self, scene: &Scene, region: &Region, aim: Aim) -> (Vec<String>, Vec<String>) {
        let expected = if aim == Aim::Nothing { &self.nothing } else { &scene.portrait };
        difference(expected, &region.portrait())
    }
}

impl Stage {
    pub(crate) fn state(&self) -> &Path {
        &self.state
    }

    /// Returns the same account and the same state, to be changed.
    pub(crate) fn copy_to(&self, state: &Path) -> Result<Stage, RehearsalError> {
        if self.state.exists() {
            std::fs::copy(&*self.state, state).map_err(RehearsalError::NoPlace)?;
        }
        Ok(Stage { region: self.region.fork(), state: Arc::new(state.to_owned()) })
    }
}

/// Returns a folder for the states of a rehearsal. They need not outlive a power cut: memory will do, where the system
/// has such a folder.
///
/// # Errors
/// If none can be made.
pub(crate) fn place() -> io::Result<TempDir> {
    tempfile::Builder::new()
        .prefix("landfall-rehearsal.")
        .tempdir_in("/dev/shm")
        .or_else(|_| tempfile::Builder::new().prefix("landfall-rehearsal.").tempdir())
}
