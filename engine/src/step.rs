//! Steps: a plan cut into things to do one after the other, with the order among them.

use std::collections::BTreeMap;
use std::time::Duration;

use petgraph::algo::toposort;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::address::Address;
use crate::expectation::{CALL, Expectations};
use crate::graph::Graph;
use crate::kind::{Kind, Replacement, Schemas};
use crate::plan::{Action, Change, Existing, Plan, Standing};
use crate::provider::Until;
use crate::resource::{Literal, Resource};

/// The number of a step within its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepId(pub usize);

/// One thing to do. Final: apply substitutes references, nothing else.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The resource.
    pub address: Address,
    /// Its kind.
    pub kind: Kind,
    /// What to do.
    pub task: Task,
    /// Index of the change in the plan that this step belongs to.
    pub change: usize,
    /// Expected time of the longest chain that begins with this step; the longest goes first.
    pub chain: Duration,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum Task {
    /// Makes the resource. `deposes` tells whether one of the same address lives on for a while.
    Create {
        /// What to make.
        resource: Box<Resource>,
        /// Whether the state's entry at this address is an old self that still exists.
        deposes: bool,
    },
    /// Changes it in place; also sets, right after a creation, what the creating call cannot.
    Update {
        /// What it should be like.
        resource: Box<Resource>,
        /// The fields to set.
        fields: Vec<String>,
        /// Whether this is the second half of a creation.
        completes_creation: bool,
    },
    /// Waits until it can be used: an earlier run made it and did not see it ready.
    Await,
    /// Deletes it.
    Delete {
        /// What exists.
        existing: Box<Existing>,
        /// Whether it goes with its container, without a call of its own.
        implied: bool,
    },
    /// Takes into the state what exists.
    Import {
        /// What it should be like.
        resource: Box<Resource>,
        /// What exists.
        existing: Box<Existing>,
    },
    /// Takes it out of the state.
    Forget {
        /// What was recorded.
        existing: Box<Existing>,
    },
}

impl Task {
    /// Returns the word for it in events and in the journal.
    pub fn action(&self) -> &'static str {
        match self {
            Task::Create { .. } => "create",
            Task::Update { completes_creation: true, .. } => "create",
            Task::Update { .. } | Task::Await => "update",
            Task::Delete { .. } => "delete",
            Task::Import { .. } => "import",
            Task::Forget { .. } => "forget",
        }
    }
}

/// The steps of a plan and their order.
#[derive(Debug, Clone, Default)]
pub struct StepGraph {
    steps: Vec<Step>,
    successors: Vec<Vec<StepId>>,
    predecessors: Vec<usize>,
}

impl StepGraph {
    /// Returns all steps; the index is the [`StepId`].
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Returns a step.
    pub fn step(&self, id: StepId) -> &Step {
        &self.steps[id.0]
    }

    /// Returns the steps that wait for this one.
    pub fn successors(&self, id: StepId) -> &[StepId] {
        &self.successors[id.0]
    }

    /// Returns how many steps this one waits for.
    pub fn predecessor_count(&self, id: StepId) -> usize {
        self.predecessors[id.0]
    }
}

/// The steps wait for each other.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("the steps of this plan wait for each other, among them: {action} {address}")]
pub struct StepCycle {
    /// A resource in the cycle.
    pub address: Address,
    /// What was to be done with it.
    pub action: &'static str,
}

/// Cuts a plan into steps.
///
/// `graph` must be the graph that the plan was made from.
///
/// # Errors
/// If the steps wait for each other. It takes a state whose recorded dependencies contradict the declared ones.
pub fn steps(
    plan: &Plan,
    graph: &Graph,
    schemas: &Schemas,
    expectations: &Expectations,
) -> Result<StepGraph, StepCycle> {
    let mut cut = Cut::default();
    for (index, change) in plan.changes.iter().enumerate() {
        cut.add_steps_of(index, change, schemas);
    }
    cut.mark_implied_deletions(schemas);
    cut.order_creations(graph);
    cut.order_deletions();
    cut.order_replacements(plan, graph);
    cut.finish(expectations)
}

#[derive(Default)]
struct Cut {
    edges: DiGraph<Step, ()>,
    /// The first and last step that bring a resource into its new shape.
    first: BTreeMap<Address, NodeIndex>,
    last: BTreeMap<Address, NodeIndex>,
    deletions: BTreeMap<Address, Vec<NodeIndex>>,
    /// The deletion that takes another one along.
    containers: BTreeMap<NodeIndex, NodeIndex>,
    /// What the resources that change in place needed until now.
    needed_before: Vec<(NodeIndex, Vec<Address>)>,
}

impl Cut {
    fn add_steps_of(&mut self, index: usize, change: &Change, schemas: &Schemas) {
        let mut step = |task| self.add_step(index, change, task);
        match (change.action, &change.declared, &change.existing) {
            (Action::NoOp, ..) => {}
            (Action::Create, Some(resource), _) => {
                let node = step(Task::Create { resource: resource.clone(), deposes: false });
                self.produce(change, node, schemas, index);
            }
            (Action::Replace(order), Some(resource), Some(existing)) => {
                let deposes = order == Replacement::CreateFirst && existing.standing == Standing::Recorded;
                let old = step(Task::Delete { existing: Box::new(existing.clone()), implied: false });
                let new = step(Task::Create { resource: resource.clone(), deposes });
                self.deletions.entry(change.address.clone()).or_default().push(old);
                self.produce(change, new, schemas, index);
            }
            (Action::Update | Action::Import, Some(resource), Some(existing)) => {
                self.bring_into_shape(index, change, resource, existing);
            }
            (Action::Delete, _, Some(existing)) => {
                let node = step(Task::Delete { existing: Box::new(existing.clone()), implied: false });
                self.deletions.entry(change.address.clone()).or_default().push(node);
            }
            (Action::Forget, _, Some(existing)) => {
                let _ = step(Task::Forget { existing: Box::new(existing.clone()) });
            }
            (action, declared, existing) => unreachable!(
                "a plan has no {action:?} of {} with declared {} and existing {}",
                change.address,
                declared.is_some(),
                existing.is_some()
            ),
        }
    }

    fn add_step(&mut self, index: usize, change: &Change, task: Task) -> NodeIndex {
        let (address, kind) = (change.address.clone(), change.kind.clone());
        self.edges.add_node(Step { address, kind, task, change: index, chain: Duration::ZERO })
    }

    /// What exists is taken into the state if it is not there, changed if it differs, and waited for if it is not ready.
    fn bring_into_shape(&mut self, index: usize, change: &Change, resource: &Resource, existing: &Existing) {
        let mut tasks = Vec::new();
        if change.action == Action::Import {
            tasks.push(Task::Import { resource: Box::new(resource.clone()), existing: Box::new(existing.clone()) });
        }
        if !change.fields.is_empty() {
            let (resource, fields) = (Box::new(resource.clone()), changed_fields(change));
            tasks.push(Task::Update { resource, fields, completes_creation: false });
        }
        if !existing.is_ready {
            tasks.push(Task::Await);
        }
        for task in tasks {
            let node = self.add_step(index, change, task);
            if let Some(before) = self.last.insert(change.address.clone(), node) {
                self.edges.add_edge(before, node, ());
            }
            let first = *self.first.entry(change.address.clone()).or_insert(node);
            if first == node {
                self.needed_before.push((node, existing.depends_on.clone()));
            }
        }
    }

    /// A creation is finished by an update where the creating call cannot set everything.
    fn produce(&mut self, change: &Change, create: NodeIndex, schemas: &Schemas, index: usize) {
        self.first.insert(change.address.clone(), create);
        self.last.insert(change.address.clone(), create);
        let Some(resource) = &change.declared else { return };
        let fields: Vec<String> = schemas
            .get(&change.kind)
            .into_iter()
            .flat_map(|schema| schema.fields)
            .filter(|field| field.set_after_creation && resource.properties.contains_key(field.name))
            .map(|field| field.name.to_owned())
            .collect();
        if fields.is_empty() {
            return;
        }
        let task = Task::Update { resource: resource.clone(), fields, completes_creation: true };
        let update = self.add_step(index, change, task);
        self.edges.add_edge(create, update, ());
        self.last.insert(change.address.clone(), update);
    }

    fn order_creations(&mut self, graph: &Graph) {
        let starts: Vec<(Address, NodeIndex)> = self.first.iter().map(|(a, n)| (a.clone(), *n)).collect();
        for (address, first) in starts {
            for needed in graph.dependencies(&address) {
                if let Some(last) = self.last.get(needed) {
                    self.edges.update_edge(*last, first, ());
                }
            }
        }
    }

    /// What is deleted goes before what it needs; so does what changes in place and needed it until now.
    fn order_deletions(&mut self) {
        let nodes: Vec<NodeIndex> = self.deletions.values().flatten().copied().collect();
        let by_id: BTreeMap<String, NodeIndex> = nodes
            .iter()
            .filter_map(|node| existing(&self.edges[*node]).map(|e| (e.id.as_str().to_owned(), *node)))
            .collect();
        for node in &nodes {
            let Some(existing) = existing(&self.edges[*node]) else { continue };
            let mut needed: Vec<NodeIndex> = existing
                .depends_on
                .iter()
                .filter_map(|address| self.deletions.get(address))
                .flatten()
                .copied()
                .collect();
            if existing.standing == Standing::Unrecorded {
                // The state cannot tell what it needs; the ids among its properties do.
                each_text(&existing.properties, &mut |text| needed.extend(by_id.get(text)));
            }
            let container = self.containers.get(node).copied();
            for other in needed.into_iter().filter(|other| other != node) {
                if container == Some(other) {
                    self.edges.update_edge(other, *node, ());
                } else {
                    self.edges.update_edge(*node, other, ());
                    // What goes with its container is gone as soon as that one is.
                    if let Some(container) = self.containers.get(&other).filter(|container| *container != node) {
                        self.edges.update_edge(*node, *container, ());
                    }
                }
            }
        }
        for (node, needed) in std::mem::take(&mut self.needed_before) {
            for address in needed {
                // Where the needed one makes room for its own successor, it cannot wait for us to let go of it.
                if self.first.contains_key(&address) {
                    continue;
                }
                for deletion in self.deletions.get(&address).into_iter().flatten() {
                    self.edges.update_edge(node, *deletion, ());
                }
            }
        }
    }

    fn order_replacements(&mut self, plan: &Plan, graph: &Graph) {
        for change in &plan.changes {
            let Action::Replace(order) = change.action else { continue };
            let (Some(first), Some(last)) = (self.first.get(&change.address), self.last.get(&change.address)) else {
                continue;
            };
            let (first, last) = (*first, *last);
            let of_this_change = |node: &&NodeIndex| {
                existing(&self.edges[**node]).map(|e| &e.id) == change.existing.as_ref().map(|e| &e.id)
            };
            let Some(old) = self.deletions.get(&change.address).and_then(|nodes| nodes.iter().find(of_this_change))
            else {
                continue;
            };
            let old = *old;
            match order {
                Replacement::DeleteFirst => {
                    self.edges.update_edge(old, first, ());
                }
                Replacement::CreateFirst => {
                    self.edges.update_edge(last, old, ());
                    for dependent in graph.dependents(&change.address) {
                        if let Some(settled) = self.last.get(dependent).filter(|_| leans_on(plan, dependent, change)) {
                            self.edges.update_edge(*settled, old, ());
                        }
                    }
                }
            }
        }
    }

    /// Finds the deletions that need no call: their container is deleted as well and takes them along.
    fn mark_implied_deletions(&mut self, schemas: &Schemas) {
        let nodes: Vec<NodeIndex> = self.deletions.values().flatten().copied().collect();
        let by_id: BTreeMap<String, NodeIndex> =
            nodes.iter().filter_map(|node| Some((existing(&self.edges[*node])?.id.to_string(), *node))).collect();
        for node in nodes {
            let Some(rule) = schemas.get(&self.edges[node].kind).and_then(|schema| schema.dies_with) else { continue };
            let Some(existing) = existing(&self.edges[node]) else { continue };
            let text = |field: &str| existing.properties.get(field).and_then(Literal::as_str);
            let Some(container_id) = text(rule.container) else { continue };
            let refers_elsewhere =
                rule.unless_refers.iter().filter_map(|field| text(field)).any(|id| id != container_id);
            let Some(container) = by_id.get(container_id).filter(|_| !refers_elsewhere) else { continue };
            self.containers.insert(node, *container);
            if let Task::Delete { implied, .. } = &mut self.edges[node].task {
                *implied = true;
            }
        }
    }

    fn finish(mut self, expectations: &Expectations) -> Result<StepGraph, StepCycle> {
        let order = toposort(&self.edges, None).map_err(|cycle| {
            let step = &self.edges[cycle.node_id()];
            StepCycle { address: step.address.clone(), action: step.task.action() }
        })?;
        for node in order.iter().rev() {
            let below = self.edges.neighbors(*node).map(|next| self.edges[next].chain).max().unwrap_or_default();
            let own = duration(&self.edges[*node], expectations);
            self.edges[*node].chain = below + own;
        }
        let successors =
            self.edges.node_indices().map(|n| self.edges.neighbors(n).map(|s| StepId(s.index())).collect()).collect();
        let predecessors = self
            .edges
            .node_indices()
            .map(|n| self.edges.neighbors_directed(n, petgraph::Direction::Incoming).count())
            .collect();
        let steps = self.edges.into_nodes_edges().0.into_iter().map(|node| node.weight).collect();
        Ok(StepGraph { steps, successors, predecessors })
    }
}

fn duration(step: &Step, expectations: &Expectations) -> Duration {
    match &step.task {
        Task::Create { .. } => {
            expectations.of(&step.kind, Until::Ready).time + expectations.known_after(&step.kind).unwrap_or_default()
        }
        Task::Delete { implied: false, .. } => expectations.of(&step.kind, Until::Gone).time,
        Task::Update { .. } | Task::Await => CALL,
        _ => Duration::ZERO,
    }
}

fn existing(step: &Step) -> Option<&Existing> {
    match &step.task {
        Task::Delete { existing, .. } => Some(existing),
        _ => None,
    }
}

/// Tells whether a resource that changes in place leans on the old self of the one that is replaced. One that is replaced
/// itself does not: its own old self goes first anyway.
fn leans_on(plan: &Plan, dependent: &Address, replaced: &Change) -> bool {
    let at = plan.changes.partition_point(|change| change.address < *dependent);
    let changes = plan.changes[at..].iter().take_while(|change| change.address == *dependent);
    let in_place = changes.filter(|change| matches!(change.action, Action::Update | Action::Import));
    in_place
        .filter_map(|change| change.existing.as_ref())
        .any(|existing| existing.standing == Standing::Unrecorded || existing.depends_on.contains(&replaced.address))
}

fn changed_fields(change: &Change) -> Vec<String> {
    let mut fields: Vec<String> = change.fields.iter().map(|field| field.field().to_owned()).collect();
    fields.dedup();
    fields
}

fn each_text(properties: &crate::resource::Literals, visit: &mut impl FnMut(&str)) {
    fn walk(value: &Literal, visit: &mut impl FnMut(&str)) {
        match value {
            Literal::String(text) => visit(text),
            Literal::Array(items) => items.iter().for_each(|item| walk(item, visit)),
            Literal::Object(map) => map.values().for_each(|item| walk(item, visit)),
            _ => {}
        }
    }
    properties.values().for_each(|value| walk(value, visit));
}
