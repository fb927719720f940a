//! What a plan deletes, by kind and id.

use std::collections::BTreeMap;

use landfall_engine::address::Address;
use landfall_engine::plan::{Action, Plan};

/// What goes: deleted, or replaced by another.
#[derive(Debug, Default)]
pub(super) struct Deletions(BTreeMap<String, BTreeMap<String, Address>>);

impl Deletions {
    /// Reads a plan.
    pub(super) fn of(plan: &Plan) -> Deletions {
        let mut deletions = Deletions::default();
        for change in &plan.changes {
            if let (Action::Delete | Action::Replace(_), Some(existing)) = (change.action, &change.existing) {
                deletions.add(change.kind.as_str(), existing.id.as_str(), &change.address);
            }
        }
        deletions
    }

    /// Adds one.
    pub(super) fn add(&mut self, kind: &str, id: &str, address: &Address) {
        self.0.entry(kind.to_owned()).or_default().insert(id.to_owned(), address.clone());
    }

    /// Returns the ids of a kind.
    pub(super) fn ids(&self, kind: &str) -> impl Iterator<Item = &str> {
        self.0.get(kind).into_iter().flatten().map(|(id, _)| id.as_str())
    }

    /// Tells whether this one goes.
    pub(super) fn has(&self, kind: &str, id: &str) -> bool {
        self.0.get(kind).is_some_and(|of_kind| of_kind.contains_key(id))
    }

    /// Returns what people call one that goes: its address and its id.
    pub(super) fn named(&self, kind: &str, id: &str) -> Option<String> {
        let address = self.0.get(kind)?.get(id)?;
        Some(format!("{address} ({id})"))
    }
}
