//! How a store fails.

use std::error::Error;
use std::fmt;

use tokio::task::JoinError;

use crate::identity::Identity;
use crate::lease::Holder;

/// What went wrong with one sort of store, told in its own words.
pub trait StoreFault: Error + Send + Sync + 'static {
    /// Returns what to do next, for people.
    fn advice(&self) -> &'static str;
}

/// What went wrong with a store, whatever its sort.
#[derive(Debug)]
pub struct UnusableStore(Box<dyn StoreFault>);

impl UnusableStore {
    /// Returns what to do next, for people.
    pub fn advice(&self) -> &'static str {
        self.0.advice()
    }

    /// Returns what a certain sort of store says of itself, if it is this.
    pub fn fault<F: StoreFault>(&self) -> Option<&F> {
        (&*self.0 as &dyn Error).downcast_ref()
    }
}

impl fmt::Display for UnusableStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for UnusableStore {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

impl<F: StoreFault> From<F> for UnusableStore {
    fn from(fault: F) -> UnusableStore {
        UnusableStore(Box::new(fault))
    }
}

/// A state could not be read or written. A write that fails has changed nothing.
///
/// What a caller acts upon has a variant of its own; everything else is for people.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It holds what landfall never wrote.
    #[error("the state {location} is damaged: {detail}")]
    Damaged {
        /// The state.
        location: String,
        /// What is wrong, and where.
        detail: String,
    },
    /// It is the state of another stack, or of this one in another region or account.
    #[error("the state {location} belongs to {recorded}, not to {asked}")]
    OfAnotherStack {
        /// The state.
        location: String,
        /// Whose it is.
        recorded: Box<Identity>,
        /// Who wanted it.
        asked: Box<Identity>,
        /// Whether nothing is recorded in it: then [`StoreWriter::rebind`](crate::StoreWriter::rebind) may give it to
        /// who wanted it.
        vacant: bool,
    },
    /// Somebody else holds the lease now. Nothing was written, and nothing will be by this holder.
    #[error("the lease of the state {location} was lost to {}", named(.holder.as_deref()))]
    Fenced {
        /// The state.
        location: String,
        /// Who holds it; `None` if nobody does any more, or nobody can tell.
        holder: Option<Box<Holder>>,
    },
    /// Anything else.
    #[error(transparent)]
    Unusable(UnusableStore),
}

impl StoreError {
    /// Returns what to do next, for people.
    pub fn advice(&self) -> &'static str {
        match self {
            StoreError::Damaged { .. } => {
                "the state was not touched: `landfall recover` moves it aside and rebuilds it from the account"
            }
            StoreError::OfAnotherStack { vacant: true, .. } => "nothing is recorded in it: it can be taken over",
            StoreError::OfAnotherStack { .. } => {
                "give each stack, region and account a state of its own with `--state`, or destroy the other one first"
            }
            StoreError::Fenced { .. } => {
                "wait until the other command has ended, then run the same command again: it finds what exists"
            }
            StoreError::Unusable(fault) => fault.advice(),
        }
    }
}

/// The lease was not given.
#[derive(Debug, thiserror::Error)]
pub enum AcquireError {
    /// Somebody else holds it.
    #[error("the state {location} is locked by {}", named(.holder.as_deref()))]
    Held {
        /// Who; `None` if nobody can tell yet.
        holder: Option<Box<Holder>>,
        /// The state.
        location: String,
    },
    /// Anything else.
    #[error(transparent)]
    Unusable(UnusableStore),
}

impl AcquireError {
    /// Returns what to do next, for people.
    pub fn advice(&self) -> &'static str {
        match self {
            AcquireError::Held { .. } => "wait until the other command has ended, then try again",
            AcquireError::Unusable(fault) => fault.advice(),
        }
    }
}

/// Work that was begun on another thread did not end.
#[derive(Debug, thiserror::Error)]
#[error("landfall broke off while it was at work on the state")]
struct Lost(#[source] JoinError);

impl StoreFault for Lost {
    fn advice(&self) -> &'static str {
        "this is a mistake in landfall; run the same command again: it finds what exists"
    }
}

impl StoreError {
    pub(crate) fn lost(error: JoinError) -> StoreError {
        StoreError::Unusable(Lost(error).into())
    }
}

impl AcquireError {
    pub(crate) fn lost(error: JoinError) -> AcquireError {
        AcquireError::Unusable(Lost(error).into())
    }
}

pub(crate) fn named(holder: Option<&Holder>) -> String {
    holder.map_or_else(|| "another process".to_owned(), Holder::to_string)
}
