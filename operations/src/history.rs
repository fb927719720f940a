//! The runs of a stack, as the state has them.

use landfall_state::{Run, RunDetail};

use crate::Error;
use crate::environment::Environment;
use crate::stack_file::StackFile;
use crate::stored_state::open_for_reading;

/// Returns the latest runs, the latest first.
///
/// # Errors
/// If the state cannot be read.
pub fn runs(env: &Environment, file: &StackFile, limit: usize) -> Result<Vec<Run>, Error> {
    match open_for_reading(env, file)? {
        Some(state) => Ok(state.history(limit)?),
        None => Ok(vec![]),
    }
}

/// Returns all that is known of a run; `None` if there is none of this number.
///
/// # Errors
/// If the state cannot be read.
pub fn run(env: &Environment, file: &StackFile, number: u32) -> Result<Option<RunDetail>, Error> {
    match open_for_reading(env, file)? {
        Some(state) => Ok(state.run(number.into())?),
        None => Ok(None),
    }
}
