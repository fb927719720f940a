//! The simulated account that `--simulate` puts in the place of the real one.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use landfall_simulator::clock::Clock;
use landfall_simulator::connector::SimulatedHttp;
use landfall_simulator::middleware::{Caller, FaultFile};
use landfall_simulator::region::{Delays, Region, RegionOptions};
use landfall_simulator::store::StoreError;

use crate::failure::{Explanation, Failure};

/// How many times as fast as on AWS things go: a NAT gateway is up in about five seconds.
const SPEED: f64 = 20.0;
/// The file that keeps the account, beside the state.
pub(crate) const FILE: &str = "simulated-aws.db";

/// What `--simulate`, `--speed`, `--faults` and `--caller-policy` say.
#[derive(Debug, Clone, Default)]
pub(crate) struct Simulation {
    speed: Option<f64>,
    faults: FaultFile,
    caller: Option<Caller>,
}

impl Simulation {
    /// Reads what the flags name.
    ///
    /// # Errors
    /// If a file cannot be read, or does not hold what it should.
    pub(crate) fn read(speed: Option<f64>, faults: Option<&Path>, policies: &[PathBuf]) -> Result<Simulation, Failure> {
        let faults = faults.map(read_faults).transpose()?.unwrap_or_default();
        let caller = (!policies.is_empty()).then(|| read_caller(policies)).transpose()?;
        Ok(Simulation { speed, faults, caller })
    }

    /// Opens the account that lies beside a state file.
    ///
    /// # Errors
    /// If the file that keeps it cannot be used.
    pub(crate) fn http(&self, state: &Path, region: &str) -> Result<SimulatedHttp, Failure> {
        let path = beside(state);
        let speed = self.speed.unwrap_or(SPEED);
        let options = RegionOptions { region: region.to_owned(), speed: Some(speed), ..self.new_account() };
        let region = Region::open(&path, &options)?;
        let clock = Clock::start(region.now(), speed);
        Ok(SimulatedHttp::new(region, clock))
    }

    /// Returns how fast time goes in an account that is served to others: as on the wall, unless it should go faster.
    pub(crate) fn served_speed(&self) -> f64 {
        self.speed.unwrap_or(1.0)
    }

    /// Returns what an account is like that is new or opened: things take as long as on AWS, and what should go wrong
    /// does.
    pub(crate) fn new_account(&self) -> RegionOptions {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        let (faults, caller) = (self.faults.clone(), self.caller.clone());
        RegionOptions { now, delays: Delays::realistic(), faults, caller, ..RegionOptions::default() }
    }
}

fn read_faults(path: &Path) -> Result<FaultFile, Failure> {
    let refused = |error: &dyn std::error::Error| {
        Failure::from(Explanation::new(format!("the fault file {} cannot be used", path.display())).because(error))
    };
    let text = std::fs::read_to_string(path).map_err(|error| refused(&error))?;
    FaultFile::parse(&text).map_err(|error| refused(&error))
}

fn read_caller(paths: &[PathBuf]) -> Result<Caller, Failure> {
    let refused = |path: &Path, error: &dyn std::error::Error| {
        Failure::from(Explanation::new(format!("the policy {} cannot be used", path.display())).because(error))
    };
    let mut policies = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(path).map_err(|error| refused(path, &error))?;
        Caller { policies: vec![text.clone()] }.check().map_err(|error| refused(path, &error))?;
        policies.push(text);
    }
    Ok(Caller { policies })
}

/// Returns where the account of a state lies.
fn beside(state: &Path) -> PathBuf {
    state.parent().unwrap_or(Path::new("")).join(FILE)
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
