//! What apply would do. Changes neither the account nor the state.

use std::path::Path;

use landfall_state::State;

use crate::Error;
use crate::environment::Environment;
use crate::saved_plan::SavedPlan;
use crate::session::{Access, Goal, Planned, Session};
use crate::stack_file::StackFile;
use crate::stored_state::open_for_reading;

/// A plan that was made to be looked at.
pub struct PlanResult {
    /// The stack and its account.
    pub session: Session,
    /// The plan.
    pub planned: Planned,
    goal: Goal,
    state: Option<State>,
}

/// Reads the account and makes the plan. Without a refresh the account is taken to be as recorded. What the
/// globs of `replace` select is replaced whether anything differs or not.
///
/// # Errors
/// If the state or the account cannot be read, or the stack cannot be had there.
pub async fn plan(
    env: &Environment,
    file: StackFile,
    goal: Goal,
    replace: &[String],
    refresh: bool,
) -> Result<PlanResult, Error> {
    let state = open_for_reading(env, &file)?;
    let session = Session::open(env, file, state.as_ref(), Access::Read).await?.replacing(replace);
    session.note_run_in_progress();
    let planned = session.plan(goal, refresh).await?;
    Ok(PlanResult { session, planned, goal, state })
}

impl PlanResult {
    /// Saves the plan, with all that it was made from.
    ///
    /// # Errors
    /// If the file cannot be written, or the state cannot be read.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        let session = &self.session;
        let state_path = session.env.state_path(&session.file);
        // It is carried out perhaps from another folder.
        let state_path = std::path::absolute(&state_path).unwrap_or(state_path);
        let lineage = self.state.as_ref().map(State::lineage).transpose()?;
        let now = session.env.clock.now();
        SavedPlan::new(session, &self.planned, self.goal, (state_path, lineage), now).write(path)?;
        Ok(())
    }
}
