//! The declared resources and what needs what.

use landfall_engine::graph::Graph;

use crate::Error;
use crate::environment::Environment;
use crate::session::{Access, Session, compile_with};
use crate::stack_file::StackFile;
use crate::stored_state::{StoredState, open_for_reading};

/// Compiles the stack with the facts that the state holds; asks the account only where they do not suffice.
///
/// # Errors
/// If the state cannot be read, the account does not answer, or the stack cannot be had there.
pub async fn graph(env: &Environment, file: StackFile) -> Result<Graph, Error> {
    let state = open_for_reading(env, &file)?;
    let stored = StoredState::of(state.as_ref(), env.clock.now())?;
    let facts = stored.facts.filter(|facts| facts.region == file.stack.region);
    if let Some(Ok(graph)) = facts.map(|facts| compile_with(&file, &facts)) {
        return Ok(graph);
    }
    let session = Session::open(env, file, state.as_ref(), Access::Read).await?;
    Ok(session.compile().await?.0)
}
