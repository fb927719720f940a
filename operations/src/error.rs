//! Why an operation did not do what was asked. What a person needs to go on is the face's to say.

mod blocked;
mod name;
mod saved_plan;
mod stack_file;

use landfall_aws::blockers::Blocker;
use landfall_aws::connect::ConnectError;
use landfall_aws::survey::SurveyError;
use landfall_engine::apply::ApplyError;
use landfall_engine::graph::LinkError;
use landfall_engine::plan::SelectsNothing;
use landfall_engine::provider::CallFailure;
use landfall_engine::providers::RefreshError;
use landfall_engine::step::StepCycle;
use landfall_state::{AcquireError, StoreError};

use crate::simulated_account::SimulatedAccountError;

pub use blocked::{Blocked, ForeignPolicy};
pub use name::NameError;
pub use saved_plan::{Differences, Differs, OtherPlace, SavedPlanError};
pub use stack_file::{Problems, StackFileError};

pub(crate) use saved_plan::{FORMAT_VERSION, LANDFALL_VERSION};

/// Why an operation did not do what was asked.
///
/// A step of a plan that fails is no error: [`crate::apply::Executed`] tells of it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The stack file cannot be read.
    #[error(transparent)]
    StackFile(#[from] StackFileError),
    /// The stack file, or what it asks of this account, is not sound.
    #[error(transparent)]
    Problems(Problems),
    /// There is no way to the account.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The account does not say what compiling must know.
    #[error(transparent)]
    Survey(#[from] SurveyError),
    /// The account could not be read.
    #[error(transparent)]
    Call(#[from] CallFailure),
    /// A place of the account could not be read.
    #[error(transparent)]
    Refresh(#[from] RefreshError),
    /// The blueprint declares what cannot be linked: a mistake in landfall.
    #[error("the blueprint's resources cannot be linked")]
    Link(Vec<LinkError>),
    /// What the state says of dependencies contradicts the stack.
    #[error(transparent)]
    Cycle(#[from] StepCycle),
    /// A glob of what is to be replaced selects nothing.
    #[error(transparent)]
    Replace(#[from] SelectsNothing),
    /// The state's lease was not to be had.
    #[error(transparent)]
    Lease(#[from] AcquireError),
    /// The state cannot be used for this stack, or not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The facts that the plan rests on cannot be written as JSON.
    #[error("what was asked of the account cannot be kept")]
    Facts(#[source] serde_json::Error),
    /// Others have something that keeps parts of the stack from being deleted. Nothing was changed.
    #[error(transparent)]
    Blocked(#[from] Blocked),
    /// Something of others could not be loosened. Nothing was deleted.
    #[error("{} {} could not be loosened: {failure}", .blocker.kind, .blocker.id)]
    NotLoosened {
        /// What.
        blocker: Box<Blocker>,
        /// What AWS says.
        failure: Box<CallFailure>,
    },
    /// The run was broken off: the state could not be written.
    #[error(transparent)]
    BrokenOff(#[from] ApplyError),
    /// A saved plan cannot be used, or could not be written.
    #[error(transparent)]
    SavedPlan(#[from] SavedPlanError),
    /// A stack cannot be found by this name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The simulated account cannot be used.
    #[error(transparent)]
    SimulatedAccount(#[from] SimulatedAccountError),
}
