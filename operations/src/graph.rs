//! The declared resources and what needs what.

use landfall_engine::graph::Graph;
use landfall_state::Store;

use crate::Error;
use crate::environment::Environment;
use crate::session::{Session, compile_with};
use crate::stack_file::StackFile;
use crate::stored_state::StoredState;

/// Compiles the stack with the facts that the state holds; asks the account only where they do not suffice.
///
/// # Errors
/// If the state cannot be read, the account does not answer, or the stack cannot be had there.
pub async fn graph(env: &Environment, store: &impl Store, file: StackFile) -> Result<Graph, Error> {
    let stored = StoredState::read(store).await?;
    let facts = stored.facts.filter(|facts| facts.region == file.stack.region);
    if let Some(Ok(graph)) = facts.map(|facts| compile_with(&file, &facts)) {
        return Ok(graph);
    }
    let session = Session::open(env, store, file).await?;
    Ok(session.compile().await?.0)
}
