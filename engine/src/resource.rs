//! Declared resources: what should exist, with references to what does not exist yet.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::kind::Kind;
use crate::place::Place;
use crate::sensitive::Secret;

pub use crate::literal::{Literal, Literals};

/// The id that the cloud gave to a resource (`vpc-0abc…`), or one made of its parents' where the cloud gives none
/// (`rtb-0abc…/0.0.0.0/0` for a route).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CloudId(String);

impl CloudId {
    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for CloudId {
    fn from(text: T) -> CloudId {
        CloudId(text.into())
    }
}

impl fmt::Display for CloudId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for CloudId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One thing that one creating call makes.
///
/// All but its name is shared by copies of it: thousands of equal machines differ by their addresses alone
/// ([`Resource::at`]).
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// Its name in the stack.
    pub address: Address,
    /// Its kind.
    pub kind: Kind,
    /// Where it should be.
    pub place: Place,
    /// What it should be like.
    pub properties: Arc<BTreeMap<String, Value>>,
    /// Resources that must exist as long as this one does, besides those that its properties refer to.
    pub depends_on: Arc<BTreeSet<Address>>,
    /// Resources that must be ready before this one is made, but may go before it (the route that a booting machine
    /// needs): the teardown of slow things can then overlap.
    pub starts_after: Arc<BTreeSet<Address>>,
}

impl Resource {
    /// Returns a resource without properties.
    pub fn new(address: Address, kind: Kind, place: &Place) -> Resource {
        Resource {
            address,
            kind,
            place: place.clone(),
            properties: Arc::default(),
            depends_on: Arc::default(),
            starts_after: Arc::default(),
        }
    }

    /// Returns the same at another address.
    pub fn at(&self, address: Address) -> Resource {
        Resource { address, ..self.clone() }
    }

    /// Sets a property.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Resource {
        Arc::make_mut(&mut self.properties).insert(name.to_owned(), value.into());
        self
    }

    /// Adds a dependency that holds for the resource's whole life.
    pub fn depending_on(mut self, address: Address) -> Resource {
        Arc::make_mut(&mut self.depends_on).insert(address);
        self
    }

    /// Adds a dependency of the creation alone.
    pub fn starting_after(mut self, address: Address) -> Resource {
        Arc::make_mut(&mut self.starts_after).insert(address);
        self
    }

    /// Returns the resources that must outlive this one: those it refers to and those it depends on.
    ///
    /// What stands in a [`Value::Text`] is a copy: a machine whose boot script names another's address does not hold on
    /// to that other one, so the two can go at the same time.
    pub fn lasting_dependencies(&self) -> BTreeSet<Address> {
        let mut all = BTreeSet::clone(&self.depends_on);
        for value in self.properties.values().filter(|value| !matches!(value, Value::Text(_))) {
            value.each_reference(&mut |reference| {
                all.insert(reference.to.clone());
            });
        }
        all.remove(&self.address);
        all
    }

    /// Calls `visit` with everything that must be ready before this one is made; with some of it more than once.
    pub fn each_creation_dependency<'a>(&'a self, visit: &mut impl FnMut(&'a Address)) {
        let mut visit = |needed: &'a Address| {
            if *needed != self.address {
                visit(needed);
            }
        };
        self.depends_on.iter().chain(&*self.starts_after).for_each(&mut visit);
        self.properties.values().for_each(|value| value.each_reference(&mut |reference| visit(&reference.to)));
    }
}

/// The properties of a declared resource as far as they are known. What is declared as a literal is not copied; only what
/// references come to is kept beside it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Resolved {
    declared: Option<Arc<Resource>>,
    /// What the properties that are not literals come to, in their order; `None` where a reference is to something not
    /// made yet.
    referring: Vec<Option<Literal>>,
}

impl Resolved {
    /// Resolves the references of a resource.
    pub fn new(declared: Arc<Resource>, look_up: &impl Fn(&Reference) -> Option<Literal>) -> Resolved {
        let referring = declared.properties.values().filter(|value| !matches!(value, Value::Literal(_)));
        let referring = referring.map(|value| value.resolve(look_up)).collect();
        Resolved { declared: Some(declared), referring }
    }

    /// Returns the properties by name; `None` for a value that is not known yet.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&Literal>)> {
        let mut referring = self.referring.iter();
        let properties = self.declared.iter().flat_map(|declared| &*declared.properties);
        properties.map(move |(name, value)| match value {
            Value::Literal(literal) => (name.as_str(), Some(literal)),
            _ => (name.as_str(), referring.next().and_then(Option::as_ref)),
        })
    }

    /// Returns a property: `None` if there is none, `Some(None)` if its value is not known yet.
    pub fn get(&self, name: &str) -> Option<Option<&Literal>> {
        match self.declared.as_ref()?.properties.get(name)? {
            Value::Literal(literal) => Some(Some(literal)),
            _ => self.iter().find(|(other, _)| *other == name).map(|(_, value)| value),
        }
    }
}

/// A declared value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Known now.
    Literal(Literal),
    /// An output of another resource.
    Reference(Reference),
    /// Text around references, such as a boot script with the scheduler's address in it.
    Text(Vec<TextPart>),
    /// A list with references or secrets somewhere in it.
    List(Vec<Value>),
    /// A secret: it reaches the call, and wherever else a value is asked for its digest is given.
    Sensitive(Secret),
}

/// A part of a [`Value::Text`].
#[derive(Debug, Clone, PartialEq)]
pub enum TextPart {
    /// As it stands.
    Verbatim(String),
    /// The text of another resource's output.
    Reference(Reference),
}

/// An output of a resource, by address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The resource.
    pub to: Address,
    /// Which of its outputs; [`Reference::ID`] is its id.
    pub output: &'static str,
}

impl Reference {
    /// The output that every resource has: its id.
    pub const ID: &'static str = "id";

    /// Refers to the id of a resource.
    pub fn id(to: &Address) -> Reference {
        Reference { to: to.clone(), output: Self::ID }
    }

    /// Refers to another output of a resource.
    pub fn output(to: &Address, output: &'static str) -> Reference {
        Reference { to: to.clone(), output }
    }
}

impl<T: Into<Literal>> From<T> for Value {
    fn from(literal: T) -> Value {
        Value::Literal(literal.into())
    }
}

impl From<Secret> for Value {
    fn from(secret: Secret) -> Value {
        Value::Sensitive(secret)
    }
}

impl From<Reference> for Value {
    fn from(reference: Reference) -> Value {
        Value::Reference(reference)
    }
}

impl Value {
    /// Calls `visit` with every reference in the value.
    pub fn each_reference<'a>(&'a self, visit: &mut impl FnMut(&'a Reference)) {
        match self {
            Value::Literal(_) | Value::Sensitive(_) => {}
            Value::Reference(reference) => visit(reference),
            Value::Text(parts) => {
                for part in parts {
                    if let TextPart::Reference(reference) = part {
                        visit(reference);
                    }
                }
            }
            Value::List(items) => items.iter().for_each(|item| item.each_reference(visit)),
        }
    }

    /// Calls `visit` with every secret in the value.
    pub(crate) fn each_secret<'a>(&'a self, visit: &mut impl FnMut(&'a Secret)) {
        match self {
            Value::Sensitive(secret) => visit(secret),
            Value::List(items) => items.iter().for_each(|item| item.each_secret(visit)),
            Value::Literal(_) | Value::Reference(_) | Value::Text(_) => {}
        }
    }

    /// Tells whether there is a secret in the value.
    pub fn holds_secret(&self) -> bool {
        let mut found = false;
        self.each_secret(&mut |_| found = true);
        found
    }

    /// Returns the literal that the value comes to, or `None` while `look_up` does not know one of its references. In the
    /// place of secrets stand their digests.
    pub fn resolve(&self, look_up: &impl Fn(&Reference) -> Option<Literal>) -> Option<Literal> {
        self.resolve_with(look_up, &|secret| secret.digest().clone())
    }

    /// Returns the literal that the value comes to, secrets in the clear. It must not outlive the call that it is for.
    pub(crate) fn reveal(&self, look_up: &impl Fn(&Reference) -> Option<Literal>) -> Option<Literal> {
        self.resolve_with(look_up, &|secret| secret.expose().into())
    }

    fn resolve_with(
        &self,
        look_up: &impl Fn(&Reference) -> Option<Literal>,
        of_secret: &impl Fn(&Secret) -> Literal,
    ) -> Option<Literal> {
        match self {
            Value::Literal(literal) => Some(literal.clone()),
            Value::Sensitive(secret) => Some(of_secret(secret)),
            Value::Reference(reference) => look_up(reference),
            Value::Text(parts) => {
                let mut text = String::new();
                for part in parts {
                    match part {
                        TextPart::Verbatim(verbatim) => text.push_str(verbatim),
                        TextPart::Reference(reference) => match look_up(reference)? {
                            Literal::String(value) => text.push_str(&value),
                            other => text.push_str(&other.to_string()),
                        },
                    }
                }
                Some(Literal::String(text))
            }
            Value::List(items) => {
                let items = items.iter().map(|item| item.resolve_with(look_up, of_secret));
                items.collect::<Option<Vec<_>>>().map(Literal::Array)
            }
        }
    }
}
