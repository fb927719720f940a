//! What exists at the moment of a plan: one view of what was observed and what was recorded, without a copy of either.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::address::Address;
use crate::kind::{Field, Schemas};
use crate::place::Place;
use crate::resource::{CloudId, Literal, Literals, Reference};
use crate::snapshot::{LocatedResource, Readiness, RecordedResource};

/// What exists now.
#[derive(Debug, Clone, PartialEq)]
pub struct Existing {
    /// Its id.
    pub id: CloudId,
    /// Where it is.
    pub place: Place,
    /// Whether the state has it, and where.
    pub standing: Standing,
    /// Its record, if there is one of this id.
    known: Option<Arc<RecordedResource>>,
    /// What the account shows; nothing of what is gone and only recorded.
    seen: Option<Arc<LocatedResource>>,
    /// The fields of its kind; none of a kind that is not known.
    fields: &'static [Field],
}

/// Where the state has a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// At its address.
    Recorded,
    /// Among the deposed.
    Deposed,
    /// Nowhere.
    Unrecorded,
}

impl Existing {
    /// Returns what the account shows; `known` is the record at its address, which may be of something else.
    pub fn seen(known: Option<&Arc<RecordedResource>>, seen: &Arc<LocatedResource>, schemas: &Schemas) -> Existing {
        let known = known.filter(|known| known.identity() == seen.identity()).cloned();
        Existing {
            id: seen.id.clone(),
            place: seen.place.clone(),
            standing: if known.is_some() { Standing::Recorded } else { Standing::Unrecorded },
            known,
            fields: schemas.get(&seen.kind).map_or(&[], |schema| schema.fields),
            seen: Some(seen.clone()),
        }
    }

    /// Returns what is recorded and gone from the account.
    pub fn gone(known: &Arc<RecordedResource>, standing: Standing) -> Existing {
        let (id, place) = (known.id.clone(), known.place.clone());
        Existing { id, place, standing, known: Some(known.clone()), seen: None, fields: &[] }
    }

    /// Returns a property: as observed, or, if a refresh cannot see it, as recorded.
    pub fn property(&self, name: &str) -> Option<&Literal> {
        let seen = self.seen.as_ref().and_then(|seen| seen.properties.get(name));
        seen.or_else(|| self.known.as_ref()?.properties.get(name).filter(|_| self.counts_as_recorded(name)))
    }

    /// What a refresh sees and does not show is not there any more, whatever was recorded.
    fn counts_as_recorded(&self, name: &str) -> bool {
        let field = self.fields.iter().find(|field| field.name == name);
        self.seen.is_none() || field.is_none_or(|field| field.unreadable)
    }

    /// Returns its properties by name: observed, with what a refresh cannot see as recorded.
    pub fn properties(&self) -> BTreeMap<&str, &Literal> {
        let known = self.known.iter().flat_map(|known| &known.properties);
        let known = known.filter(|(name, _)| self.counts_as_recorded(name));
        let seen = self.seen.iter().flat_map(|seen| &seen.properties);
        known.chain(seen).map(|(name, value)| (name.as_str(), value)).collect()
    }

    /// Returns the fields that neither a refresh sees nor the record has: they are taken to be as declared.
    pub(crate) fn unknown_fields(&self) -> impl Iterator<Item = &'static Field> {
        let is_recorded = |name| self.known.as_ref().is_some_and(|known| known.properties.contains_key(name));
        self.fields.iter().filter(move |field| field.unreadable && !is_recorded(field.name))
    }

    /// Returns its properties, to be kept.
    pub fn owned_properties(&self) -> Literals {
        owned(self.properties())
    }

    /// Returns its outputs by name: what was recorded, renewed by what was observed.
    pub fn outputs(&self) -> BTreeMap<&str, &Literal> {
        let known = self.known.iter().flat_map(|known| &known.outputs);
        let seen = self.seen.iter().flat_map(|seen| &seen.outputs);
        known.chain(seen).map(|(name, value)| (name.as_str(), value)).collect()
    }

    /// Returns its outputs, to be kept.
    pub fn owned_outputs(&self) -> Literals {
        owned(self.outputs())
    }

    /// Returns an output, the id among them.
    pub fn output(&self, name: &str) -> Option<Literal> {
        if name == Reference::ID {
            return Some(Literal::String(self.id.as_str().to_owned()));
        }
        let seen = self.seen.as_ref().and_then(|seen| seen.outputs.get(name));
        seen.or_else(|| self.known.as_ref()?.outputs.get(name)).cloned()
    }

    /// Returns what must outlive it, as recorded; nothing if it is not.
    pub fn depends_on(&self) -> &[Address] {
        self.known.as_ref().map_or(&[], |known| &known.depends_on)
    }

    /// Tells whether it can be used; if not, it is still coming up.
    pub fn is_ready(&self) -> bool {
        self.seen.as_ref().is_none_or(|seen| seen.readiness == Readiness::Ready)
    }
}

fn owned(literals: BTreeMap<&str, &Literal>) -> Literals {
    literals.into_iter().map(|(name, value)| (name.to_owned(), value.clone())).collect()
}
