//! Resources as reads of the account show them, and the addresses that they claim.

use std::collections::HashMap;

use landfall_engine::address::Address;
use landfall_engine::kind::Kind;
use landfall_engine::resource::{CloudId, Literals};
use landfall_engine::snapshot::{ObservedResource, Readiness, Recorded};
use serde::Serialize;

use crate::shape::properties_of;
use crate::tags::{self, Tags};

/// A resource as a read shows it, with its tags if its kind has any.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) resource: ObservedResource,
    pub(crate) tags: Option<Tags>,
}

impl Seen {
    /// Returns a resource that can be used, of a kind without outputs and without tags.
    pub(crate) fn new(kind: Kind, id: impl Into<CloudId>, shape: &impl Serialize) -> Seen {
        let (id, properties) = (id.into(), properties_of(shape));
        let (outputs, readiness) = (Literals::new(), Readiness::Ready);
        Seen { resource: ObservedResource { kind, id, properties, outputs, readiness }, tags: None }
    }

    /// Returns the same with its tags.
    pub(crate) fn with_tags(self, tags: Tags) -> Seen {
        Seen { tags: Some(tags), ..self }
    }
}

/// Returns the address that a thing's tag names.
pub(crate) fn tagged_address(seen: &Seen) -> Option<Address> {
    Address::new(seen.tags.as_ref()?.get(tags::ADDRESS)?.as_str()).ok()
}

/// Which address each id of the stack has, so that what has no tag can be named after its parents.
pub(crate) struct AddressIndex<'a>(HashMap<&'a CloudId, Address>);

impl<'a> AddressIndex<'a> {
    /// The state's word counts before a tag's: anybody can change a tag.
    pub(crate) fn new(seen: &'a [Seen], recorded: &'a Recorded) -> AddressIndex<'a> {
        let tagged = seen.iter().filter_map(|seen| Some((&seen.resource.id, tagged_address(seen)?)));
        let known = recorded.iter().map(|known| (&known.id, known.address.clone()));
        AddressIndex(tagged.chain(known).collect())
    }

    /// Returns the address of an id.
    pub(crate) fn address_of(&self, id: &str) -> Option<&Address> {
        self.0.get(&CloudId::from(id))
    }

    /// Returns the last segment of an id's address, such as the zone of a subnet.
    pub(crate) fn name_of(&self, id: &str) -> Option<&str> {
        self.address_of(id).and_then(Address::split_last).map(|(_, last)| last)
    }
}
