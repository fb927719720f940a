//! Why an operation did not do what was asked.

use landfall_aws_blueprint::stack::Name;
use landfall_engine::graph::LinkError;
use landfall_operations::Error;
use landfall_operations::destroy_by_name::NameError;
use landfall_operations::simulated_account::SimulatedAccountError;
use landfall_operations::stack_file::StackFileError;
use landfall_simulator::store::StoreError;

use super::blocked::not_loosened;
use super::{Explanation, Failure, NOTHING_CHANGED};
use crate::stack_args::STACK_FILE;

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        match error {
            Error::StackFile(error) => error.into(),
            Error::Problems(problems) => Failure::problems(problems),
            Error::Connect(error) => error.into(),
            Error::Survey(error) => error.into(),
            Error::Call(failure) => failure.into(),
            Error::Refresh(error) => error.into(),
            Error::Link(errors) => Failure::of(errors.iter().map(not_linked).collect()),
            Error::Cycle(cycle) => Explanation::of(&cycle)
                .meaning("what the state says of dependencies contradicts the stack file")
                .kept(NOTHING_CHANGED)
                .into(),
            Error::Replace(error) => Explanation::of(&error)
                .meaning("each --replace must select what is to be replaced")
                .kept(NOTHING_CHANGED)
                .next("`landfall plan --all` shows all addresses")
                .into(),
            Error::Lease(error) => error.into(),
            Error::Store(error) => error.into(),
            Error::Facts(_) => Explanation::of(&error).into(),
            Error::Blocked(blocked) => blocked.into(),
            Error::NotLoosened { blocker, failure } => not_loosened(&blocker, &failure),
            Error::BrokenOff(error) => error.into(),
            Error::SavedPlan(error) => error.into(),
            Error::Name(error) => error.into(),
            Error::SimulatedAccount(error) => error.into(),
        }
    }
}

fn not_linked(error: &LinkError) -> Explanation {
    Explanation::of(error).meaning("this is a mistake in landfall, not in the stack file")
}

impl From<StackFileError> for Failure {
    fn from(error: StackFileError) -> Failure {
        let explanation = Explanation::of(&error);
        let another = "name another file, as in `landfall plan path/to/landfall.toml`";
        match &error {
            StackFileError::NotFound(_) => explanation
                .next("`landfall init` makes one here; or name yours, as in `landfall plan path/to/landfall.toml`"),
            StackFileError::IsADirectory(path) => {
                explanation.next(format!("name the file in it, such as {}", path.join(STACK_FILE).display()))
            }
            StackFileError::NotText(_) => explanation
                .meaning("a stack file is UTF-8 text, and this is something else")
                .next("name another file, or save it as UTF-8"),
            StackFileError::TooLong(_) => explanation
                .meaning("a stack file is some kilobytes long, so this is something else")
                .kept(NOTHING_CHANGED)
                .next(another),
            StackFileError::Io { .. } => explanation,
        }
        .into()
    }
}

impl From<NameError> for Failure {
    fn from(error: NameError) -> Failure {
        let explanation = Explanation::of(&error).kept(NOTHING_CHANGED);
        match error {
            NameError::NoName(_) => explanation
                .meaning(format!(
                    "a name is {} to {} of a-z, 0-9 and -, and starts with a letter",
                    Name::LENGTH_MIN,
                    Name::LENGTH_MAX
                ))
                .next("the tag `landfall:stack` of what the stack made holds its name"),
            NameError::NoRegion(_) => explanation.next("name one as AWS writes it, such as `--region us-east-1`"),
            NameError::RegionUnknown => {
                explanation.meaning("neither AWS_REGION nor the profile names one").next("name it with `--region`")
            }
        }
        .into()
    }
}

impl From<SimulatedAccountError> for Failure {
    fn from(error: SimulatedAccountError) -> Failure {
        match error {
            SimulatedAccountError::Store(error) => error.into(),
            other => Explanation::of(&other).into(),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        let explanation = Explanation::of(&error);
        match &error {
            StoreError::NotAnAccount { .. } | StoreError::Version { .. } | StoreError::Content(_) => {
                explanation.next("move the file aside; a new account is made in its place")
            }
            StoreError::Io { .. } | StoreError::Sqlite(_) => explanation,
        }
        .into()
    }
}
