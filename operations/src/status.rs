//! The clusters as they stand in the account.

use landfall_engine::graph::Graph;
use landfall_state::Store;

use crate::Error;
use crate::clusters::{ClusterStatus, clusters};
use crate::environment::Environment;
use crate::session::{KindsRead, Session};
use crate::stack_file::StackFile;

/// What was found.
pub struct StatusResult {
    /// The stack and its account.
    pub session: Session,
    /// The clusters that are declared or exist, by name.
    pub clusters: Vec<ClusterStatus>,
    /// How many resources are recorded.
    pub resources: usize,
}

/// Reads the account.
///
/// # Errors
/// If the state or the account cannot be read.
pub async fn status(env: &Environment, store: &impl Store, file: StackFile) -> Result<StatusResult, Error> {
    let session = Session::open(env, store, file).await?;
    session.note_run_in_progress();
    // What is recorded needs no graph to be found again.
    let observed = session.observe(&Graph::default(), KindsRead::Wanted).await?;
    let recorded = &session.stored.recorded;
    let clusters = clusters(&session.file.stack, recorded, Some(&observed));
    let resources = recorded.iter().count();
    Ok(StatusResult { session, clusters, resources })
}
