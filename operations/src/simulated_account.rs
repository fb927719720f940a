//! The simulated account that stands in the place of the real one, kept in a file beside the state.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use landfall_simulator::clock::Clock;
use landfall_simulator::connector::SimulatedHttp;
use landfall_simulator::middleware::{Caller, FaultFile};
use landfall_simulator::region::{Delays, Region, RegionOptions};
use landfall_simulator::store::StoreError;

/// A simulated account cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SimulatedAccountError {
    /// The file that says what should go wrong cannot be used.
    #[error("the fault file {} cannot be used", .path.display())]
    FaultFile {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The policy that says what is allowed cannot be used.
    #[error("the policy {} cannot be used", .path.display())]
    CallerPolicy {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file that keeps the account cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How many times as fast as on AWS things go: a NAT gateway is up in about five seconds.
const SPEED: f64 = 20.0;
/// The file that keeps the account, beside the state.
pub const FILE: &str = "simulated-aws.db";

/// What a simulated account is like.
#[derive(Debug, Clone, Default)]
pub struct SimulatedAccount {
    speed: Option<f64>,
    faults: FaultFile,
    caller: Option<Caller>,
}

impl SimulatedAccount {
    /// Reads what the flags name.
    ///
    /// # Errors
    /// If a file cannot be read, or does not hold what it should.
    pub fn read(
        speed: Option<f64>,
        faults: Option<&Path>,
        policies: &[PathBuf],
    ) -> Result<SimulatedAccount, SimulatedAccountError> {
        let faults = faults.map(read_faults).transpose()?.unwrap_or_default();
        let caller = (!policies.is_empty()).then(|| read_caller(policies)).transpose()?;
        Ok(SimulatedAccount { speed, faults, caller })
    }

    /// Opens the account that is kept in a file.
    ///
    /// # Errors
    /// If the file cannot be used.
    pub fn http(&self, path: &Path, region: &str) -> Result<SimulatedHttp, SimulatedAccountError> {
        let speed = self.speed.unwrap_or(SPEED);
        let options = RegionOptions { region: region.to_owned(), speed: Some(speed), ..self.new_account() };
        let region = Region::open(path, &options)?;
        let clock = Clock::start(region.now(), speed);
        Ok(SimulatedHttp::new(region, clock))
    }

    /// Returns how fast time goes in an account that is served to others: as on the wall, unless it should go faster.
    pub fn served_speed(&self) -> f64 {
        self.speed.unwrap_or(1.0)
    }

    /// Returns what an account is like that is new or opened: things take as long as on AWS, and what should go wrong
    /// does.
    pub fn new_account(&self) -> RegionOptions {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        let (faults, caller) = (self.faults.clone(), self.caller.clone());
        RegionOptions { now, delays: Delays::realistic(), faults, caller, ..RegionOptions::default() }
    }
}

fn read_faults(path: &Path) -> Result<FaultFile, SimulatedAccountError> {
    let refused = |source: Box<dyn std::error::Error + Send + Sync>| SimulatedAccountError::FaultFile {
        path: path.to_owned(),
        source,
    };
    let text = std::fs::read_to_string(path).map_err(|error| refused(error.into()))?;
    FaultFile::parse(&text).map_err(|error| refused(error.into()))
}

fn read_caller(paths: &[PathBuf]) -> Result<Caller, SimulatedAccountError> {
    let mut policies = Vec::new();
    for path in paths {
        let refused = |source: Box<dyn std::error::Error + Send + Sync>| SimulatedAccountError::CallerPolicy {
            path: path.clone(),
            source,
        };
        let text = std::fs::read_to_string(path).map_err(|error| refused(error.into()))?;
        Caller { policies: vec![text.clone()] }.check().map_err(|error| refused(error.into()))?;
        policies.push(text);
    }
    Ok(Caller { policies })
}

/// Returns where the account of a state is kept.
pub fn beside(state: &Path) -> PathBuf {
    state.parent().unwrap_or(Path::new("")).join(FILE)
}
