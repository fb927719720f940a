//! What can be wrong with the state, and with its lock.

use std::error::Error;
use std::io;

use landfall_engine::apply::ApplyError;
use landfall_presentation::text::bundle::patterns;
use landfall_state::{AcquireError, Identity, LockError, OnNetwork, StateError, StoreError, UnusableStore};

use super::{Explanation, Failure, NOTHING_CHANGED};

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        match &error {
            // Whatever carries the stack's tags is found without a state as well, and taken into the new one.
            StoreError::Damaged { .. } => Explanation::of(&error)
                .next(
                    "the state was not touched: `landfall recover` moves it aside and rebuilds it from the account; or \
                     put a copy in its place, then run `landfall recover`",
                )
                .into(),
            StoreError::OfAnotherStack { recorded, asked, vacant: false, .. } => of_another(&error, recorded, asked),
            StoreError::OfAnotherStack { .. } | StoreError::Fenced { .. } => {
                Explanation::of(&error).next(error.advice()).into()
            }
            StoreError::Unusable(fault) => of_unusable(fault),
        }
    }
}

impl From<AcquireError> for Failure {
    fn from(error: AcquireError) -> Failure {
        let explanation = Explanation::of(&error).kept(NOTHING_CHANGED);
        match &error {
            AcquireError::Held { holder: Some(holder), .. } => explanation
                .meaning("two runs at once would make everything twice")
                .next(format!(
                    "wait until process {} on {} has ended, then try again; `--lock-timeout 600` waits by itself",
                    holder.who.pid, holder.who.host
                ))
                .into(),
            AcquireError::Held { holder: None, .. } => explanation.next(error.advice()).into(),
            AcquireError::Unusable(fault) => of_unusable(fault),
        }
    }
}

/// What only one sort of store can say has its own words; all else has the store's own advice.
fn of_unusable(fault: &UnusableStore) -> Failure {
    if let Some(error) = fault.fault::<OnNetwork>() {
        return on_network(error);
    }
    if let Some(error) = fault.fault::<LockError>() {
        return not_locked(error);
    }
    Explanation::of(fault).next(fault.advice()).into()
}

/// A tired person has more often the wrong credentials or the wrong line in the stack file than the wrong state.
fn of_another(error: &StoreError, recorded: &Identity, asked: &Identity) -> Failure {
    let explanation = Explanation::of(error).kept(NOTHING_CHANGED);
    if recorded.stack != asked.stack {
        return explanation.next(error.advice()).into();
    }
    let explanation = match (recorded.region == asked.region, recorded.account == asked.account) {
        (true, _) => explanation
            .meaning("the credentials in use are those of another account")
            .next(format!("use credentials of account {}: AWS_PROFILE, AWS_ACCESS_KEY_ID", recorded.account)),
        (false, _) => explanation
            .meaning(format!("what this stack made stands in {}; it cannot move to another region", recorded.region))
            .next(format!("say `region = \"{}\"` in the stack file again", recorded.region)),
    };
    explanation
        .next("or destroy what exists first; or, to have both, give this one a state of its own with `--state`")
        .into()
}

fn on_network(error: &OnNetwork) -> Failure {
    Explanation::of(error)
        .meaning("there the lock may not keep two runs apart, and SQLite's log does not work: the state could be lost")
        .kept(NOTHING_CHANGED)
        .next("keep it on a disk of this machine: `--state ~/.local/state/landfall/NAME.db`, for example")
        .next("or, where only this machine ever uses it, say so: `--state-on-network`, LANDFALL_STATE_ON_NETWORK=true")
        .into()
}

fn not_locked(error: &LockError) -> Failure {
    let explanation = Explanation::of(error).kept(NOTHING_CHANGED);
    let LockError::Io { source, .. } = error else { return explanation.into() };
    let next = match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "make room on the disk, then run the same command again"
        }
        _ => "the state's directory must be writable: landfall writes down every step before it takes it",
    };
    explanation.next(next).into()
}

impl From<ApplyError> for Failure {
    fn from(error: ApplyError) -> Failure {
        let ApplyError::Journal { unrecorded, source } = &error;
        let explanation = Explanation::new("the run was broken off: the state could not be written");
        let store = source.0.downcast_ref::<StoreError>();
        let fault = match store {
            Some(StoreError::Unusable(fault)) => fault.fault::<StateError>(),
            _ => None,
        };
        let next = match fault {
            _ if matches!(store, Some(StoreError::Fenced { .. })) => {
                "wait until the other command has ended, then run the same command again: it finds what exists"
            }
            Some(StateError::FileReplaced { .. }) => {
                "put it back if it was moved away, then run the same command: it finds what exists, also without a state"
            }
            Some(StateError::Full { .. }) => "make room on the disk, then run the same command: it finds what exists",
            _ => "make the state writable again, then run the same command: it finds what exists",
        };
        let explanation = source.source().map_or(explanation.clone(), |cause| explanation.because(cause));
        let explanation = if unrecorded.is_empty() {
            explanation
        } else {
            explanation.meaning(format!("begun or done, but not recorded: {}", patterns(unrecorded).join(", ")))
        };
        explanation
            .kept("whatever was begun is in the journal, and everything made carries the stack's tag")
            .next(next)
            .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use snapbox::{assert_data_eq, str};

    fn shown(failure: &Failure) -> String {
        anstream::adapter::strip_str(&failure.text()).to_string()
    }

    fn identity(region: &str, account: &str) -> Box<Identity> {
        Box::new(Identity { stack: "acme".to_owned(), region: region.to_owned(), account: account.to_owned() })
    }

    fn of_another(asked: Box<Identity>) -> Failure {
        let recorded = identity("us-east-1", "111122223333");
        StoreError::OfAnotherStack { location: "acme.db".to_owned(), recorded, asked, vacant: false }.into()
    }

    #[test]
    fn a_full_disk_is_no_matter_of_permissions() {
        let full = LockError::Io { path: "acme.db.lock".into(), source: io::ErrorKind::StorageFull.into() };
        assert_data_eq!(
            shown(&StoreError::Unusable(full.into()).into()),
            str![[r#"
error: the lock file acme.db.lock could not be used
  cause    no storage space
  kept     nothing was changed
  next     make room on the disk, then run the same command again

"#]]
        );
    }

    #[test]
    fn a_state_on_a_network_drive() {
        let error = OnNetwork { path: "/home/kim/acme.db".into(), filesystem: "NFS".to_owned() };
        assert_data_eq!(
            shown(&StoreError::Unusable(error.into()).into()),
            str![[r#"
error: the state /home/kim/acme.db would lie on a file system that is shared over a network (NFS)
  meaning  there the lock may not keep two runs apart, and SQLite's log does not work: the state could be lost
  kept     nothing was changed
  next     keep it on a disk of this machine: `--state ~/.local/state/landfall/NAME.db`, for example
           or, where only this machine ever uses it, say so: `--state-on-network`, LANDFALL_STATE_ON_NETWORK=true

"#]]
        );
    }

    #[test]
    fn the_credentials_of_another_account() {
        assert_data_eq!(
            shown(&of_another(identity("us-east-1", "444455556666"))),
            str![[r#"
error: the state acme.db belongs to stack acme in us-east-1, account 111122223333, not to stack acme in us-east-1, account 444455556666
  meaning  the credentials in use are those of another account
  kept     nothing was changed
  next     use credentials of account 111122223333: AWS_PROFILE, AWS_ACCESS_KEY_ID
           or destroy what exists first; or, to have both, give this one a state of its own with `--state`

"#]]
        );
    }

    #[test]
    fn another_region_in_the_stack_file() {
        assert_data_eq!(
            shown(&of_another(identity("eu-west-1", "111122223333"))),
            str![[r#"
error: the state acme.db belongs to stack acme in us-east-1, account 111122223333, not to stack acme in eu-west-1, account 111122223333
  meaning  what this stack made stands in us-east-1; it cannot move to another region
  kept     nothing was changed
  next     say `region = "us-east-1"` in the stack file again
           or destroy what exists first; or, to have both, give this one a state of its own with `--state`

"#]]
        );
    }
}
