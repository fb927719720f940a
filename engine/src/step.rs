//! Steps: a plan cut into things to do one after the other, with the order among them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use petgraph::algo::{tarjan_scc, toposort};
use petgraph::graph::{DiGraph, NodeIndex};

use crate::address::Address;
use crate::expectation::{CALL, Expectations};
use crate::graph::Graph;
use crate::kind::{Kind, Replacement, Schemas};
use crate::place::Place;
use crate::plan::{Action, Change, Existing, Plan, Standing};
use crate::resource::{Literal, Resource};
use crate::until::Until;

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
    /// Where it is done.
    pub place: Place,
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
    /// Makes the resource. `deposes` says whether one of the same address lives on for a while.
    Create {
        /// What to make.
        resource: Arc<Resource>,
        /// Whether the state's entry at this address is an old self that still exists.
        deposes: bool,
    },
    /// Changes it in place; also sets, right after a creation, what the creating call cannot.
    Update {
        /// What it should be like.
        resource: Arc<Resource>,
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
        existing: Arc<Existing>,
        /// Whether it goes with its container, without a call of its own.
        implied: bool,
    },
    /// Takes into the state what exists.
    Import {
        /// What it should be like.
        resource: Arc<Resource>,
        /// What exists.
        existing: Arc<Existing>,
    },
    /// Takes it out of the state.
    Forget {
        /// What was recorded.
        existing: Arc<Existing>,
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
    /// The other ends of all edges, sorted by where they begin.
    successors: Vec<StepId>,
    /// Where in `successors` those of each step begin; one more than there are steps.
    first_edge: Vec<usize>,
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
        &self.successors[self.first_edge[id.0]..self.first_edge[id.0 + 1]]
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
    let mut cut = Cut::new(graph);
    for (index, change) in plan.changes.iter().enumerate() {
        cut.add_steps_of(index, change, schemas);
    }
    cut.mark_implied_deletions(schemas);
    cut.order_creations();
    cut.order_deletions();
    cut.order_replacements(plan);
    cut.finish(expectations)
}

struct Cut<'a> {
    graph: &'a Graph,
    steps: Vec<Step>,
    /// Who goes before whom; some of it more than once. What is there already is not looked for here: where a hundred
    /// thousand wait for one, that takes as long as all the rest.
    edges: Vec<(StepId, StepId)>,
    /// The first and last step that bring a declared resource into its new shape, by its number in the graph.
    shaping: Vec<Option<(StepId, StepId)>>,
    /// Deletions in the order of their addresses.
    deletions: Vec<StepId>,
    deletions_at: HashMap<Address, Vec<StepId>>,
    /// The deletion that takes another one along.
    containers: HashMap<StepId, StepId>,
    /// Changes in place, and the deletions that had better come after them. Where the change waits for the deletion, it
    /// cannot: as where what is deleted makes room for something that the change will refer to.
    lettings_go: Vec<(StepId, StepId)>,
    /// What the resources that change in place needed until now.
    needed_before: Vec<(StepId, Arc<Existing>)>,
}

fn sort(edges: &mut Vec<(StepId, StepId)>) {
    edges.sort_unstable();
    edges.dedup();
}

fn graph_of(steps: &[Step], edges: &[(StepId, StepId)]) -> DiGraph<(), ()> {
    let mut graph = DiGraph::with_capacity(steps.len(), edges.len());
    for _ in steps {
        graph.add_node(());
    }
    for (before, after) in edges {
        graph.add_edge(NodeIndex::new(before.0), NodeIndex::new(after.0), ());
    }
    graph
}

/// Returns the edges that are on no cycle of the graph.
fn without_cycles(graph: &DiGraph<(), ()>, edges: &[(StepId, StepId)]) -> Vec<(StepId, StepId)> {
    let mut component = vec![0; graph.node_count()];
    for (number, nodes) in tarjan_scc(graph).into_iter().enumerate() {
        nodes.into_iter().for_each(|node| component[node.index()] = number);
    }
    edges.iter().copied().filter(|(before, after)| component[before.0] != component[after.0]).collect()
}

impl<'a> Cut<'a> {
    fn new(graph: &'a Graph) -> Cut<'a> {
        Cut {
            graph,
            steps: vec![],
            edges: vec![],
            shaping: vec![None; graph.resources().len()],
            deletions: vec![],
            deletions_at: HashMap::new(),
            containers: HashMap::new(),
            lettings_go: vec![],
            needed_before: vec![],
        }
    }

    fn add_steps_of(&mut self, index: usize, change: &Change, schemas: &Schemas) {
        match (change.action, &change.declared, &change.existing) {
            (Action::NoOp, ..) => {}
            (Action::Create, Some(resource), _) => {
                let task = Task::Create { resource: resource.clone(), deposes: false };
                let create = self.add_step(index, change, &resource.place, task);
                self.produce(change, create, schemas, index);
            }
            (Action::Replace(order), Some(resource), Some(existing)) => {
                let deposes = order == Replacement::CreateFirst && existing.standing == Standing::Recorded;
                self.delete(index, change, existing);
                let task = Task::Create { resource: resource.clone(), deposes };
                let create = self.add_step(index, change, &resource.place, task);
                self.produce(change, create, schemas, index);
            }
            (Action::Update | Action::Import, Some(resource), Some(existing)) => {
                self.bring_into_shape(index, change, resource, existing);
            }
            (Action::Delete, _, Some(existing)) => self.delete(index, change, existing),
            (Action::Forget, _, Some(existing)) => {
                let task = Task::Forget { existing: existing.clone() };
                let _ = self.add_step(index, change, &existing.place, task);
            }
            (action, declared, existing) => unreachable!(
                "a plan has no {action:?} of {} with declared {} and existing {}",
                change.address,
                declared.is_some(),
                existing.is_some()
            ),
        }
    }

    fn add_step(&mut self, index: usize, change: &Change, place: &Place, task: Task) -> StepId {
        let (address, kind, place) = (change.address.clone(), change.kind.clone(), place.clone());
        self.steps.push(Step { address, kind, place, task, change: index, chain: Duration::ZERO });
        StepId(self.steps.len() - 1)
    }

    fn delete(&mut self, index: usize, change: &Change, existing: &Arc<Existing>) {
        let task = Task::Delete { existing: existing.clone(), implied: false };
        let step = self.add_step(index, change, &existing.place, task);
        self.deletions.push(step);
        self.deletions_at.entry(change.address.clone()).or_default().push(step);
    }

    /// What exists is taken into the state if it is not there, changed if it differs, and waited for if it is not ready.
    fn bring_into_shape(&mut self, index: usize, change: &Change, resource: &Arc<Resource>, existing: &Arc<Existing>) {
        let mut tasks = Vec::new();
        if change.action == Action::Import {
            tasks.push(Task::Import { resource: resource.clone(), existing: existing.clone() });
        }
        if !change.fields.is_empty() {
            let (resource, fields) = (resource.clone(), changed_fields(change));
            tasks.push(Task::Update { resource, fields, completes_creation: false });
        }
        if !existing.is_ready() {
            tasks.push(Task::Await);
        }
        for task in tasks {
            let step = self.add_step(index, change, &existing.place, task);
            if self.shape(&change.address, step) {
                self.needed_before.push((step, existing.clone()));
            }
        }
    }

    /// Notes a step that brings a resource into its new shape, after those noted before. Tells whether it is the first.
    fn shape(&mut self, address: &Address, step: StepId) -> bool {
        let Some(number) = self.graph.number(address) else { return false };
        let earlier = self.shaping[number];
        self.shaping[number] = Some((earlier.map_or(step, |(first, _)| first), step));
        if let Some((_, before)) = earlier {
            self.edges.push((before, step));
        }
        earlier.is_none()
    }

    fn shaping(&self, address: &Address) -> Option<(StepId, StepId)> {
        self.shaping[self.graph.number(address)?]
    }

    /// A creation is finished by an update where the creating call cannot set everything.
    fn produce(&mut self, change: &Change, create: StepId, schemas: &Schemas, index: usize) {
        self.shape(&change.address, create);
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
        let update = self.add_step(index, change, &resource.place, task);
        self.shape(&change.address, update);
    }

    fn order_creations(&mut self) {
        for (number, shaping) in self.shaping.iter().enumerate() {
            let Some((first, _)) = shaping else { continue };
            let needed = self.graph.needed_by(number).filter_map(|needed| self.shaping[needed]);
            self.edges.extend(needed.map(|(_, last)| (last, *first)));
        }
    }

    /// What is deleted goes before what it needs; so does what changes in place and needed it until now.
    fn order_deletions(&mut self) {
        let by_id = self.deletions_by_id();
        let mut edges = Vec::new();
        for step in &self.deletions {
            let Some(existing) = existing(&self.steps[step.0]) else { continue };
            let of_needed = existing.depends_on().iter().filter_map(|address| self.deletions_at.get(address));
            let mut needed: Vec<StepId> = of_needed.flatten().copied().collect();
            if existing.standing == Standing::Unrecorded {
                // The state does not know what it needs; the ids among its properties show it.
                each_text(existing.properties().into_values(), &mut |text| {
                    needed.extend(by_id.find(&existing.place, text))
                });
            }
            let container = self.containers.get(step).copied();
            for other in needed.into_iter().filter(|other| other != step) {
                if container == Some(other) {
                    edges.push((other, *step));
                } else {
                    edges.push((*step, other));
                    // What goes with its container is gone as soon as that one is.
                    if let Some(container) = self.containers.get(&other).filter(|container| *container != step) {
                        edges.push((*step, *container));
                    }
                }
            }
        }
        let mut lettings_go = Vec::new();
        for (step, existing) in &self.needed_before {
            // Where the needed one makes room for its own successor, it cannot wait for us to let go of it.
            let needed = existing.depends_on().iter().filter(|address| self.shaping(address).is_none());
            let deletions = needed.filter_map(|address| self.deletions_at.get(address)).flatten();
            lettings_go.extend(deletions.map(|deletion| (*step, *deletion)));
        }
        self.edges.extend(edges);
        self.lettings_go = lettings_go;
    }

    fn deletions_by_id(&self) -> DeletionsById<'_> {
        let mut by_place: BTreeMap<&Place, HashMap<&str, StepId>> = BTreeMap::new();
        for step in &self.deletions {
            let Some(existing) = existing(&self.steps[step.0]) else { continue };
            by_place.entry(&existing.place).or_default().insert(existing.id.as_str(), *step);
        }
        DeletionsById(by_place)
    }

    fn order_replacements(&mut self, plan: &Plan) {
        for change in &plan.changes {
            let Action::Replace(order) = change.action else { continue };
            let Some((first, last)) = self.shaping(&change.address) else { continue };
            let of_this_change = |step: &&StepId| {
                existing(&self.steps[step.0]).map(|e| (&e.id, &e.place))
                    == change.existing.as_ref().map(|e| (&e.id, &e.place))
            };
            let deletions = self.deletions_at.get(&change.address);
            let Some(old) = deletions.and_then(|steps| steps.iter().find(of_this_change)).copied() else { continue };
            match order {
                Replacement::DeleteFirst => self.edges.push((old, first)),
                Replacement::CreateFirst => {
                    self.edges.push((last, old));
                    for dependent in self.graph.dependents(&change.address) {
                        if let Some((_, settled)) = self.shaping(dependent)
                            && leans_on(plan, dependent, change)
                        {
                            self.edges.push((settled, old));
                        }
                    }
                }
            }
        }
    }

    /// Finds the deletions that need no call: their container is deleted as well and takes them along.
    fn mark_implied_deletions(&mut self, schemas: &Schemas) {
        let by_id = self.deletions_by_id();
        let container_of = |step: &StepId| {
            let rule = schemas.get(&self.steps[step.0].kind)?.dies_with?;
            let existing = existing(&self.steps[step.0])?;
            let text = |field: &str| existing.property(field).and_then(Literal::as_str);
            let container = text(rule.container)?;
            let refers_elsewhere = rule.unless_refers.iter().filter_map(|field| text(field)).any(|id| id != container);
            by_id.find(&existing.place, container).filter(|_| !refers_elsewhere).map(|container| (*step, container))
        };
        let containers: HashMap<StepId, StepId> = self.deletions.iter().filter_map(container_of).collect();
        for step in containers.keys() {
            if let Task::Delete { implied, .. } = &mut self.steps[step.0].task {
                *implied = true;
            }
        }
        self.containers = containers;
    }

    fn finish(self, expectations: &Expectations) -> Result<StepGraph, StepCycle> {
        let Cut { mut steps, mut edges, lettings_go, .. } = self;
        let by_necessity = (!lettings_go.is_empty()).then(|| edges.clone());
        edges.extend(&lettings_go);
        sort(&mut edges);
        let graph = graph_of(&steps, &edges);
        let order = match (toposort(&graph, None), by_necessity) {
            (Err(_), Some(by_necessity)) => {
                edges = by_necessity;
                edges.extend(without_cycles(&graph, &lettings_go));
                sort(&mut edges);
                toposort(&graph_of(&steps, &edges), None)
            }
            (order, _) => order,
        };
        let order = order.map_err(|cycle| {
            let step = &steps[cycle.node_id().index()];
            StepCycle { address: step.address.clone(), action: step.task.action() }
        })?;
        let mut predecessors = vec![0; steps.len()];
        edges.iter().for_each(|(_, after)| predecessors[after.0] += 1);
        let mut first_edge = vec![0; steps.len() + 1];
        edges.iter().for_each(|(before, _)| first_edge[before.0 + 1] += 1);
        (0..steps.len()).for_each(|step| first_edge[step + 1] += first_edge[step]);
        let successors = edges.into_iter().map(|(_, after)| after).collect();
        let mut graph = StepGraph { steps: vec![], successors, first_edge, predecessors };
        for step in order.into_iter().rev().map(|node| StepId(node.index())) {
            let below = graph.successors(step).iter().map(|next| steps[next.0].chain).max().unwrap_or_default();
            let own = duration(&steps[step.0], expectations);
            steps[step.0].chain = below + own;
        }
        graph.steps = steps;
        Ok(graph)
    }
}

/// The deletion of each id in each place; where two kinds share an id, the last.
struct DeletionsById<'a>(BTreeMap<&'a Place, HashMap<&'a str, StepId>>);

impl DeletionsById<'_> {
    /// Returns the deletion of what has this id for a resource in this place: of what is there, or of what belongs to no
    /// region.
    fn find(&self, place: &Place, id: &str) -> Option<StepId> {
        let here = self.0.get(place).and_then(|ids| ids.get(id));
        let global = || self.0.iter().filter(|(other, _)| other.is_global()).find_map(|(_, ids)| ids.get(id));
        here.or_else(global).copied()
    }
}

fn duration(step: &Step, expectations: &Expectations) -> Duration {
    match &step.task {
        Task::Create { .. } => {
            expectations.of(&step.kind, Until::Ready).time
                + expectations.propagation_delay(&step.kind).unwrap_or_default()
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
        .any(|existing| existing.standing == Standing::Unrecorded || existing.depends_on().contains(&replaced.address))
}

fn changed_fields(change: &Change) -> Vec<String> {
    let mut fields: Vec<String> = change.fields.iter().map(|field| field.field().to_owned()).collect();
    fields.dedup();
    fields
}

fn each_text<'a>(values: impl Iterator<Item = &'a Literal>, visit: &mut impl FnMut(&str)) {
    fn walk(value: &Literal, visit: &mut impl FnMut(&str)) {
        match value {
            Literal::String(text) => visit(text),
            Literal::Array(items) => items.iter().for_each(|item| walk(item, visit)),
            Literal::Object(map) => map.values().for_each(|item| walk(item, visit)),
            _ => {}
        }
    }
    values.for_each(|value| walk(value, visit));
}
