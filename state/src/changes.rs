//! What a run did with each resource.

use landfall_engine::address::Address;

/// What a run did with one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunChange {
    /// The resource.
    pub address: Address,
    /// What was to be done, in the words of [`landfall_engine::plan::Action::as_str`].
    pub action: String,
    /// What came of it.
    pub status: ChangeStatus,
    /// Why, if it failed or was skipped.
    pub error: Option<String>,
}

/// What came of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeStatus {
    /// It was done.
    Done,
    /// It failed.
    Failed,
    /// It was not begun, because of another's failure.
    Skipped,
    /// The run was stopped before it was done.
    Unfinished,
}

impl ChangeStatus {
    pub(crate) const ALL: [ChangeStatus; 4] =
        [ChangeStatus::Done, ChangeStatus::Failed, ChangeStatus::Skipped, ChangeStatus::Unfinished];

    /// Returns the word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            ChangeStatus::Done => "done",
            ChangeStatus::Failed => "failed",
            ChangeStatus::Skipped => "skipped",
            ChangeStatus::Unfinished => "unfinished",
        }
    }
}
