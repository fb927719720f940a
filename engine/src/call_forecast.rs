//! How many calls a plan will take.
//!
//! Steps that can begin at the same time share calls as the provider joins them, and what is waited for is asked about by
//! kind, at the times at which a run looks. What goes wrong, and what is asked again for it, is not foretold.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use crate::apply::looks;
use crate::call_properties::CallProperties;
use crate::expectation::{CALL, Expectations};
use crate::forecast::earliest_starts;
use crate::kind::{Kind, Schemas};
use crate::place::Place;
use crate::plan::{Action, Plan};
use crate::provider::{Ask, Cost, Provider, ReadyStep, SharedCall};
use crate::resource::{CloudId, Literal, Literals, Reference, Resource};
use crate::step::{Step, StepGraph, StepId, Task};
use crate::until::Until;

/// Foretells how many requests carrying out the plan takes, those of planning not included.
pub fn calls<P: Provider>(plan: &Plan, steps: &StepGraph, expectations: &Expectations, provider: &P) -> usize {
    let mut alone = 0;
    let mut shared: HashMap<(Duration, Place, String), Share> = HashMap::new();
    let mut waits: BTreeMap<(Duration, Place, Kind, Until), usize> = BTreeMap::new();
    let mut costs: HashMap<(*const (), &'static str), Cost> = HashMap::new();
    for (index, (step, start)) in steps.steps().iter().zip(earliest_starts(steps)).enumerate() {
        if let Some(until) = awaited(step).filter(|until| expectations.of(&step.kind, *until).time > CALL) {
            *waits.entry((start, step.place.clone(), step.kind.clone(), until)).or_default() += 1;
        }
        let cost = match equal_content(step) {
            Some(content) => {
                costs.entry(content).or_insert_with(|| cost_of(plan, StepId(index), step, provider)).clone()
            }
            None => cost_of(plan, StepId(index), step, provider),
        };
        match cost.shared {
            None => alone += cost.requests,
            Some(SharedCall { key, at_most }) => {
                let share = shared.entry((start, step.place.clone(), key)).or_default();
                share.steps += 1;
                share.at_most = at_most.max(1);
                share.requests = share.requests.max(cost.requests);
            }
        }
    }
    let shared: usize = shared.values().map(|share| share.steps.div_ceil(share.at_most) * share.requests).sum();
    let polls: usize = waits
        .iter()
        .map(|((_, _, kind, until), count)| {
            looks(expectations.of(kind, *until)) * count.div_ceil(provider.polled_at_once().max(1))
        })
        .sum();
    alone + shared + polls
}

#[derive(Default)]
struct Share {
    steps: usize,
    at_most: usize,
    requests: usize,
}

/// Returns what a step waits for after its call.
fn awaited(step: &Step) -> Option<Until> {
    match step.task {
        Task::Create { .. } | Task::Await => Some(Until::Ready),
        Task::Delete { implied: false, .. } => Some(Until::Gone),
        Task::Update { .. } | Task::Delete { implied: true, .. } | Task::Import { .. } | Task::Forget { .. } => None,
    }
}

/// Returns what is equal for steps of equal cost: thousands of equal machines share their properties.
fn equal_content(step: &Step) -> Option<(*const (), &'static str)> {
    match &step.task {
        Task::Create { resource, .. } => Some((Arc::as_ptr(&resource.properties).cast(), "create")),
        _ => None,
    }
}

fn cost_of<P: Provider>(plan: &Plan, id: StepId, step: &Step, provider: &P) -> Cost {
    let ask = match &step.task {
        Task::Create { resource, .. } => {
            let mut properties = foreseen(resource);
            properties.retain(|name| !is_set_after_creation(provider.schemas(), &step.kind, name));
            Ask::Create { properties }
        }
        Task::Update { resource, fields, .. } => {
            let properties = foreseen(resource);
            let change = &plan.changes[step.change];
            let existing =
                change.existing.as_ref().filter(|_| matches!(change.action, Action::Update | Action::Import));
            Ask::Update {
                id: CloudId::from(step.address.as_str()),
                before: existing.map_or_else(|| Literals::clone(&properties), |existing| existing.owned_properties()),
                properties,
                fields: fields.clone(),
                outputs: Literals::new(),
            }
        }
        Task::Delete { existing, implied: false } => Ask::Delete {
            id: existing.id.clone(),
            properties: existing.owned_properties().into(),
            outputs: Literals::new(),
        },
        Task::Await | Task::Delete { implied: true, .. } | Task::Import { .. } | Task::Forget { .. } => {
            return Cost { requests: 0, shared: None };
        }
    };
    let (address, kind, place) = (step.address.clone(), step.kind.clone(), step.place.clone());
    provider.cost(&ReadyStep { step: id, address, kind, place, ask })
}

/// Returns the properties as they will be, with a name in the place of what is not known yet.
fn foreseen(resource: &Resource) -> CallProperties {
    CallProperties::of(resource, &|reference: &Reference| {
        Some(Literal::String(format!("{}.{}", reference.to, reference.output)))
    })
}

fn is_set_after_creation(schemas: &Schemas, kind: &Kind, name: &str) -> bool {
    schemas.get(kind).and_then(|schema| schema.field(name)).is_some_and(|field| field.set_after_creation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Graph;
    use crate::model_cloud::{BOX, ModelCloud, NODE, SLOW, expectations, graph_of, resource, schemas};
    use crate::plan::plan;
    use crate::snapshot::{Observed, Recorded};
    use crate::step::steps;

    fn foretold(graph: &Graph) -> usize {
        let plan = plan(graph, &Recorded::default(), &Observed::default(), &schemas());
        let steps = steps(&plan, graph, &schemas(), &expectations()).expect("no cycle");
        calls(&plan, &steps, &expectations(), &ModelCloud::default())
    }

    #[test]
    fn nothing_takes_no_call() {
        assert_eq!(foretold(&Graph::default()), 0);
    }

    #[test]
    fn each_step_that_goes_alone_is_a_call() {
        let boxes = (0..7).map(|i| resource(&format!("a/box/{i}"), BOX, &[]));
        assert_eq!(foretold(&graph_of(boxes)), 7);
    }

    #[test]
    fn equal_steps_that_begin_together_share_calls() {
        let early = (0..40).map(|i| resource(&format!("a/node/{i}"), NODE, &[]));
        let late = (0..40).map(|i| resource(&format!("b/node/{i}"), NODE, &["a/box"]));
        let all = early.chain(late).chain([resource("a/box", BOX, &[])]);
        assert_eq!(foretold(&graph_of(all)), 3);
    }

    #[test]
    fn what_is_waited_for_is_asked_about() {
        let expected = expectations().of(&SLOW, Until::Ready);
        assert_eq!(foretold(&graph_of([resource("a/slow", SLOW, &[])])), 1 + looks(expected));
    }
}
