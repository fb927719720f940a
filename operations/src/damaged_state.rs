//! A state that may be lost or damaged, for the operations that can do without one.

use landfall_state::{Store, StoreError, StoreWriter};

use crate::Error;
use crate::environment::Environment;
use crate::event::Note;
use crate::lease::acquire;
use crate::session::Session;

/// The lease of a state, and what there is of it.
pub(crate) struct FoundState<W> {
    writer: W,
    location: String,
    condition: Condition,
}

enum Condition {
    /// All of it can be read.
    Sound,
    /// There is none.
    Absent,
    /// It holds what landfall never wrote.
    Damaged {
        /// What is wrong, and where.
        detail: String,
    },
}

impl<W: StoreWriter> FoundState<W> {
    /// Takes the lease and looks at the state. Nothing is made and nothing moved.
    ///
    /// # Errors
    /// If another holds the lease; or if the state is there and sound as far as anybody can tell, but not to be used: that
    /// of a newer landfall, another program's file, one that may not be opened.
    pub(crate) async fn take<S: Store<Writer = W>>(env: &Environment, store: &S) -> Result<FoundState<W>, Error> {
        let writer = acquire(env, store).await?;
        let condition = match writer.read().await {
            Ok(Some(_)) => Condition::Sound,
            Ok(None) => Condition::Absent,
            Err(StoreError::Damaged { detail, .. }) => Condition::Damaged { detail },
            Err(other) => return Err(other.into()),
        };
        Ok(FoundState { writer, location: store.location(), condition })
    }

    /// Tells whether there is a state that can be read.
    pub(crate) fn is_sound(&self) -> bool {
        matches!(self.condition, Condition::Sound)
    }

    /// Returns the session with what can be read of the state, which must be this stack's.
    ///
    /// # Errors
    /// If it is another's.
    pub(crate) async fn claimed_by(&self, session: Session) -> Result<Session, Error> {
        match &self.condition {
            Condition::Sound => session.with_writer(&self.writer).await,
            Condition::Absent | Condition::Damaged { .. } => Ok(session.with_snapshot(None)),
        }
    }

    /// Returns the right to write the state, which is this stack's then. A damaged one is moved aside, and a new one takes
    /// its place.
    ///
    /// # Errors
    /// If the place of the state refuses.
    pub(crate) async fn into_writer(self, session: &Session) -> Result<W, Error> {
        let FoundState { writer, location, condition } = self;
        if let Condition::Damaged { detail } = condition {
            let moved_to = writer.set_damaged_aside().await?;
            // SQLite lists every page that is wrong, under a title.
            let mut problems = detail.lines().filter(|line| !line.starts_with("***"));
            let detail = problems.next().unwrap_or_default().to_owned();
            session.env.note(Note::StateQuarantined { path: location, moved_to, detail });
        }
        session.claim(&writer).await?;
        Ok(writer)
    }
}
