//! Before the first deletion: looks for what others put in its way.

use landfall_aws::blockers::{Blocker, blockers, detach};

use crate::error::Error;
use crate::event::Note;
use crate::session::{Planned, Session};

pub use crate::error::{Blocked, ForeignPolicy};

/// Looks for what keeps the things from going that the plan deletes, and returns what is to be loosened.
///
/// # Errors
/// If something is in the way that may not be loosened, or the account cannot be read. Nothing was changed.
pub(crate) async fn look(session: &Session, planned: &Planned, policy: ForeignPolicy) -> Result<Vec<Blocker>, Error> {
    let around = blockers(&session.provider, &planned.plan).await?;
    if !around.not_allowed.is_empty() {
        let operations = around.not_allowed.iter().map(|failure| failure.operation.clone()).collect();
        session.env.note(Note::NotLookedFor { operations });
    }
    let may_go_on = policy == ForeignPolicy::Loosen && around.found.iter().all(|blocker| blocker.loosening.is_some());
    if !around.found.is_empty() && !may_go_on {
        return Err(Blocked { stack: session.file.name().to_owned(), found: around.found, policy }.into());
    }
    for Blocker { kind, id, detail, .. } in &around.found {
        session.env.note(Note::Loosened { kind: (*kind).to_owned(), id: id.clone(), detail: detail.clone() });
    }
    Ok(around.found)
}

/// Loosens what was found.
///
/// # Errors
/// If AWS refuses it. What was loosened before stays so; nothing was deleted.
pub(crate) async fn loosen(session: &Session, found: &[Blocker]) -> Result<(), Error> {
    for blocker in found {
        let Some(loosening) = &blocker.loosening else { continue };
        detach(&session.provider, loosening)
            .await
            .map_err(|failure| Error::NotLoosened { blocker: Box::new(blocker.clone()), failure: Box::new(failure) })?;
    }
    Ok(())
}
