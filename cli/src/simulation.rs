//! The simulated account that `--simulate` puts in the place of the real one.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use landfall_simulator::clock::Clock;
use landfall_simulator::connector::SimulatedHttp;
use landfall_simulator::region::{Delays, Region, RegionOptions};
use landfall_simulator::store::StoreError;

use crate::failure::{Explanation, Failure};

/// How many times as fast as on AWS things go: a NAT gateway is up in about five seconds.
const SPEED: f64 = 20.0;
/// The file that keeps the account, beside the state.
pub(crate) const FILE: &str = "simulated-aws.db";

/// What `--simulate` and `--speed` say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Simulation {
    speed: f64,
}

impl Simulation {
    /// Returns the simulation, if it is wanted.
    pub(crate) fn wanted(is_wanted: bool, speed: Option<f64>) -> Option<Simulation> {
        is_wanted.then(|| Simulation { speed: speed.unwrap_or(SPEED) })
    }

    /// Opens the account that lies beside a state file.
    ///
    /// # Errors
    /// If the file that keeps it cannot be used.
    pub(crate) fn http(self, state: &Path, region: &str) -> Result<SimulatedHttp, Failure> {
        let path = beside(state);
        let options = RegionOptions { region: region.to_owned(), ..new_account() };
        let region = Region::open(&path, &options)?;
        let clock = Clock::start(region.now(), self.speed);
        Ok(SimulatedHttp::new(region, clock))
    }
}

/// Returns where the account of a state lies.
fn beside(state: &Path) -> PathBuf {
    state.parent().unwrap_or(Path::new("")).join(FILE)
}

/// Returns what a new account is like: things take as long as on AWS, by the clock on the wall.
pub(crate) fn new_account() -> RegionOptions {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
    RegionOptions { now, delays: Delays::realistic(), ..RegionOptions::default() }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        let explanation = Explanation::of(&error);
        match &error {
            StoreError::NotAnAccount { .. } | StoreError::Version { .. } | StoreError::Content(_) => {
                explanation.next("move the file aside; a new account is made in its place")
            }
            StoreError::Io { .. } | StoreError::Sqlite(_) => explanation,
        }
        .into()
    }
}
