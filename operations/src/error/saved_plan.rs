//! Why a saved plan cannot be used.

use std::io;
use std::path::PathBuf;

use landfall_engine::fingerprint::Moved;

/// The version of the file's format.
pub(crate) const FORMAT_VERSION: u64 = 2;
/// What compiled the stack: another version may compile it to something else.
pub(crate) const LANDFALL_VERSION: &str = env!("CARGO_PKG_VERSION");

/// What is not as it was when the plan was made.
#[derive(Debug, Default)]
pub struct Differences {
    /// Resources.
    pub moved: Vec<Moved>,
    /// Whether another run has found out other facts than those that the plan rests on.
    pub has_other_facts: bool,
}

/// What a saved plan is for, and what it was to be used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherPlace {
    /// What it was made for.
    pub planned: String,
    /// What it was to be used for.
    pub here: String,
    /// In what they differ.
    pub differs: Differs,
}

/// In what a saved plan and its use differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Differs {
    /// The stack, or its region as the stack file says.
    Stack,
    /// The account, or the region that the connection leads to.
    Account,
}

/// A saved plan cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SavedPlanError {
    /// The file cannot be read.
    #[error("the saved plan {} cannot be read", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It holds something else.
    #[error("{} is no saved plan of landfall", .path.display())]
    NotAPlan {
        /// The file.
        path: PathBuf,
    },
    /// It was cut off or changed.
    #[error("the saved plan {} is damaged: {reason}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A landfall of another format wrote it.
    #[error("the saved plan {} has format version {found}; this landfall knows version {FORMAT_VERSION}", .path.display())]
    OtherFormat {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
    },
    /// Another landfall wrote it.
    #[error("the saved plan {} was made by landfall {found}, and this is {LANDFALL_VERSION}", .path.display())]
    OtherLandfall {
        /// The file.
        path: PathBuf,
        /// The version that wrote it.
        found: String,
    },
    /// What it read is not as it was.
    #[error("the saved plan does not fit any more")]
    Moved {
        /// What moved.
        differences: Differences,
        /// The number of a run that came between.
        since: Option<String>,
    },
    /// It is another stack's, or one in another account or region.
    #[error("the saved plan is for {}, and this is {}", .0.planned, .0.here)]
    OtherPlace(Box<OtherPlace>),
    /// The state that it was made from is not there, or another one is.
    #[error("the state {location} is not the one that the plan was made from")]
    OtherState {
        /// Where it should be.
        location: String,
        /// Whether there is one.
        exists: bool,
    },
    /// It comes to another plan than the one that was shown, though nothing moved: the file was changed.
    #[error("the saved plan {} comes to another plan than the one that was shown", .path.display())]
    OtherPlan {
        /// The file.
        path: PathBuf,
    },
    /// It could not be written.
    #[error("the plan could not be saved to {}", .path.display())]
    NotWritten {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl Differences {
    /// Tells whether all is as it was.
    pub fn is_empty(&self) -> bool {
        self.moved.is_empty() && !self.has_other_facts
    }
}
