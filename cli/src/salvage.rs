//! A state that may be lost or damaged, for the commands that can do without one.

use std::path::{Path, PathBuf};

use landfall_state::{Lock, OpenError, State, quarantine};

use crate::context::Context;
use crate::failure::{Explanation, Failure, NOTHING_CHANGED};
use crate::render::escape::visible;
use crate::run::{Held, locked};

/// The lock, and what there is of the state.
pub(crate) struct Salvage {
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

impl Salvage {
    /// Takes the lock and looks at the state. Nothing is made and nothing moved.
    ///
    /// # Errors
    /// If another process holds the lock, or the state's place is shared over a network; or if the state is there and sound as far as anybody can tell, but not to be
    /// used: that of a newer landfall, another program's file, one that may not be opened.
    pub(crate) async fn take(path: &Path, context: &Context) -> Result<Salvage, Failure> {
        // A new state must come to stand where the old one stood, also where that is reached by a link.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let lock = locked(&path, context).await?;
        let condition = if path.exists() { examined(&path)? } else { Condition::Absent };
        Ok(Salvage { lock, path, condition })
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
    pub(crate) fn hold(self, context: &Context) -> Result<Held, Failure> {
        let Salvage { lock, path, condition } = self;
        match condition {
            Condition::Sound(state) => return Ok(Held::of(lock, state)),
            Condition::Absent => {}
            Condition::Damaged { detail } => {
                let aside = quarantine(&lock, &path, context.now).map_err(|error| {
                    Explanation::new(format!("the damaged state {} could not be moved aside", path.display()))
                        .because(&error)
                        .kept(NOTHING_CHANGED)
                        .next("its folder must be writable; or move the file yourself, then run the same command again")
                })?;
                let (path, aside) = (path.display(), aside.display());
                // SQLite lists every page that is wrong, under a title.
                let mut problems = detail.lines().filter(|line| !line.starts_with("***"));
                let detail = visible(problems.next().unwrap_or_default());
                context.printer.alert(format!("the state {path} was damaged ({detail}) and lies in {aside} now\n"));
            }
        }
        let state = State::open(&path)?;
        Ok(Held::of(lock, state))
    }
}

fn examined(path: &Path) -> Result<Condition, Failure> {
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
