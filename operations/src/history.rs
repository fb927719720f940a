//! The runs of a stack, as the state has them.

use landfall_state::{Run, RunDetail, Store};

use crate::Error;
use crate::event::Record;

/// Returns the latest runs, the latest first.
///
/// # Errors
/// If the state cannot be read.
pub async fn runs(store: &impl Store, limit: usize) -> Result<Vec<Run>, Error> {
    Ok(store.history(limit).await?)
}

/// Returns all that is known of a run but its events; `None` if there is none of this number.
///
/// # Errors
/// If the state cannot be read.
pub async fn run(store: &impl Store, number: u32) -> Result<Option<RunDetail>, Error> {
    Ok(store.run(number.into()).await?)
}

/// Returns the events of a run after the one of this number, in their order, at most `limit` of them: whoever comes in the
/// middle of a run begins at 0 and goes on from the last that they have. The state keeps the latest events of the latest
/// runs ([`landfall_state::retention`]).
///
/// # Errors
/// If the state cannot be read.
pub async fn events(store: &impl Store, run: u32, after: u64, limit: usize) -> Result<Vec<Record>, Error> {
    let stored = store.events(run.into(), after, limit).await?;
    // What a newer landfall told in words that this one does not know is passed over.
    Ok(stored.into_iter().filter_map(|stored| serde_json::from_value(stored.event).ok()).collect())
}
