//! Kinds of resources and what the engine must know about each.
//!
//! A provider describes its kinds by [`Schema`]s; the engine decides by them alone, so a new kind needs no change here.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::literal::{Literal, Literals};

/// A kind, `<service>.<resource>` in the cloud's own terms: `ec2.route_table_association`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Kind(Cow<'static, str>);

impl Kind {
    /// Returns the kind of this name.
    pub const fn new(name: &'static str) -> Kind {
        Kind(Cow::Borrowed(name))
    }

    /// Returns the kind as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Kind {
    fn from(name: String) -> Kind {
        Kind(Cow::Owned(name))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the engine knows about a kind.
#[derive(Debug, Clone)]
pub struct Schema {
    /// The kind described.
    pub kind: Kind,
    /// Its declared properties.
    pub fields: &'static [Field],
    /// What others can refer to besides its id: the properties that the cloud gives it.
    pub outputs: &'static [&'static str],
    /// What comes first when a resource of this kind is replaced.
    pub replacement: Replacement,
    /// The container whose deletion deletes a resource of this kind as well, without a call of its own.
    pub dies_with: Option<DiesWith>,
    /// Typical time until a new one can be used; steers what starts first and what the plan expects.
    pub creation_time: Duration,
    /// Typical time from then on until what refers to a new one is not refused any more, where no read shows it: the services
    /// of a cloud learn of each other's resources late.
    pub propagation_delay: Duration,
    /// Typical time until a deleted one is gone.
    pub deletion_time: Duration,
    /// Whether resources of this kind belong to no region: one of a name is the same for all regions of an account.
    pub global: bool,
}

impl Schema {
    /// Returns a schema with the usual settings: of a region, replaced delete-first, deleted by its own call, ready at once.
    pub const fn new(kind: &'static str, fields: &'static [Field]) -> Schema {
        Schema {
            kind: Kind::new(kind),
            fields,
            outputs: &[],
            replacement: Replacement::DeleteFirst,
            dies_with: None,
            creation_time: Duration::from_millis(500),
            propagation_delay: Duration::ZERO,
            deletion_time: Duration::from_millis(500),
            global: false,
        }
    }

    /// Resources of this kind belong to no region.
    pub const fn global(mut self) -> Schema {
        self.global = true;
        self
    }

    /// Names the outputs.
    pub const fn with_outputs(mut self, outputs: &'static [&'static str]) -> Schema {
        self.outputs = outputs;
        self
    }

    /// Adds to what is to be recorded the nulls of fields that are not set and that no refresh sees.
    pub(crate) fn note_unset(&self, properties: &mut Literals) {
        for field in self.fields.iter().filter(|field| field.unreadable) {
            if !properties.contains_key(field.name) {
                properties.insert(field.name.to_owned(), Literal::Null);
            }
        }
    }

    /// Returns the field of this name.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// One property of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name among the properties.
    pub name: &'static str,
    /// Whether a change needs a new resource.
    pub immutable: bool,
    /// Whether a refresh cannot see it, so that only the recorded value can be compared (a boot script, a disk size).
    ///
    /// A record says null of one that is not set. One that it does not name at all is not known: the resource was made
    /// when its kind had no such field. It is then set, if it can be in place, and else taken to be as declared.
    pub unreadable: bool,
    /// Whether the creating call cannot set it, so that an update must follow at once.
    pub set_after_creation: bool,
    /// Whether it is a list whose order means nothing (the groups of an instance).
    pub unordered: bool,
    /// A value that is met by every other, for a wish that leaves the choice to the cloud.
    pub met_by_any: Option<&'static str>,
    /// Whether its value must be kept out of everything but the call: what is recorded, compared and shown is a digest
    /// ([`Secret`](crate::sensitive::Secret)).
    pub sensitive: bool,
    /// Whether a new value alone changes nothing: it goes in when the resource is replaced for another reason, or
    /// because the user asks for it.
    pub renewed_with_replacement: bool,
    /// The fields that the value is made from. What must not wait for a replacement stands in these: a field that is
    /// renewed with the replacement is compared in full where the record lacks one of them.
    pub made_from: &'static [&'static str],
}

impl Field {
    /// Returns a field that is set at creation, changes in place and is seen by a refresh.
    pub const fn new(name: &'static str) -> Field {
        Field {
            name,
            immutable: false,
            unreadable: false,
            set_after_creation: false,
            unordered: false,
            met_by_any: None,
            sensitive: false,
            renewed_with_replacement: false,
            made_from: &[],
        }
    }

    /// A change of this field needs a new resource.
    pub const fn immutable(mut self) -> Field {
        self.immutable = true;
        self
    }

    /// A refresh cannot see this field.
    pub const fn unreadable(mut self) -> Field {
        self.unreadable = true;
        self
    }

    /// The field is a list whose order means nothing.
    pub const fn unordered(mut self) -> Field {
        self.unordered = true;
        self
    }

    /// This value of the field is met by every other.
    pub const fn met_by_any(mut self, value: &'static str) -> Field {
        self.met_by_any = Some(value);
        self
    }

    /// The field's value is a secret. No refresh reads it: to compare it, the digest in the record is enough, and each
    /// copy of a secret is one too many.
    pub const fn sensitive(mut self) -> Field {
        self.sensitive = true;
        self.unreadable = true;
        self
    }

    /// A new value of this field waits for the next replacement of the resource.
    pub const fn renewed_with_replacement(mut self) -> Field {
        self.renewed_with_replacement = true;
        self
    }

    /// The field's value is made from the values of these fields, and from nothing else that a stack can say.
    pub const fn made_from(mut self, fields: &'static [&'static str]) -> Field {
        self.made_from = fields;
        self
    }

    /// The creating call cannot set this field.
    pub const fn set_after_creation(mut self) -> Field {
        self.set_after_creation = true;
        self
    }
}

/// What comes first when a resource is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replacement {
    /// The old one goes first: both cannot exist at once (same name, same block, same place in the parent).
    DeleteFirst,
    /// The new one comes first, so that a failure leaves the old one working.
    CreateFirst,
}

/// A kind that vanishes with its container, such as an association with its subnet.
#[derive(Debug, Clone, Copy)]
pub struct DiesWith {
    /// The property that holds the container's id.
    pub container: &'static str,
    /// Properties that, when they name a third resource, make a deleting call necessary all the same: that resource
    /// could not be deleted while this one refers to it.
    pub unless_refers: &'static [&'static str],
}

/// All schemas of a provider.
#[derive(Debug, Clone, Default)]
pub struct Schemas(BTreeMap<Kind, Schema>);

impl Schemas {
    /// Returns the schema of a kind, or `None` for a kind that this provider does not know.
    pub fn get(&self, kind: &Kind) -> Option<&Schema> {
        self.0.get(kind)
    }

    /// Iterates over the schemas by kind.
    pub fn iter(&self) -> impl Iterator<Item = &Schema> {
        self.0.values()
    }
}

impl FromIterator<Schema> for Schemas {
    fn from_iter<I: IntoIterator<Item = Schema>>(schemas: I) -> Self {
        Schemas(schemas.into_iter().map(|schema| (schema.kind.clone(), schema)).collect())
    }
}
