//! The plan: what apply will do and why, as data.

mod build;
mod existing;
mod replace;

use std::sync::Arc;

use crate::address::Address;
use crate::diff::FieldChange;
use crate::drift::Drift;
use crate::kind::{Kind, Replacement};
use crate::place::Place;
use crate::resource::{Resolved, Resource};

pub use build::{assume_unchanged, plan, plan_replacing};
pub use existing::{Existing, Standing};
pub use replace::{AskedReplacements, SelectsNothing};

/// What apply will do.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// One entry for each resource, by address; those that stay as they are included.
    pub changes: Vec<Change>,
    /// Where the account differs from the state.
    pub drift: Vec<Drift>,
    /// What keeps an old value until it is replaced, by address.
    pub outdated: Vec<Outdated>,
}

/// A resource that stays, and of which a field that is renewed with the replacement has another value than declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outdated {
    /// The resource.
    pub address: Address,
    /// Its kind.
    pub kind: Kind,
    /// The fields.
    pub fields: Vec<&'static str>,
}

impl Plan {
    /// Tells whether apply would do nothing.
    pub fn is_empty(&self) -> bool {
        self.pending().next().is_none()
    }

    /// Iterates over the changes that need something done.
    pub fn pending(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.action != Action::NoOp)
    }

    /// Counts the changes by action.
    pub fn summary(&self) -> Summary {
        Summary::of(self.changes.iter().map(|change| change.action))
    }
}

impl Summary {
    /// Counts actions.
    pub fn of(actions: impl IntoIterator<Item = Action>) -> Summary {
        let mut summary = Summary::default();
        for action in actions {
            let count = match action {
                Action::Create => &mut summary.create,
                Action::Update => &mut summary.update,
                Action::Replace(_) => &mut summary.replace,
                Action::Delete => &mut summary.delete,
                Action::NoOp => &mut summary.no_op,
                Action::Forget => &mut summary.forget,
                Action::Import => &mut summary.import,
            };
            *count += 1;
        }
        summary
    }
}

/// How many resources of each action.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are the actions, documented there")]
pub struct Summary {
    pub create: usize,
    pub update: usize,
    pub replace: usize,
    pub delete: usize,
    pub no_op: usize,
    pub forget: usize,
    pub import: usize,
}

/// What happens to one resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The resource.
    pub address: Address,
    /// Its kind.
    pub kind: Kind,
    /// What is done.
    pub action: Action,
    /// Why; for people, it steers nothing.
    pub reason: Reason,
    /// What differs.
    pub fields: Vec<FieldChange>,
    /// What exists now, if anything does.
    pub existing: Option<Arc<Existing>>,
    /// What should exist, with its references; `None` if nothing should.
    pub declared: Option<Arc<Resource>>,
    /// The properties that it should have, as far as they are known; empty if nothing should exist.
    pub after: Resolved,
}

/// What is done with a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Made.
    Create,
    /// Changed in place.
    Update,
    /// Made anew, because a field cannot change in place, or because the user asks for it.
    Replace(Replacement),
    /// Deleted.
    Delete,
    /// Nothing.
    NoOp,
    /// Taken out of the state: it is gone already.
    Forget,
    /// Taken into the state as it is (and then changed, if fields differ): it exists, and belongs to the stack.
    Import,
}

impl Action {
    /// Returns the word for it in the JSON contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Create => "create",
            Action::Update => "update",
            Action::Replace(_) => "replace",
            Action::Delete => "delete",
            Action::NoOp => "no_op",
            Action::Forget => "forget",
            Action::Import => "import",
        }
    }
}

/// Why a change is planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It is as declared.
    Unchanged,
    /// It is declared and does not exist yet.
    New,
    /// It was recorded and is gone from the account.
    Vanished,
    /// The declaration says otherwise than what was applied last.
    Changed,
    /// The account says otherwise than what was applied last.
    Drifted,
    /// The user asks for a new one.
    Requested,
    /// It exists and belongs to the stack, but is not recorded under this id.
    Unrecorded,
    /// It is in this place, and is declared for another.
    Elsewhere(Place),
    /// It failed to come up.
    Failed(String),
    /// It is still coming up.
    Pending,
    /// It is not declared any more.
    Undeclared,
    /// Its replacement exists already.
    Deposed,
    /// Somebody else made it in a place where landfall answers for everything.
    Unexpected,
}
