//! What apply would do. Changes neither the account nor the state.

use std::path::Path;

use landfall_state::Store;

use crate::Error;
use crate::environment::Environment;
use crate::saved_plan::SavedPlan;
use crate::session::{Goal, Planned, Session};
use crate::stack_file::StackFile;

/// A plan that was made to be looked at.
pub struct PlanResult {
    /// The stack and its account.
    pub session: Session,
    /// The plan.
    pub planned: Planned,
    goal: Goal,
}

/// Reads the account and makes the plan. Without a refresh the account is taken to be as recorded. What the
/// globs of `replace` select is replaced whether anything differs or not.
///
/// # Errors
/// If the state or the account cannot be read, or the stack cannot be had there.
pub async fn plan(
    env: &Environment,
    store: &impl Store,
    file: StackFile,
    goal: Goal,
    replace: &[String],
    refresh: bool,
) -> Result<PlanResult, Error> {
    let session = Session::open(env, store, file).await?.replacing(replace);
    session.note_run_in_progress();
    let planned = session.plan(goal, refresh).await?;
    Ok(PlanResult { session, planned, goal })
}

impl PlanResult {
    /// Saves the plan, with all that it was made from. `state` is where the state is kept.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, path: &Path, state: &Path) -> Result<(), Error> {
        // It is carried out perhaps from another folder.
        let state = std::path::absolute(state).unwrap_or_else(|_| state.to_owned());
        let now = self.session.env.clock.now();
        SavedPlan::new(&self.session, &self.planned, self.goal, state, now).write(path)?;
        Ok(())
    }
}
