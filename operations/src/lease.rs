//! Taking the right to write a state.

use landfall_state::{AcquireError, LeaseRequest, Store, acquire_within};

use crate::environment::Environment;
use crate::event::Note;

/// Takes the lease of a state. Waits for another holder as long as the environment says; a plan is made after that, so it
/// is never one of before.
///
/// # Errors
/// If another holds it, or it cannot be had where the state is.
pub(crate) async fn acquire<S: Store>(env: &Environment, store: &S) -> Result<S::Writer, AcquireError> {
    let timeout_seconds = env.lock_timeout.as_secs();
    let waiting = |held: &AcquireError| env.note(Note::WaitingForLock { held_by: held.to_string(), timeout_seconds });
    acquire_within(store, &LeaseRequest::of_this_process(&env.command), env.lock_timeout, waiting).await
}
