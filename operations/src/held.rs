//! The state, open for writing, and the right to write it.

use std::path::Path;
use std::time::{Duration, Instant};

use landfall_state::{Lock, LockError, State, check_place};

use crate::Error;
use crate::environment::Environment;
use crate::event::Note;

/// The state, open for writing, and the right to write it.
#[derive(Debug)]
pub struct Held {
    pub(crate) lock: Lock,
    /// The state.
    pub state: State,
}

impl Held {
    /// Takes the lock, then opens the state. Waits for the lock as long as [`crate::environment::Locking`] says.
    ///
    /// # Errors
    /// If another process holds the lock, the state cannot be opened, or its place is shared over a network.
    pub async fn take(path: &Path, env: &Environment) -> Result<Held, Error> {
        let lock = locked(path, env).await?;
        Ok(Held { lock, state: State::open(path)? })
    }
}

/// How often a lock is asked for that somebody else holds.
const LOCK_PAUSE: Duration = Duration::from_millis(250);

/// Takes the lock of a state, where locks can be relied on. Asks again until it is free or the time is up; a plan is made
/// after that, so it is never one of before.
pub(crate) async fn locked(path: &Path, env: &Environment) -> Result<Lock, Error> {
    if !env.locking.on_network {
        check_place(path)?;
    }
    let asked_at = Instant::now();
    let mut told = false;
    loop {
        match Lock::acquire(path, &env.command) {
            Err(held @ LockError::Held { .. }) if asked_at.elapsed() < env.locking.timeout => {
                if !std::mem::replace(&mut told, true) {
                    let timeout_seconds = env.locking.timeout.as_secs();
                    env.note(Note::WaitingForLock { held_by: held.to_string(), timeout_seconds });
                }
                tokio::time::sleep(LOCK_PAUSE).await;
            }
            lock => return Ok(lock?),
        }
    }
}
