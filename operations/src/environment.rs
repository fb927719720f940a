//! What an operation is given besides its own arguments and the store of the state: the world it works in.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use jiff::Timestamp;
use landfall_engine::apply::Interrupt;
use tokio::sync::watch;

use crate::event::{Events, Note};
use crate::simulated_account::SimulatedAccount;

/// Which account an operation is about.
#[derive(Debug, Clone)]
pub enum Account {
    /// The real one that the SDK's configuration leads to.
    Aws,
    /// A simulated one, kept in a file.
    Simulated {
        /// What it is like.
        account: SimulatedAccount,
        /// The file.
        file: PathBuf,
    },
    /// Whatever this HTTP client answers for: the rehearsal's account in memory.
    Through(SharedHttpClient),
}

/// What time it is. The system's, unless a test or a rehearsal says otherwise.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// Returns the system's clock.
    pub fn system() -> Clock {
        Clock(Arc::new(Timestamp::now))
    }

    /// Returns a clock that asks this function.
    pub fn of(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Clock {
        Clock(Arc::new(now))
    }

    /// Returns the time now.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").field(&self.now()).finish()
    }
}

/// Whether somebody wants a run to end, and whether there is one.
///
/// An operation that only looks can be dropped at any moment. One that acts is told, so that what is on its way is seen to
/// its end and recorded.
#[derive(Debug, Clone)]
pub struct Cancellation {
    wish: watch::Receiver<Interrupt>,
    progress: Arc<AtomicU8>,
}

/// The other end of a [`Cancellation`].
#[derive(Debug)]
pub struct Canceller {
    wish: watch::Sender<Interrupt>,
    progress: Arc<AtomicU8>,
}

/// How far an operation is that can be cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunProgress {
    /// Nothing was changed so far: the operation may simply be dropped.
    NotBegun,
    /// A run is at work; it ends by itself when it is told to.
    AtWork,
    /// The run is over and recorded.
    Over,
}

impl Cancellation {
    /// Returns both ends.
    pub fn new() -> (Canceller, Cancellation) {
        let (sender, wish) = watch::channel(Interrupt::None);
        let progress = Arc::<AtomicU8>::default();
        (Canceller { wish: sender, progress: progress.clone() }, Cancellation { wish, progress })
    }

    /// Returns the cancellation of an operation that nobody cancels.
    pub fn never() -> Cancellation {
        Cancellation::new().1
    }

    /// From here on a cancellation asks the run to come to an end.
    pub(crate) fn begin(&self) -> watch::Receiver<Interrupt> {
        self.progress.store(1, Ordering::SeqCst);
        self.wish.clone()
    }

    /// The run is over and recorded.
    pub(crate) fn end(&self) {
        self.progress.store(2, Ordering::SeqCst);
    }
}

impl Canceller {
    /// Says what is wanted.
    pub fn request(&self, interrupt: Interrupt) {
        // Nobody listens any more once the operation is over.
        let _ = self.wish.send(interrupt);
    }

    /// Returns what was requested last.
    pub fn requested(&self) -> Interrupt {
        *self.wish.borrow()
    }

    /// Returns how far the operation is.
    pub fn progress(&self) -> RunProgress {
        match self.progress.load(Ordering::SeqCst) {
            0 => RunProgress::NotBegun,
            1 => RunProgress::AtWork,
            _ => RunProgress::Over,
        }
    }
}

/// The world of an operation. Clones share it.
#[derive(Debug, Clone)]
pub struct Environment {
    /// How long to wait for another operation that holds the state's lease.
    pub lock_timeout: Duration,
    /// Which account is meant.
    pub account: Account,
    /// What time it is.
    pub clock: Clock,
    /// Who is told what happens.
    pub events: Events,
    /// Who may stop it.
    pub cancellation: Cancellation,
    /// What the history and the lease call this operation, such as the whole command line.
    pub command: String,
}

impl Environment {
    pub(crate) fn note(&self, note: Note) {
        self.events.note(self.clock.now(), note);
    }
}
