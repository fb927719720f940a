//! A state that may be lost or damaged, for the operations that can do without one.

use std::io;
use std::path::{Path, PathBuf};

use landfall_state::{Lock, OpenError, State, quarantine};

use crate::Error;
use crate::environment::Environment;
use crate::event::Note;
use crate::held::{Held, locked};

/// The lock, and what there is of the state.
pub(crate) struct StateOnDisk {
    lock: Lock,
    path: PathBuf,
    condition: Condition,
}

enum Condition {
    /// All of it can be read.
    Sound(State),
    /// There is none.
    Absent,
    /// It holds what landfall never wrote.
    Damaged {
        /// What is wrong, and where.
        detail: String,
    },
}

/// A damaged state could not be moved out of the way. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[error("the damaged state {} could not be moved aside", .path.display())]
pub struct NotQuarantined {
    /// The state.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub source: io::Error,
}

impl StateOnDisk {
    /// Takes the lock and looks at the state. Nothing is made and nothing moved.
    ///
    /// # Errors
    /// If another process holds the lock, or the state's place is shared over a network; or if the state is there and
    /// sound as far as anybody can tell, but not to be used: that of a newer landfall, another program's file, one that
    /// may not be opened.
    pub(crate) async fn take(path: &Path, env: &Environment) -> Result<StateOnDisk, Error> {
        // A new state must come to stand where the old one stood, also where that is reached by a link.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let lock = locked(&path, env).await?;
        let condition = if path.exists() { examined(&path)? } else { Condition::Absent };
        Ok(StateOnDisk { lock, path, condition })
    }

    /// Returns the state, if there is one that can be read.
    pub(crate) fn state(&self) -> Option<&State> {
        match &self.condition {
            Condition::Sound(state) => Some(state),
            Condition::Absent | Condition::Damaged { .. } => None,
        }
    }

    /// Opens the state for writing. A damaged one is moved aside, and a new one takes its place.
    ///
    /// # Errors
    /// If the file system refuses.
    pub(crate) fn hold(self, env: &Environment) -> Result<Held, Error> {
        let StateOnDisk { lock, path, condition } = self;
        match condition {
            Condition::Sound(state) => return Ok(Held { lock, state }),
            Condition::Absent => {}
            Condition::Damaged { detail } => {
                let moved_to = quarantine(&lock, &path, env.clock.now())
                    .map_err(|source| NotQuarantined { path: path.clone(), source })?;
                // SQLite lists every page that is wrong, under a title.
                let mut problems = detail.lines().filter(|line| !line.starts_with("***"));
                let detail = problems.next().unwrap_or_default().to_owned();
                let (path, moved_to) = (path.display().to_string(), moved_to.display().to_string());
                env.note(Note::StateQuarantined { path, moved_to, detail });
            }
        }
        let state = State::open(&path)?;
        Ok(Held { lock, state })
    }
}

fn examined(path: &Path) -> Result<Condition, Error> {
    let opened = State::open(path).and_then(|state| {
        state.read_through()?;
        Ok(state)
    });
    match opened {
        Ok(state) => Ok(Condition::Sound(state)),
        Err(OpenError::Damaged { detail, .. }) => Ok(Condition::Damaged { detail }),
        Err(other) => Err(other.into()),
    }
}
