//! The three snapshots that a plan compares, each with a type of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::kind::Kind;
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
    /// Returns an output, the id among them.
    pub fn output(&self, name: &str) -> Option<Literal> {
        output(&self.id, &self.outputs, name)
    }
}

/// What the account holds, by the addresses of the stack.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observed {
    /// One for each address that something in the account has or claims.
    pub resources: BTreeMap<Address, Arc<ObservedResource>>,
    /// More that belongs to the stack but has no place in it: a second bearer of an address, the deposed.
    pub surplus: Vec<Arc<ObservedResource>>,
}

/// One resource as the account shows it.
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

fn output(id: &CloudId, outputs: &Literals, name: &str) -> Option<Literal> {
    if name == Reference::ID { Some(Literal::String(id.as_str().to_owned())) } else { outputs.get(name).cloned() }
}
