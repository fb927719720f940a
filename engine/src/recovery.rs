//! Rebuilds the state from the account: what must be recorded, and what forgotten, so that the state says what is there.
//!
//! The state may be empty, or an old copy. A plan says it all: what it would import exists and is not recorded; what it
//! would forget was recorded, looked up by its id, and is gone. Nothing here asks for a change of the account.

use std::sync::Arc;

use crate::address::Address;
use crate::drift::surplus_address;
use crate::journal::Record;
use crate::kind::{Kind, Schemas};
use crate::place::Place;
use crate::plan::{Action, Change, Existing, Plan, Reason, Standing};
use crate::resource::{CloudId, Resource};
use crate::snapshot::{Recorded, RecordedResource};

/// What a recovery writes, and what it reports.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recovery {
    /// What must be written. Nothing if the state is right.
    pub records: Vec<Record>,
    /// Declared, there, and not recorded until now.
    pub found: Vec<Address>,
    /// Recorded, but not as the account shows it now.
    pub renewed: Vec<Address>,
    /// Recorded and gone from the account.
    pub forgotten: Vec<Address>,
    /// Declared and not in the account.
    pub missing: Vec<Address>,
    /// Of the stack, in the account, and not declared. What of it is not recorded stays so: a rule that somebody added
    /// by hand must not pass for landfall's, and it is found again by its tag or its parent.
    pub undeclared: Vec<Address>,
}

/// Returns what brings the state up to date with the account.
///
/// `plan` is made from `recorded` and from what the account shows.
pub fn recovery(plan: &Plan, recorded: &Recorded, schemas: &Schemas) -> Recovery {
    let mut recovery = Recovery::default();
    for change in &plan.changes {
        match (change.action, &change.existing, &change.declared) {
            (Action::Create, ..) => recovery.is_missing(change, recorded),
            (Action::Forget, Some(existing), _) => {
                recovery.is_gone(&change.address, &existing.place, &existing.id);
            }
            (_, Some(existing), Some(declared)) => {
                recovery.is_there(change, existing, as_declared(change, existing, declared, schemas), recorded);
            }
            (_, Some(existing), None) => recovery.is_undeclared(change, existing, recorded),
            (_, None, _) => {}
        }
    }
    recovery
}

impl Recovery {
    fn is_missing(&mut self, change: &Change, recorded: &Recorded) {
        self.missing.push(change.address.clone());
        if let Some(known) = recorded.resources.get(&change.address).filter(|_| change.reason == Reason::Vanished) {
            self.is_gone(&change.address, &known.place, &known.id);
        }
    }

    fn is_gone(&mut self, address: &Address, place: &Place, id: &CloudId) {
        self.records.push(Record::Remove(address.clone(), place.clone(), id.clone()));
        self.forgotten.push(address.clone());
    }

    fn is_there(&mut self, change: &Change, existing: &Existing, current: RecordedResource, recorded: &Recorded) {
        match recorded.resources.get(&change.address) {
            Some(known) if **known == current => return,
            Some(known) if known.id == existing.id && known.place == existing.place => {
                self.renewed.push(change.address.clone())
            }
            _ => self.found.push(change.address.clone()),
        }
        self.records.push(Record::Put(Arc::new(current)));
    }

    fn is_undeclared(&mut self, change: &Change, existing: &Existing, recorded: &Recorded) {
        if existing.standing == Standing::Recorded {
            let current = record(&change.address, &change.kind, existing, existing.depends_on().to_vec());
            self.is_there(change, existing, current, recorded);
        }
        let is_deposed = existing.standing == Standing::Deposed;
        let own = || change.address.clone();
        self.undeclared.push(if is_deposed { surplus_address(&change.kind, &existing.id) } else { own() });
    }
}

/// What is taken over is recorded as it is; what a refresh cannot see is taken to be as declared, as apply does it.
fn as_declared(change: &Change, existing: &Existing, declared: &Resource, schemas: &Schemas) -> RecordedResource {
    // What is not as declared may still depend on what it depended on.
    let depends_on = match existing.standing {
        Standing::Recorded if change.action != Action::NoOp => existing.depends_on().to_vec(),
        _ => declared.lasting_dependencies().into_iter().collect(),
    };
    let mut current = record(&change.address, &change.kind, existing, depends_on);
    if existing.standing == Standing::Unrecorded {
        let unreadable = |name: &str| schemas.get(&change.kind)?.field(name).filter(|field| field.unreadable);
        let known = change.after.iter().filter(|(name, _)| unreadable(name).is_some());
        let known = known.filter_map(|(name, value)| Some((name.to_owned(), value?.clone())));
        current.properties.extend(known);
        schemas.get(&change.kind).into_iter().for_each(|schema| schema.note_unset(&mut current.properties));
    }
    current
}

fn record(address: &Address, kind: &Kind, existing: &Existing, depends_on: Vec<Address>) -> RecordedResource {
    RecordedResource {
        address: address.clone(),
        kind: kind.clone(),
        place: existing.place.clone(),
        id: existing.id.clone(),
        properties: existing.owned_properties(),
        outputs: existing.owned_outputs(),
        depends_on,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::graph::Graph;
    use crate::kind::{Field, Schema};
    use crate::model_cloud::{address, graph_of, here};
    use crate::plan::plan;
    use crate::resource::Literals;
    use crate::snapshot::{LocatedResource, Observed, ObservedResource, Readiness};

    const KIND: Kind = Kind::new("test.machine");
    const FIELDS: [Field; 2] = [Field::new("size"), Field::new("script").unreadable()];

    fn schemas() -> Schemas {
        [Schema::new("test.machine", &FIELDS)].into_iter().collect()
    }

    fn graph(names: &[&str]) -> Graph {
        let machine =
            |name: &&str| Resource::new(address(name), KIND, &here()).with("size", 1).with("script", "as declared");
        graph_of(names.iter().map(machine))
    }

    fn seen(id: &str, size: u8) -> LocatedResource {
        let properties = json!({"size": size}).as_object().cloned().unwrap_or_default();
        let resource = ObservedResource {
            kind: KIND,
            id: id.into(),
            properties,
            outputs: Literals::new(),
            readiness: Readiness::Ready,
        };
        LocatedResource { place: here(), resource }
    }

    fn known(at: &str, id: &str) -> RecordedResource {
        let properties = json!({"size": 1, "script": "as recorded"}).as_object().cloned().unwrap_or_default();
        RecordedResource {
            address: address(at),
            kind: KIND,
            place: here(),
            id: id.into(),
            properties,
            outputs: Literals::new(),
            depends_on: vec![],
        }
    }

    fn recorded(all: &[(&str, &str)]) -> Recorded {
        let all = all.iter().map(|(at, id)| (address(at), known(at, id).into()));
        Recorded { resources: all.collect(), deposed: vec![] }
    }

    fn observed(all: &[(&str, &str, u8)]) -> Observed {
        let all = all.iter().map(|(at, id, size)| (address(at), seen(id, *size).into()));
        Observed { resources: all.collect(), surplus: vec![] }
    }

    fn shown(addresses: &[Address]) -> Vec<&str> {
        addresses.iter().map(Address::as_str).collect()
    }

    #[test]
    fn each_difference_is_told_once_and_the_state_is_right_then() {
        let graph = graph(&["found", "same", "drifted", "exchanged", "gone", "new"]);
        let mut state = recorded(&[
            ("same", "i-1"),
            ("drifted", "i-2"),
            ("exchanged", "i-3"),
            ("gone", "i-4"),
            ("old", "i-5"),
            ("old-and-gone", "i-6"),
        ]);
        let account = observed(&[
            ("found", "i-0", 1),
            ("same", "i-1", 1),
            ("drifted", "i-2", 7),
            ("exchanged", "i-33", 1),
            ("old", "i-5", 7),
            ("by-hand", "i-7", 1),
        ]);
        let recovery = super::recovery(&plan(&graph, &state, &account, &schemas()), &state, &schemas());
        assert_eq!(shown(&recovery.found), ["exchanged", "found"]);
        assert_eq!(shown(&recovery.renewed), ["drifted", "old"]);
        assert_eq!(shown(&recovery.forgotten), ["gone", "old-and-gone"]);
        assert_eq!(shown(&recovery.missing), ["gone", "new"]);
        assert_eq!(shown(&recovery.undeclared), ["by-hand", "old"]);

        recovery.records.iter().for_each(|record| state.apply(record));
        let script = |at: &str| state.resources[&address(at)].properties["script"].clone();
        assert_eq!((script("found"), script("same")), (json!("as declared"), json!("as recorded")));
        assert!(!state.resources.contains_key(&address("by-hand")), "drift goes on to report it");
        let plan = plan(&graph, &state, &account, &schemas());
        assert_eq!(plan.drift.len(), 1, "{:?}", plan.drift);
        assert_eq!(super::recovery(&plan, &state, &schemas()).records, vec![], "a second time finds nothing");
    }

    #[test]
    fn an_old_self_stays_recorded_until_it_is_gone() {
        let graph = graph(&["a"]);
        let mut state = recorded(&[("a", "i-new")]);
        state.deposed = vec![known("a", "i-old").into(), known("a", "i-older").into()];
        let mut account = observed(&[("a", "i-new", 1)]);
        account.surplus.push(seen("i-old", 1).into());
        let recovery = super::recovery(&plan(&graph, &state, &account, &schemas()), &state, &schemas());
        assert_eq!(recovery.records, [Record::Remove(address("a"), here(), "i-older".into())]);
        assert_eq!(shown(&recovery.undeclared), ["surplus/test.machine/i-old"]);
    }
}
