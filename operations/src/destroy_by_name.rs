//! The teardown of a stack whose file and state are lost. Everything of a stack carries its tag, or hangs on what does, so
//! the name and the region are enough to find it.

use std::path::Path;
use std::time::Duration;

use landfall_aws::connect::configured_region;
use landfall_aws::sweep::{Leftover, sweep};
use landfall_aws_blueprint::stack::{self, Name};
use landfall_engine::apply::Report;
use landfall_engine::provider::Provider;
use landfall_state::Store;

use crate::apply::Prepared;
use crate::damaged_state::FoundState;
use crate::environment::Environment;
use crate::error::Error;
use crate::event::{Event, RunSummary};
use crate::session::{Goal, Session};
use crate::stack_file::StackFile;

pub use crate::error::NameError;

/// What a look by name comes to.
pub enum Found<W> {
    /// There is something to take down.
    Prepared(Box<Prepared<W>>),
    /// The plan is empty and there is no state either: nothing was written. The sweep found this.
    Nothing {
        /// The stack and its account.
        session: Box<Session>,
        /// What is left all the same.
        leftovers: Vec<Leftover>,
    },
}

/// Returns the region of the AWS configuration.
///
/// # Errors
/// If neither the environment nor the profile names one.
pub async fn region_of_configuration() -> Result<String, Error> {
    Ok(configured_region().await.ok_or(NameError::RegionUnknown)?)
}

/// Looks for everything of a stack whose file is the [least one](least_stack_file), and plans its teardown.
///
/// # Errors
/// If the state is locked or cannot be used, or the account cannot be read.
pub async fn prepare_by_name<S: Store>(
    env: &Environment,
    store: &S,
    file: StackFile,
) -> Result<Found<S::Writer>, Error> {
    let found = FoundState::take(env, store).await?;
    let session = found.claimed_by(Session::connect(env, file).await?).await?;
    let planned = session.plan(Goal::Nothing, true).await?;
    if planned.plan.is_empty() && !found.is_sound() {
        // Nobody needs a state of a stack that does not exist.
        let leftovers = sweep(&session.provider).await?;
        let summary = RunSummary::new(&Report::default(), session.provider.calls_sent(), Duration::ZERO);
        env.events.tell(env.clock.now(), None, Event::Summary(summary));
        return Ok(Found::Nothing { session: Box::new(session), leftovers });
    }
    let writer = found.into_writer(&session).await?;
    Ok(Found::Prepared(Box::new(Prepared { writer, session, planned, goal: Goal::Nothing })))
}

/// Returns the shortest stack file of this name and region: a teardown needs no more of it.
///
/// # Errors
/// If no stack can have such a name, or there can be no such region.
pub fn least_stack_file(name: &str, region: &str) -> Result<StackFile, NameError> {
    let name = Name::new(name).ok_or_else(|| NameError::NoName(name.to_owned()))?;
    let text =
        format!("# `landfall destroy --name`: the stack file was lost.\nname = \"{name}\"\nregion = {region:?}\n");
    // The name is a good one, so only the region can be wrong.
    let stack = stack::parse(&text).map_err(|_| NameError::NoRegion(region.to_owned()))?;
    Ok(StackFile { path: Path::new("landfall.toml").to_owned(), text, stack })
}
