//! What can be wrong with the state, and with its lock.

use landfall_engine::apply::ApplyError;
use landfall_state::{LockError, OpenError, StateError};

use super::{Explanation, Failure};
use crate::render::bundle::patterns;

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Failure {
        let advice = match &error {
            // Whatever carries the stack's tags is found without a state as well, and taken into the new one.
            OpenError::Damaged { .. } => {
                "the state was not touched: move it aside, or put a copy in its place; `landfall plan` then shows what \
                 exists and is taken over"
            }
            other => other.advice(),
        };
        Explanation::of(&error).next(advice).into()
    }
}

impl From<StateError> for Failure {
    fn from(error: StateError) -> Failure {
        // A state that cannot be read is told like one that cannot be opened, with the same advice.
        OpenError::from(error).into()
    }
}

impl From<LockError> for Failure {
    fn from(error: LockError) -> Failure {
        let explanation = Explanation::of(&error);
        match &error {
            LockError::Held { holder: Some(holder), .. } => {
                explanation.meaning("two runs at once would make everything twice").kept("nothing was changed").next(
                    format!("wait until process {} on {} has ended, then try again", holder.who.pid, holder.who.host),
                )
            }
            LockError::Held { holder: None, .. } => {
                explanation.kept("nothing was changed").next("wait until the other command has ended, then try again")
            }
            LockError::Io { .. } => explanation.next("the state's directory must be writable; `--state` names another"),
        }
        .into()
    }
}

impl From<ApplyError> for Failure {
    fn from(error: ApplyError) -> Failure {
        let explanation = Explanation::of(&error);
        let ApplyError::Journal { unrecorded, .. } = &error;
        let explanation = if unrecorded.is_empty() {
            explanation
        } else {
            explanation.meaning(format!("done, but not recorded as done: {}", patterns(unrecorded).join(", ")))
        };
        explanation
            .kept("whatever was begun is in the journal, and everything made carries the stack's tag")
            .next("make the state writable again (a full disk?), then run the same command: it finds what exists")
            .into()
    }
}
