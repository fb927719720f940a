//! The three snapshots that a plan compares, each with a type of its own.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::kind::Kind;
use crate::place::Place;
use crate::resource::{CloudId, Literal, Literals, Reference, Resource};

/// What should exist.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Declared {
    resources: BTreeMap<Address, Resource>,
}

impl Declared {
    /// Adds a resource.
    ///
    /// # Panics
    /// If the address is taken: a blueprint that names two things alike is wrong.
    pub fn add(&mut self, resource: Resource) {
        let address = resource.address.clone();
        let before = self.resources.insert(address.clone(), resource);
        assert!(before.is_none(), "the blueprint declares {address} twice");
    }

    /// Returns the resources by address.
    pub fn resources(&self) -> &BTreeMap<Address, Resource> {
        &self.resources
    }

    /// Gives the resources away.
    pub fn into_resources(self) -> BTreeMap<Address, Resource> {
        self.resources
    }
}

/// What landfall made, as it was after the last call.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recorded {
    /// The resources by address. Shared, so that a plan holds what it was made from without copying it.
    pub resources: BTreeMap<Address, Arc<RecordedResource>>,
    /// Old ones whose replacement exists already, still to be deleted.
    pub deposed: Vec<Arc<RecordedResource>>,
}

impl Recorded {
    /// Tells whether nothing is recorded at all.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.deposed.is_empty()
    }

    /// Iterates over everything recorded, deposed ones last.
    pub fn iter(&self) -> impl Iterator<Item = &RecordedResource> {
        self.resources.values().chain(&self.deposed).map(Arc::as_ref)
    }
}

/// One resource that landfall made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedResource {
    /// Its name in the stack.
    pub address: Address,
    /// Its kind.
    pub kind: Kind,
    /// Where it is.
    pub place: Place,
    /// Its id in the cloud.
    pub id: CloudId,
    /// Its properties, references resolved.
    pub properties: Literals,
    /// What the cloud gave it: addresses, ARNs.
    pub outputs: Literals,
    /// Resources that must outlive it.
    pub depends_on: Vec<Address>,
}

impl RecordedResource {
    /// Returns what tells it from all others in the cloud.
    pub fn identity(&self) -> ResourceIdentity<'_> {
        ResourceIdentity { place: &self.place, kind: &self.kind, id: &self.id }
    }

    /// Returns an output, the id among them.
    pub fn output(&self, name: &str) -> Option<Literal> {
        output(&self.id, &self.outputs, name)
    }
}

/// What the account holds, by the addresses of the stack.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observed {
    /// One for each address that something in the account has or claims.
    pub resources: BTreeMap<Address, Arc<LocatedResource>>,
    /// More that belongs to the stack but has no place in it: a second bearer of an address, the deposed.
    pub surplus: Vec<Arc<LocatedResource>>,
}

/// What tells a thing in the cloud from all others: the same id may be given once more in another place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceIdentity<'a> {
    place: &'a Place,
    kind: &'a Kind,
    id: &'a CloudId,
}

/// One resource as the account shows it, with the place that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct LocatedResource {
    /// Where it is.
    pub place: Place,
    /// What it is like.
    pub resource: ObservedResource,
}

impl LocatedResource {
    /// Returns what tells it from all others in the cloud.
    pub fn identity(&self) -> ResourceIdentity<'_> {
        ResourceIdentity { place: &self.place, kind: &self.resource.kind, id: &self.resource.id }
    }
}

impl Deref for LocatedResource {
    type Target = ObservedResource;

    fn deref(&self) -> &ObservedResource {
        &self.resource
    }
}

/// One resource as a read of its place shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct ObservedResource {
    /// Its kind.
    pub kind: Kind,
    /// Its id in the cloud.
    pub id: CloudId,
    /// Its properties, in the shape in which they are declared; what a refresh cannot see is absent.
    pub properties: Literals,
    /// What the cloud gave it.
    pub outputs: Literals,
    /// Whether it can be used.
    pub readiness: Readiness,
}

impl ObservedResource {
    /// Returns an output, the id among them.
    pub fn output(&self, name: &str) -> Option<Literal> {
        output(&self.id, &self.outputs, name)
    }
}

/// Whether a resource can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// It can.
    Ready,
    /// Not yet: it is coming up.
    Pending,
    /// Never: it failed to come up, for this reason.
    Failed(String),
}

/// Walks two sorted sequences side by side. What both have at an address comes together, and nothing is looked up: where
/// there are very many, each lookup is a walk through memory that was not used a moment ago.
pub(crate) fn side_by_side<'a, A, B>(
    a: impl Iterator<Item = (&'a Address, A)>,
    b: impl Iterator<Item = (&'a Address, B)>,
) -> impl Iterator<Item = (&'a Address, Option<A>, Option<B>)> {
    let (mut a, mut b) = (a.peekable(), b.peekable());
    std::iter::from_fn(move || {
        let order = match (a.peek(), b.peek()) {
            (Some((x, _)), Some((y, _))) => x.cmp(y),
            (Some(_), None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        let left = a.next_if(|_| order.is_le());
        let right = b.next_if(|_| order.is_ge());
        match (left, right) {
            (Some((address, left)), right) => Some((address, Some(left), right.map(|(_, right)| right))),
            (None, Some((address, right))) => Some((address, None, Some(right))),
            (None, None) => None,
        }
    })
}

fn output(id: &CloudId, outputs: &Literals, name: &str) -> Option<Literal> {
    if name == Reference::ID { Some(Literal::String(id.as_str().to_owned())) } else { outputs.get(name).cloned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn side_by_side_is_as_looked_up(a in prop::collection::btree_set(0..12u8, 0..8), b in prop::collection::btree_set(0..12u8, 0..8)) {
            let map = |all: std::collections::BTreeSet<u8>| -> BTreeMap<Address, u8> {
                all.into_iter().map(|n| (Address::of(["r", &n.to_string()]), n)).collect()
            };
            let (a, b) = (map(a), map(b));
            let walked: Vec<_> = side_by_side(a.iter(), b.iter()).collect();
            let all: std::collections::BTreeSet<&Address> = a.keys().chain(b.keys()).collect();
            let looked_up: Vec<_> = all.into_iter().map(|address| (address, a.get(address), b.get(address))).collect();
            prop_assert_eq!(walked, looked_up);
        }
    }
}
