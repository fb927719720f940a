//! Rebuilds the state from what the account shows. Changes the state, never the account.

use std::time::Instant;

use landfall_engine::plan::{Plan, plan};
use landfall_engine::provider::Provider;
use landfall_engine::recovery::{Recovery, recovery};
use landfall_engine::snapshot::{Observed, Recorded};
use landfall_state::Store;

use crate::Error;
use crate::damaged_state::FoundState;
use crate::environment::Environment;
use crate::run::{Learnt, write_recovery};
use crate::session::{KindsRead, Session};
use crate::stack_file::StackFile;

/// What was found and written.
pub struct Recovered {
    /// The stack and its account.
    pub session: Session,
    /// What the account showed.
    pub observed: Observed,
    /// What the state lacked.
    pub recovery: Recovery,
    /// What is recorded now.
    pub recorded: Recorded,
    /// What apply would do now.
    pub next: Plan,
}

/// Reads the account, and only then touches the state.
///
/// # Errors
/// If the account cannot be read or the state cannot be written.
pub async fn recover(env: &Environment, store: &impl Store, file: StackFile) -> Result<Recovered, Error> {
    let began = Instant::now();
    let found = FoundState::take(env, store).await?;
    let session = Session::connect(env, file).await?;
    let session = found.claimed_by(session).await?;
    let (graph, facts) = session.compile().await?;
    let observed = session.observe_all(&graph, KindsRead::All).await?;
    let recorded = &session.stored.recorded;
    let schemas = session.provider.schemas();
    let recovery = recovery(&plan(&graph, recorded, &observed, schemas), recorded, schemas);

    let writer = found.into_writer(&session).await?;
    let learnt = Learnt { facts: &facts, observed: &observed, took: began.elapsed() };
    write_recovery(&writer, &session, &learnt, &recovery).await?;
    let mut recorded = recorded.clone();
    recovery.records.iter().for_each(|record| recorded.apply(record));
    let next = plan(&graph, &recorded, &observed, schemas);
    Ok(Recovered { observed, recovery, recorded, next, session })
}
