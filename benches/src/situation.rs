//! What exists and what is recorded, beside what is declared.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use landfall_engine::address::Address;
use landfall_engine::attribute::{Claim, Found};
use landfall_engine::graph::link;
use landfall_engine::kind::Schemas;
use landfall_engine::place::Place;
use landfall_engine::resource::{Literal, Literals, Reference, Resource};
use landfall_engine::snapshot::{Declared, ObservedResource, Readiness, Recorded, RecordedResource};
use serde_json::json;

use crate::stack::{INSTANCE, Size, declare, global, regional, schemas};

/// How far the account is from what is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Situation {
    /// Nothing exists yet.
    New,
    /// Everything is as declared.
    Unchanged,
    /// One instance in a hundred was changed by others, and one in ten is not declared any more.
    Changed,
    /// Everything exists, and the state is lost: instances say which cluster they are of, and not which worker.
    Unrecorded,
}

impl Situation {
    /// All situations.
    pub const ALL: [Situation; 4] = [Situation::New, Situation::Unchanged, Situation::Changed, Situation::Unrecorded];
}

impl fmt::Display for Situation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Situation::New => "new",
            Situation::Unchanged => "unchanged",
            Situation::Changed => "changed",
            Situation::Unrecorded => "unrecorded",
        })
    }
}

impl FromStr for Situation {
    type Err = String;
    fn from_str(word: &str) -> Result<Situation, String> {
        let known = Situation::ALL.into_iter().find(|situation| situation.to_string() == word);
        known.ok_or_else(|| format!("there is no situation `{word}`"))
    }
}

/// All that a plan is made from.
#[derive(Debug, Clone)]
pub struct Setting {
    /// What should exist.
    pub declared: Declared,
    /// What is recorded.
    pub recorded: Recorded,
    /// What a refresh finds in each place.
    pub found: BTreeMap<Place, Vec<Found>>,
    /// The schemas.
    pub schemas: Schemas,
}

/// Makes the setting of a situation.
///
/// # Panics
/// If the stack does not make a graph.
pub fn setting(size: Size, situation: Situation) -> Setting {
    let schemas = schemas();
    let declared = declare(size);
    let (recorded, found) = match situation {
        Situation::New => (Recorded::default(), vec![]),
        _ => existing(&declared, &schemas),
    };
    let located = |found: Vec<Found>| by_place(found, &schemas);
    match situation {
        Situation::New | Situation::Unchanged => Setting { declared, recorded, found: located(found), schemas },
        Situation::Changed => {
            let found = located(changed_by_others(found));
            Setting { declared: fewer(declared), recorded, found, schemas }
        }
        Situation::Unrecorded => {
            let found = located(anonymous(found));
            Setting { declared, recorded: Recorded::default(), found, schemas }
        }
    }
}

/// What belongs to no region is found apart from the rest.
fn by_place(found: Vec<Found>, schemas: &Schemas) -> BTreeMap<Place, Vec<Found>> {
    let is_global = |found: &Found| schemas.get(&found.resource.kind).is_some_and(|schema| schema.global);
    let (of_account, of_region) = found.into_iter().partition(is_global);
    [(global(), of_account), (regional(), of_region)].into()
}

/// Everything that is declared, made and recorded.
fn existing(declared: &Declared, schemas: &Schemas) -> (Recorded, Vec<Found>) {
    let graph = link(declared.clone()).expect("the stack is a graph");
    let mut recorded = Recorded::default();
    let mut found = Vec::new();
    let mut outputs: HashMap<&Address, Literals> = HashMap::new();
    for number in graph.order() {
        let resource = &graph.resources()[number];
        let address = &resource.address;
        let known = Arc::new(made(resource, number, &outputs));
        outputs.insert(address, known.outputs.clone());
        let mut properties = known.properties.clone();
        let schema = schemas.get(&known.kind);
        properties.retain(|name, _| schema.and_then(|schema| schema.field(name)).is_none_or(|field| !field.unreadable));
        let seen = ObservedResource {
            kind: known.kind.clone(),
            id: known.id.clone(),
            properties,
            outputs: known.outputs.clone(),
            readiness: Readiness::Ready,
        };
        found.push(Found { resource: seen, claim: Claim::Address(address.clone()) });
        recorded.resources.insert(address.clone(), known);
    }
    (recorded, found)
}

fn made(resource: &Resource, number: usize, outputs: &HashMap<&Address, Literals>) -> RecordedResource {
    let look_up = |reference: &Reference| outputs.get(&reference.to)?.get(reference.output).cloned();
    let resolve =
        |(name, value): (&String, &landfall_engine::resource::Value)| Some((name.clone(), value.resolve(&look_up)?));
    let id = format!("{}-{number:017x}", resource.kind);
    // The engine knows a resource's id by itself; here it is looked up with the other outputs.
    let outputs = Literals::from_iter([
        ("id".to_owned(), json!(id)),
        ("name".to_owned(), json!("acme")),
        ("private_ip".to_owned(), json!(format!("10.{}.{}.{}", number >> 16, (number >> 8) & 255, number & 255))),
    ]);
    RecordedResource {
        address: resource.address.clone(),
        kind: resource.kind.clone(),
        place: resource.place.clone(),
        id: id.into(),
        properties: resource.properties.iter().filter_map(resolve).collect(),
        outputs,
        depends_on: resource.lasting_dependencies().into_iter().collect(),
    }
}

/// The same without every tenth worker.
fn fewer(declared: Declared) -> Declared {
    let mut fewer = Declared::default();
    let is_tenth = |resource: &Resource| {
        resource.kind == INSTANCE && resource.address.index().is_some_and(|(_, index)| index % 10 == 9)
    };
    let kept = declared.into_resources().into_values().filter(|resource| !is_tenth(resource));
    kept.for_each(|resource| fewer.add(resource));
    fewer
}

fn changed_by_others(mut found: Vec<Found>) -> Vec<Found> {
    let instances = found.iter_mut().filter(|found| found.resource.kind == INSTANCE);
    for found in instances.step_by(100) {
        if let Some(Literal::Object(tags)) = found.resource.properties.get_mut("tags") {
            tags.insert("owner".to_owned(), json!("somebody else"));
        }
    }
    found
}

/// Workers of a cluster claim a place in the cluster, as after a launch of many.
fn anonymous(mut found: Vec<Found>) -> Vec<Found> {
    for found in found.iter_mut().filter(|found| found.resource.kind == INSTANCE) {
        let Claim::Address(address) = &found.claim else { continue };
        let Some((group, index)) = address.index() else { continue };
        let group = Address::of(group.split('/'));
        found.claim = Claim::Group { group, order: format!("{index:06}") };
    }
    found
}
