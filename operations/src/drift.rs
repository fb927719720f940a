//! Where the account differs from what landfall made. Changes neither.

use landfall_engine::drift::{Drift, drift as compare};
use landfall_engine::graph::Graph;
use landfall_engine::plan::{Plan, plan};
use landfall_engine::provider::Provider;
use landfall_state::Store;

use crate::Error;
use crate::environment::Environment;
use crate::session::{KindsRead, Session};
use crate::stack_file::StackFile;

/// What was found.
pub struct DriftResult {
    /// The stack and its account.
    pub session: Session,
    /// The differences.
    pub drift: Vec<Drift>,
    /// What apply would do about them; `None` if this account cannot have what the stack file says.
    pub plan: Option<Plan>,
}

/// Reads the account and compares.
///
/// # Errors
/// If the state or the account cannot be read.
pub async fn drift(env: &Environment, store: &impl Store, file: StackFile) -> Result<DriftResult, Error> {
    let session = Session::open(env, store, file).await?;
    session.note_run_in_progress();
    // A stack file that this account cannot have says nothing about drift; only what apply would do stays unknown.
    let graph = session.compile().await.ok().map(|(graph, _)| graph);
    let nothing = Graph::default();
    let observed = session.observe(graph.as_ref().unwrap_or(&nothing), KindsRead::Wanted).await?;
    let (recorded, schemas) = (&session.stored.recorded, session.provider.schemas());
    let drift = compare(recorded, &observed, schemas);
    let plan = graph.map(|graph| plan(&graph, recorded, &observed, schemas));
    Ok(DriftResult { session, drift, plan })
}
