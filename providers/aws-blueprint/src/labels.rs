//! What all resources of a stack have in common: tags, names, and where they are.

use std::collections::BTreeMap;

use crate::stack::Stack;
use landfall_engine::address::Address;
use landfall_engine::kind::Kind;
use landfall_engine::place::Place;
use landfall_engine::resource::{Resource, Value};

use crate::addresses;
use crate::facts::Facts;
use crate::shared_names::{ADDRESS, REGION, STACK};

/// Makes resources at their places, and their tags.
pub(crate) struct Labels<'a> {
    stack: &'a str,
    region: &'a str,
    user_tags: &'a BTreeMap<String, String>,
    regional: Place,
    global: Place,
}

impl<'a> Labels<'a> {
    pub(crate) fn new(stack: &'a Stack, facts: &Facts) -> Labels<'a> {
        Labels {
            stack: stack.name.as_str(),
            region: &stack.region,
            user_tags: &stack.tags,
            regional: Place::regional(&facts.account, &stack.region),
            global: Place::global(&facts.account),
        }
    }

    /// Returns a resource in the region, without properties.
    pub(crate) fn regional(&self, address: Address, kind: Kind) -> Resource {
        Resource::new(addresses::in_place(address, &self.regional, self.region), kind, &self.regional)
    }

    /// Returns a resource that belongs to no region, without properties.
    pub(crate) fn global(&self, address: Address, kind: Kind) -> Resource {
        Resource::new(addresses::in_place(address, &self.global, self.region), kind, &self.global)
    }

    /// Returns the name that people see in the console: the stack's, and the part that says what this is.
    pub(crate) fn name(&self, part: &str) -> String {
        if part.is_empty() { self.stack.to_owned() } else { format!("{}-{part}", self.stack) }
    }

    /// Returns a name that no other stack and no other part has, for what shares its names with all of the account and
    /// region: stacks and parts have no underscore in theirs, and may have any hyphens.
    pub(crate) fn unique_name(&self, part: &str) -> String {
        format!("{}_{part}", self.stack)
    }

    /// Returns the tags of a resource: whose it is, which one it is, how it is called, and the user's own.
    pub(crate) fn tags(&self, address: &Address, part: &str) -> Value {
        self.tags_with(address, part, &BTreeMap::new())
    }

    /// Returns the same for what is one for all regions.
    pub(crate) fn tags_of_global(&self, address: &Address, part: &str) -> Value {
        let region = BTreeMap::from([(REGION.to_owned(), self.region.to_owned())]);
        self.tags_with(address, part, &region)
    }

    /// Returns the same with further tags of the user's, which count before the stack's.
    pub(crate) fn tags_with(&self, address: &Address, part: &str, more: &BTreeMap<String, String>) -> Value {
        let mut tags =
            BTreeMap::from([("Name".to_owned(), self.name(part)), ("owner".to_owned(), "landfall".to_owned())]);
        for (key, value) in self.user_tags.iter().chain(more) {
            // IAM takes keys that differ only in their capitals for the same, and refuses the second.
            tags.retain(|ours, _| !ours.eq_ignore_ascii_case(key));
            tags.insert(key.clone(), value.clone());
        }
        tags.insert(STACK.to_owned(), self.stack.to_owned());
        tags.insert(ADDRESS.to_owned(), address.to_string());
        Value::Literal(
            tags.into_iter().map(|(key, value)| (key, value.into())).collect::<serde_json::Map<_, _>>().into(),
        )
    }
}
