//! Makes the plan: a pure three-way comparison of declared, recorded and observed.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Change, Existing, Plan, Reason, Standing};
use crate::address::Address;
use crate::diff::{FieldChange, Resolved, compare};
use crate::drift::{drift, surplus_address};
use crate::graph::Graph;
use crate::kind::{Replacement, Schema, Schemas};
use crate::resource::{Literal, Literals, Reference, Resource};
use crate::snapshot::{Observed, ObservedResource, Readiness, Recorded, RecordedResource};

/// Returns what must be done so that the account holds what is declared and nothing else of the stack's.
///
/// An empty graph plans the teardown. The function is total and deterministic: equal input gives equal plans.
pub fn plan(graph: &Graph, recorded: &Recorded, observed: &Observed, schemas: &Schemas) -> Plan {
    let mut builder =
        Builder { graph, recorded, observed, schemas, outputs: BTreeMap::new(), changes: BTreeMap::new() };
    for address in graph.order() {
        builder.plan_declared(address);
    }
    builder.settle_replacement_orders();
    builder.plan_undeclared();
    builder.plan_surplus();
    Plan { changes: builder.changes.into_values().collect(), drift: drift(recorded, observed, schemas) }
}

struct Builder<'a> {
    graph: &'a Graph,
    recorded: &'a Recorded,
    observed: &'a Observed,
    schemas: &'a Schemas,
    /// Outputs that will still be true after apply; absent for what is made anew.
    outputs: BTreeMap<&'a Address, Existing>,
    changes: BTreeMap<(Address, usize), Change>,
}

impl<'a> Builder<'a> {
    fn plan_declared(&mut self, address: &'a Address) {
        let graph = self.graph;
        let (Some(declared), Some(seen)) = (graph.get(address), self.observed.resources.get(address)) else {
            let reason = if self.recorded.resources.contains_key(address) { Reason::Vanished } else { Reason::New };
            if let Some(declared) = graph.get(address) {
                let after = self.resolve(declared);
                self.add(declared_change(declared, Action::Create, reason, vec![], None, after));
            }
            return;
        };
        let after = self.resolve(declared);
        let known = self.recorded.resources.get(address).filter(|known| known.id == seen.id);
        let fields = match self.schemas.get(&declared.kind) {
            Some(schema) => compare(schema, |field| current(field, known, seen), &after),
            None => vec![],
        };
        let (action, reason) = self.decide(declared, known, seen, &fields, &after);
        let existing = Existing::new(known, seen, self.schemas);
        if !matches!(action, Action::Replace(_)) {
            self.outputs.insert(address, existing.clone());
        }
        self.add(declared_change(declared, action, reason, fields, Some(existing), after));
    }

    fn decide(
        &self,
        declared: &Resource,
        known: Option<&RecordedResource>,
        seen: &ObservedResource,
        fields: &[FieldChange],
        after: &Resolved,
    ) -> (Action, Reason) {
        let replace = || Action::Replace(self.replacement(declared));
        if let Readiness::Failed(why) = &seen.readiness {
            return (replace(), Reason::Failed(why.clone()));
        }
        let forced = fields.iter().any(|field| field.forces_replacement);
        let reason = match known {
            None => Reason::Unrecorded,
            Some(known) if is_drift(known, fields, after) => Reason::Drifted,
            Some(_) => Reason::Changed,
        };
        match (forced, known, fields.is_empty()) {
            (true, _, _) => (replace(), reason),
            (false, None, _) => (Action::Import, reason),
            (false, Some(_), false) => (Action::Update, reason),
            (false, Some(_), true) if seen.readiness == Readiness::Pending => (Action::Update, Reason::Pending),
            (false, Some(_), true) => (Action::NoOp, Reason::Unchanged),
        }
    }

    fn replacement(&self, declared: &Resource) -> Replacement {
        self.schemas.get(&declared.kind).map_or(Replacement::DeleteFirst, |schema| schema.replacement)
    }

    /// A resource inside something that must go first cannot itself come first: its new self would need the new
    /// container, which waits for the old container's end, which waits for the old self's end. What the old self leaned
    /// on counts as much as what the new one will need, and so does what stands between.
    fn settle_replacement_orders(&mut self) {
        let is_replaced = |change: &Change, order| change.action == Action::Replace(order);
        let mut leaning: BTreeMap<&Address, Vec<&Address>> = BTreeMap::new();
        for known in self.recorded.resources.values() {
            known.depends_on.iter().for_each(|needed| leaning.entry(needed).or_default().push(&known.address));
        }
        let mut reached: BTreeSet<Address> = BTreeSet::new();
        let mut ahead: Vec<Address> = Vec::new();
        // Of something that the state does not know, nobody can tell what it leans on: it goes first, to be safe.
        let is_unknown = |change: &Change| change.existing.as_ref().is_some_and(|e| e.standing == Standing::Unrecorded);
        let is_first = |change: &&Change| {
            is_replaced(change, Replacement::DeleteFirst)
                || is_replaced(change, Replacement::CreateFirst) && is_unknown(change)
        };
        ahead.extend(self.changes.values().filter(is_first).map(|change| change.address.clone()));
        while let Some(address) = ahead.pop() {
            if !reached.insert(address.clone()) {
                continue;
            }
            ahead.extend(leaning.get(&address).into_iter().flatten().map(|leaner| (*leaner).clone()));
            ahead.extend(self.graph.dependents(&address).cloned());
        }
        let comes_first = self.changes.values_mut().filter(|change| is_replaced(change, Replacement::CreateFirst));
        for change in comes_first {
            if reached.contains(&change.address) {
                change.action = Action::Replace(Replacement::DeleteFirst);
            }
        }
    }

    fn plan_undeclared(&mut self) {
        let addresses: BTreeSet<&Address> =
            self.recorded.resources.keys().chain(self.observed.resources.keys()).collect();
        for address in addresses.into_iter().filter(|address| self.graph.get(address).is_none()) {
            let known = self.recorded.resources.get(address);
            match (known, self.observed.resources.get(address)) {
                (known, Some(seen)) => {
                    let existing = Existing::new(known, seen, self.schemas);
                    let reason = match existing.standing {
                        Standing::Unrecorded => Reason::Unexpected,
                        _ => Reason::Undeclared,
                    };
                    self.add(delete(address.clone(), seen, existing, reason));
                    if let Some(known) = known.filter(|known| known.id != seen.id) {
                        self.add(forget(known, Standing::Recorded));
                    }
                }
                (Some(known), None) => self.add(forget(known, Standing::Recorded)),
                (None, None) => {}
            }
        }
    }

    fn plan_surplus(&mut self) {
        for seen in &self.observed.surplus {
            let old = self.recorded.deposed.iter().find(|old| old.id == seen.id && old.kind == seen.kind);
            let mut existing = Existing::new(old, seen, self.schemas);
            let (address, reason) = match old {
                Some(old) => {
                    existing.standing = Standing::Deposed;
                    (old.address.clone(), Reason::Deposed)
                }
                None => (surplus_address(&seen.kind, &seen.id), Reason::Unexpected),
            };
            self.add(delete(address, seen, existing, reason));
        }
        for old in &self.recorded.deposed {
            if !self.observed.surplus.iter().any(|seen| old.id == seen.id && old.kind == seen.kind) {
                self.add(forget(old, Standing::Deposed));
            }
        }
    }

    fn resolve(&self, declared: &Resource) -> Resolved {
        let look_up = |reference: &Reference| self.outputs.get(&reference.to)?.output(reference.output);
        declared.properties.iter().map(|(name, value)| (name.clone(), value.resolve(&look_up))).collect()
    }

    /// An address has a second change only where an old self is deposed; it comes after the first.
    fn add(&mut self, change: Change) {
        let mut place = (change.address.clone(), 0);
        while self.changes.contains_key(&place) {
            place.1 += 1;
        }
        self.changes.insert(place, change);
    }
}

impl Existing {
    /// Returns an output, the id among them.
    pub fn output(&self, name: &str) -> Option<Literal> {
        if name == Reference::ID {
            return Some(Literal::String(self.id.as_str().to_owned()));
        }
        self.outputs.get(name).cloned()
    }
}

/// The value to compare a declared one with: what the account shows, or, for what a refresh cannot see, what was
/// recorded. Something adopted has no record; there it is taken to be as declared.
fn current<'a>(
    field: &crate::kind::Field,
    known: Option<&'a RecordedResource>,
    seen: &'a ObservedResource,
) -> Option<&'a Literal> {
    if field.unreadable {
        known?.properties.get(field.name)
    } else {
        Some(seen.properties.get(field.name).unwrap_or(&Literal::Null))
    }
}

/// Tells whether all differences were made behind landfall's back: what is declared was applied already.
fn is_drift(known: &RecordedResource, fields: &[FieldChange], after: &Resolved) -> bool {
    !fields.is_empty()
        && fields.iter().all(|change| {
            let recorded = known.properties.get(change.field()).unwrap_or(&Literal::Null);
            let wanted = after.get(change.field()).map_or(Some(&Literal::Null), Option::as_ref);
            wanted == Some(recorded)
        })
}

fn declared_change(
    declared: &Resource,
    action: Action,
    reason: Reason,
    fields: Vec<FieldChange>,
    existing: Option<Existing>,
    after: Resolved,
) -> Change {
    Change {
        address: declared.address.clone(),
        kind: declared.kind.clone(),
        action,
        reason,
        fields,
        existing,
        declared: Some(Box::new(declared.clone())),
        after,
    }
}

fn delete(address: Address, seen: &ObservedResource, existing: Existing, reason: Reason) -> Change {
    Change {
        address,
        kind: seen.kind.clone(),
        action: Action::Delete,
        reason,
        fields: vec![],
        existing: Some(existing),
        declared: None,
        after: Resolved::new(),
    }
}

fn forget(known: &RecordedResource, standing: Standing) -> Change {
    Change {
        address: known.address.clone(),
        kind: known.kind.clone(),
        action: Action::Forget,
        reason: Reason::Vanished,
        fields: vec![],
        existing: Some(Existing {
            id: known.id.clone(),
            properties: known.properties.clone(),
            outputs: known.outputs.clone(),
            depends_on: known.depends_on.clone(),
            standing,
            is_ready: true,
        }),
        declared: None,
        after: Resolved::new(),
    }
}

/// Returns an observation that agrees with the record, for planning without a refresh.
pub fn assume_unchanged(recorded: &Recorded, schemas: &Schemas) -> Observed {
    let seen = |known: &RecordedResource| {
        let readable = |schema: &Schema, name: &str| schema.field(name).is_none_or(|field| !field.unreadable);
        let properties: Literals = match schemas.get(&known.kind) {
            Some(schema) => known
                .properties
                .iter()
                .filter(|(n, _)| readable(schema, n))
                .map(|(n, v)| (n.clone(), v.clone()))
                .collect(),
            None => known.properties.clone(),
        };
        ObservedResource {
            kind: known.kind.clone(),
            id: known.id.clone(),
            properties,
            outputs: known.outputs.clone(),
            readiness: Readiness::Ready,
        }
    };
    Observed {
        resources: recorded.resources.iter().map(|(address, known)| (address.clone(), seen(known))).collect(),
        surplus: recorded.deposed.iter().map(seen).collect(),
    }
}
