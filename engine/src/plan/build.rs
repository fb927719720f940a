//! Makes the plan: a pure three-way comparison of declared, recorded and observed.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::{Action, AskedReplacements, Change, Existing, Outdated, Plan, Reason, Standing};
use crate::address::Address;
use crate::diff::{FieldChange, agree, compare, texts};
use crate::drift::{drift, surplus_address};
use crate::graph::Graph;
use crate::kind::{Field, Replacement, Schema, Schemas};
use crate::resource::{Literal, Literals, Reference, Resolved, Resource};
use crate::snapshot::{
    LocatedResource, Observed, ObservedResource, Readiness, Recorded, RecordedResource, ResourceIdentity, side_by_side,
};

/// Returns what must be done so that the account holds what is declared and nothing else of the stack's.
///
/// An empty graph plans the teardown. The function is total and deterministic: equal input gives equal plans.
pub fn plan(graph: &Graph, recorded: &Recorded, observed: &Observed, schemas: &Schemas) -> Plan {
    plan_replacing(graph, recorded, observed, schemas, &AskedReplacements::default())
}

/// As [`plan`], with replacements that the user asks for.
pub fn plan_replacing(
    graph: &Graph,
    recorded: &Recorded,
    observed: &Observed,
    schemas: &Schemas,
    asked: &AskedReplacements,
) -> Plan {
    let snapshots = side_by_side(recorded.resources.iter(), observed.resources.iter());
    let snapshots = snapshots.map(|(address, known, seen)| (address, Snapshot { known, seen }));
    let declared = graph.resources().iter().map(|resource| (&resource.address, resource));
    let (mut of_declared, mut undeclared) = (Vec::with_capacity(graph.resources().len()), Vec::new());
    for (address, declared, snapshot) in side_by_side(declared, snapshots) {
        match declared {
            Some(_) => of_declared.push(snapshot.unwrap_or_default()),
            None => undeclared.extend(snapshot.map(|snapshot| (address, snapshot))),
        }
    }
    let changes = vec![None; of_declared.len()];
    let mut builder = Builder {
        graph,
        recorded,
        observed,
        schemas,
        asked,
        snapshots: of_declared,
        changes,
        others: vec![],
        outdated: vec![],
    };
    for number in graph.order() {
        builder.plan_declared(number);
    }
    builder.settle_replacement_orders();
    builder.plan_undeclared(undeclared);
    builder.plan_surplus();
    let mut outdated = std::mem::take(&mut builder.outdated);
    outdated.sort_by(|a, b| a.address.cmp(&b.address));
    Plan { changes: builder.finish(), drift: drift(recorded, observed, schemas), outdated }
}

/// What is known of one address.
#[derive(Debug, Clone, Copy, Default)]
struct Snapshot<'a> {
    known: Option<&'a Arc<RecordedResource>>,
    seen: Option<&'a Arc<LocatedResource>>,
}

struct Builder<'a> {
    graph: &'a Graph,
    recorded: &'a Recorded,
    observed: &'a Observed,
    schemas: &'a Schemas,
    asked: &'a AskedReplacements,
    /// What is known of what is declared, by its number in the graph.
    snapshots: Vec<Snapshot<'a>>,
    /// What happens to what is declared, by its number in the graph.
    changes: Vec<Option<Change>>,
    /// What happens to everything else. An address that has a declared change as well is that of an old self.
    others: Vec<Change>,
    outdated: Vec<Outdated>,
}

impl<'a> Builder<'a> {
    fn plan_declared(&mut self, number: usize) {
        let graph = self.graph;
        let declared = &graph.resources()[number];
        let Snapshot { known: recorded, seen } = self.snapshots[number];
        let after = Resolved::new(declared.clone(), &|reference| self.output(reference));
        let Some(seen) = seen else {
            let reason = if recorded.is_some() { Reason::Vanished } else { Reason::New };
            self.add_declared(number, (Action::Create, reason), vec![], None, after);
            return;
        };
        let recorded = recorded.filter(|known| known.identity() == seen.identity());
        let known = recorded.map(Arc::as_ref);
        let (mut fields, renewals) = match self.schemas.get(&declared.kind) {
            Some(schema) if !is_as_declared(schema, known, seen, &after) => {
                let differences = compare(schema, |field| current(field, known, seen), &after);
                apart_from_renewals(schema, known, &after, differences)
            }
            _ => (vec![], vec![]),
        };
        let decision = self.decide(declared, known, seen, &fields, &after);
        if matches!(decision.0, Action::Replace(_)) {
            fields.extend(renewals.into_iter().map(|(_, change)| change));
        } else if !renewals.is_empty() {
            let mut fields: Vec<&'static str> = renewals.into_iter().map(|(field, _)| field.name).collect();
            fields.dedup();
            let (address, kind) = (declared.address.clone(), declared.kind.clone());
            self.outdated.push(Outdated { address, kind, fields });
        }
        let existing = Existing::seen(recorded, seen, self.schemas);
        self.add_declared(number, decision, fields, Some(existing), after);
    }

    /// An output that will still be true after apply; `None` of what is made anew.
    fn output(&self, reference: &Reference) -> Option<Literal> {
        let change = self.changes[self.graph.number(&reference.to)?].as_ref()?;
        if matches!(change.action, Action::Replace(_)) {
            return None;
        }
        change.existing.as_ref()?.output(reference.output)
    }

    fn decide(
        &self,
        declared: &Resource,
        known: Option<&RecordedResource>,
        seen: &LocatedResource,
        fields: &[FieldChange],
        after: &Resolved,
    ) -> (Action, Reason) {
        let replace = || Action::Replace(self.replacement(declared));
        if seen.place != declared.place {
            return (replace(), Reason::Elsewhere(seen.place.clone()));
        }
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
            _ if self.asked.include(&declared.address) => (replace(), Reason::Requested),
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
        // What depends on something that the state does not know is unknown too: it goes first, to be safe.
        let is_unknown = |change: &Change| change.existing.as_ref().is_some_and(|e| e.standing == Standing::Unrecorded);
        let is_first = |change: &&Change| {
            is_replaced(change, Replacement::DeleteFirst)
                || is_replaced(change, Replacement::CreateFirst) && is_unknown(change)
        };
        let first = self.changes.iter().flatten().filter(is_first);
        let mut ahead: Vec<&Address> = first.filter_map(|change| Some(&change.declared.as_ref()?.address)).collect();
        if ahead.is_empty() {
            return;
        }
        let mut leaning: HashMap<&Address, Vec<&Address>> = HashMap::new();
        for known in self.recorded.resources.values() {
            known.depends_on.iter().for_each(|needed| leaning.entry(needed).or_default().push(&known.address));
        }
        let mut reached: HashSet<&Address> = HashSet::new();
        while let Some(address) = ahead.pop() {
            if reached.insert(address) {
                ahead.extend(leaning.get(address).into_iter().flatten());
                ahead.extend(self.graph.dependents(address));
            }
        }
        let must_go_first: Vec<usize> = reached.into_iter().filter_map(|address| self.graph.number(address)).collect();
        for number in must_go_first {
            if let Some(change) = &mut self.changes[number]
                && is_replaced(change, Replacement::CreateFirst)
            {
                change.action = Action::Replace(Replacement::DeleteFirst);
            }
        }
    }

    fn plan_undeclared(&mut self, undeclared: Vec<(&'a Address, Snapshot<'a>)>) {
        for (address, Snapshot { known, seen }) in undeclared {
            match (known, seen) {
                (known, Some(seen)) => {
                    let existing = Existing::seen(known, seen, self.schemas);
                    let reason = match existing.standing {
                        Standing::Unrecorded => Reason::Unexpected,
                        _ => Reason::Undeclared,
                    };
                    self.others.push(delete(address.clone(), seen, existing, reason));
                    if let Some(known) = known.filter(|known| known.identity() != seen.identity()) {
                        self.others.push(forget(known, Standing::Recorded));
                    }
                }
                (Some(known), None) => self.others.push(forget(known, Standing::Recorded)),
                (None, None) => {}
            }
        }
    }

    fn plan_surplus(&mut self) {
        let mut deposed: BTreeMap<ResourceIdentity<'_>, &Arc<RecordedResource>> = BTreeMap::new();
        for old in &self.recorded.deposed {
            deposed.entry(old.identity()).or_insert(old);
        }
        let mut surplus: HashSet<ResourceIdentity<'_>> = HashSet::new();
        for seen in &self.observed.surplus {
            surplus.insert(seen.identity());
            let old = deposed.get(&seen.identity()).copied();
            let mut existing = Existing::seen(old, seen, self.schemas);
            let (address, reason) = match old {
                Some(old) => {
                    existing.standing = Standing::Deposed;
                    (old.address.clone(), Reason::Deposed)
                }
                None => (surplus_address(&seen.kind, &seen.id), Reason::Unexpected),
            };
            self.others.push(delete(address, seen, existing, reason));
        }
        for old in self.recorded.deposed.iter().filter(|old| !surplus.contains(&old.identity())) {
            self.others.push(forget(old, Standing::Deposed));
        }
    }

    fn add_declared(
        &mut self,
        number: usize,
        (action, reason): (Action, Reason),
        fields: Vec<FieldChange>,
        existing: Option<Existing>,
        after: Resolved,
    ) {
        let declared = &self.graph.resources()[number];
        self.changes[number] = Some(Change {
            address: declared.address.clone(),
            kind: declared.kind.clone(),
            action,
            reason,
            fields,
            existing: existing.map(Arc::new),
            declared: Some(declared.clone()),
            after,
        });
    }

    /// An address has a second change only where an old self is deposed; it comes after the first.
    fn finish(self) -> Vec<Change> {
        let mut changes: Vec<Change> = self.changes.into_iter().flatten().chain(self.others).collect();
        changes.sort_by(|a, b| a.address.cmp(&b.address));
        changes
    }
}

/// The value to compare a declared one with: what the account shows, or, for what a refresh cannot see, what was
/// recorded. Something adopted has no record; there it is taken to be as declared. So is a field that a record does not
/// know of, unless it can be set in place: a replacement must not follow from what nobody knows.
fn current<'a>(field: &Field, known: Option<&'a RecordedResource>, seen: &'a ObservedResource) -> Option<&'a Literal> {
    if field.unreadable {
        let recorded = known?.properties.get(field.name);
        recorded.or((!field.immutable).then_some(&Literal::Null))
    } else {
        Some(seen.properties.get(field.name).unwrap_or(&Literal::Null))
    }
}

/// Tells, at the cost of one walk, whether there is plainly nothing to compare.
fn is_as_declared(
    schema: &Schema,
    known: Option<&RecordedResource>,
    seen: &ObservedResource,
    after: &Resolved,
) -> bool {
    let properties = texts(&seen.properties).map(|(name, value)| (name, Some(value)));
    agree(properties, after.iter(), |name| schema.field(name).is_some_and(|field| !field.unreadable))
        && schema.fields.iter().filter(|field| field.unreadable).all(|field| {
            let wanted = after.get(field.name).unwrap_or(Some(&Literal::Null));
            let current = current(field, known, seen);
            if current.is_none() { wanted.is_some() } else { wanted == current }
        })
}

/// Separates what differs in fields that are renewed with the replacement: that alone changes nothing.
///
/// A record that lacks what such a field is made from cannot tell whether more differs than the field's own text. It was
/// written before there was such a field; then all of the value counts.
fn apart_from_renewals(
    schema: &Schema,
    known: Option<&RecordedResource>,
    after: &Resolved,
    differences: Vec<FieldChange>,
) -> (Vec<FieldChange>, Vec<(&'static Field, FieldChange)>) {
    let is_recorded =
        |name: &&str| after.get(name).is_none() || known.is_some_and(|known| known.properties.contains_key(*name));
    let (mut fields, mut renewals) = (vec![], vec![]);
    for change in differences {
        match schema.field(change.field()).filter(|field| field.renewed_with_replacement) {
            Some(field) if field.made_from.iter().all(is_recorded) => {
                renewals.push((field, FieldChange { forces_replacement: false, ..change }));
            }
            _ => fields.push(change),
        }
    }
    (fields, renewals)
}

/// Tells whether all differences were made behind landfall's back: what is declared was applied already.
fn is_drift(known: &RecordedResource, fields: &[FieldChange], after: &Resolved) -> bool {
    !fields.is_empty()
        && fields.iter().all(|change| {
            let recorded = known.properties.get(change.field()).unwrap_or(&Literal::Null);
            let wanted = after.get(change.field()).unwrap_or(Some(&Literal::Null));
            wanted == Some(recorded)
        })
}

fn delete(address: Address, seen: &LocatedResource, existing: Existing, reason: Reason) -> Change {
    Change {
        address,
        kind: seen.kind.clone(),
        action: Action::Delete,
        reason,
        fields: vec![],
        existing: Some(Arc::new(existing)),
        declared: None,
        after: Resolved::default(),
    }
}

fn forget(known: &Arc<RecordedResource>, standing: Standing) -> Change {
    Change {
        address: known.address.clone(),
        kind: known.kind.clone(),
        action: Action::Forget,
        reason: Reason::Vanished,
        fields: vec![],
        existing: Some(Arc::new(Existing::gone(known, standing))),
        declared: None,
        after: Resolved::default(),
    }
}

/// Returns an observation that agrees with the record, for planning without a refresh.
pub fn assume_unchanged(recorded: &Recorded, schemas: &Schemas) -> Observed {
    let seen = |known: &Arc<RecordedResource>| {
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
        let resource = ObservedResource {
            kind: known.kind.clone(),
            id: known.id.clone(),
            properties,
            outputs: known.outputs.clone(),
            readiness: Readiness::Ready,
        };
        Arc::new(LocatedResource { place: known.place.clone(), resource })
    };
    Observed {
        resources: recorded.resources.iter().map(|(address, known)| (address.clone(), seen(known))).collect(),
        surplus: recorded.deposed.iter().map(seen).collect(),
    }
}
