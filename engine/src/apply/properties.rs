//! What holds for every stack, every change of it and every fault.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use proptest::prelude::*;

use super::tests::World;
use crate::attribute::{Found, attribute};
use crate::graph::Graph;
use crate::kind::Kind;
use crate::model_cloud::{BOX, LINK, NODE, SLOW, address, expectations, graph_of, here, resource, schemas};
use crate::plan::plan;
use crate::provider::CallError;
use crate::recovery::recovery;
use crate::resource::{Reference, Resource};
use crate::sensitive::Secret;
use crate::snapshot::Recorded;
use crate::step::steps;

/// One resource, as a test draws it: which of the earlier ones it refers to is a bit mask.
#[derive(Debug, Clone)]
pub(super) struct Drawn {
    pub(super) parents: u8,
    pub(super) fixed: u8,
    pub(super) loose: u8,
    late: bool,
    pub(super) present: bool,
    script: u8,
    secret: usize,
}

/// Made once: a digest takes its time.
static SECRETS: LazyLock<[Secret; 2]> =
    LazyLock::new(|| ["first-secret", "second-secret"].map(|text| Secret::new(text, "acme")));

pub(super) fn drawn() -> impl Strategy<Value = Vec<Drawn>> {
    let one = (any::<u8>(), 0..2u8, 0..2u8, any::<bool>(), prop::bool::weighted(0.8), 0..2u8, 0..3usize).prop_map(
        |(parents, fixed, loose, late, present, script, secret)| Drawn {
            parents,
            fixed,
            loose,
            late,
            present,
            script,
            secret,
        },
    );
    prop::collection::vec(one, 1..9)
}

/// The kind follows from the name, for a resource does not change its kind between two stacks.
pub(super) fn kind_of(index: usize) -> Kind {
    [BOX, NODE, SLOW, BOX, LINK, NODE, BOX, SLOW][index % 8].clone()
}

fn build(drawn: &[Drawn]) -> Graph {
    let mut names: Vec<String> = Vec::new();
    let mut resources: Vec<Resource> = Vec::new();
    for (index, one) in drawn.iter().enumerate().filter(|(_, one)| one.present) {
        let chosen = names.iter().enumerate().filter(|(i, _)| one.parents & (1 << i) != 0);
        let parents: Vec<&str> = chosen.map(|(_, name)| name.as_str()).collect();
        let name = format!("r/{index}");
        let mut new = resource(&name, kind_of(index), &parents).with("loose", one.loose);
        if kind_of(index) != LINK {
            new = new.with("fixed", one.fixed);
        } else if let Some(holder) = resources.iter().find(|r| r.kind == BOX) {
            new = resource(&name, LINK, &[]).with("box", Reference::id(&holder.address));
        }
        if one.late {
            new = new.with("late", one.loose);
        }
        // A script is made from its version and from a parameter.
        new = new.with("script", format!("{} {}", one.script, one.fixed)).with("parameter", one.fixed);
        if let Some(secret) = SECRETS.get(one.secret) {
            new = new.with("secret", secret.clone());
        }
        names.push(name);
        resources.push(new);
    }
    graph_of(resources)
}

pub(super) fn faults() -> impl Strategy<Value = Vec<(usize, &'static str, CallError)>> {
    let class = prop_oneof![
        Just(CallError::AnswerLost),
        Just(CallError::Refused),
        Just(CallError::Throttled { retry_after: None }),
        Just(CallError::NotYetVisible),
        Just(CallError::NoCapacity),
        Just(CallError::Blocked),
    ];
    let action = prop_oneof![Just("create"), Just("update"), Just("delete")];
    prop::collection::vec((0..9usize, action, class), 0..6)
}

pub(super) fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime").block_on(test);
}

async fn reach(world: &mut World, graph: &Graph) {
    for _ in 0..8 {
        if world.apply(graph).await.is_complete() {
            break;
        }
    }
    assert!(world.plan(graph).is_empty(), "{:#?}", world.plan(graph));
    let exist = world.cloud.addresses();
    let declared: Vec<String> =
        graph.resources().iter().map(|r| r.address.to_string()).collect::<BTreeSet<_>>().into_iter().collect();
    assert_eq!(exist, declared, "exactly what is declared exists, each once");
    assert!(world.recorded.deposed.is_empty());
    for resource in graph.resources() {
        let held = world.cloud.thing_at(resource.address.as_str()).properties;
        let wanted = resource.properties.get("secret").and_then(|value| value.reveal(&|_| None));
        assert_eq!(held.get("secret"), wanted.as_ref(), "the secret arrives: {}", resource.address);
        let recorded = &world.recorded.resources[&resource.address].properties;
        assert_eq!(held.get("script"), recorded.get("script"), "the record has the script that it really has");
    }
    assert!(!format!("{:?}", world.recorded).contains("-secret"));
}

proptest! {
    #[test]
    fn from_any_stack_to_any_other_under_any_faults(a in drawn(), b in drawn(), faults in faults()) {
        let (a, b) = (build(&a), build(&b));
        run(async move {
            let mut world = World::new();
            reach(&mut world, &a).await;
            for (index, action, class) in faults {
                let place = (address(&format!("r/{index}")), action);
                world.cloud.lock().script.entry(place).or_default().push(class);
            }
            reach(&mut world, &b).await;
            world.cloud.lock().script.clear();
            reach(&mut world, &Graph::default()).await;
            assert!(world.recorded.is_empty());
        });
    }

    #[test]
    fn without_a_state_everything_is_found_again(a in drawn()) {
        let a = build(&a);
        run(async move {
            let mut world = World::new();
            reach(&mut world, &a).await;
            let made = world.recorded.resources.len();
            world.recorded = Default::default();
            let plan = world.plan(&a);
            assert_eq!(plan.summary().import, made);
            assert_eq!(plan.summary().create + plan.summary().delete + plan.summary().replace, 0);
            reach(&mut world, &a).await;
            world.recorded = Default::default();
            reach(&mut world, &Graph::default()).await;
        });
    }

    /// From no state and from the copy of an earlier one alike, without a call.
    #[test]
    fn a_recovered_state_leaves_nothing_to_plan(a in drawn(), b in drawn(), has_copy in any::<bool>()) {
        let (a, b) = (build(&a), build(&b));
        run(async move {
            let mut world = World::new();
            reach(&mut world, &a).await;
            let copy = if has_copy { world.recorded.clone() } else { Recorded::default() };
            reach(&mut world, &b).await;
            world.recorded = copy;
            let recovery = recovery(&world.plan(&b), &world.recorded, &schemas());
            recovery.records.iter().for_each(|record| world.recorded.apply(record));
            let plan = world.plan(&b);
            // Of a secret that was changed in place an old copy cannot know: it is set once more.
            let is_old_secret = |change: &crate::plan::Change| change.fields.iter().all(|field| field.path == "/secret");
            assert!(plan.pending().all(|change| has_copy && is_old_secret(change)), "{plan:#?}");
            assert!(plan.drift.is_empty(), "{plan:#?}");
            assert_eq!((recovery.missing, recovery.undeclared), (vec![], vec![]));
            reach(&mut world, &Graph::default()).await;
        });
    }

    /// Neither the order in which the cloud answers nor the one in which resources are declared changes a plan.
    #[test]
    fn a_plan_is_the_same_whatever_the_order_of_the_input(
        a in drawn(),
        b in drawn(),
        has_state in any::<bool>(),
        turn in any::<prop::sample::Index>(),
    ) {
        let (a, b) = (build(&a), build(&b));
        run(async move {
            let mut world = World::new();
            reach(&mut world, &a).await;
            if !has_state {
                world.recorded = Recorded::default();
            }
            let mut found = world.cloud.found(&here());
            let plan_of = |found: Vec<Found>, graph: &Graph| {
                let observed = attribute([(here(), found)].into(), &world.recorded, graph);
                let plan = plan(graph, &world.recorded, &observed, &schemas());
                let steps = steps(&plan, graph, &schemas(), &expectations()).expect("no cycle");
                (format!("{plan:#?}"), format!("{steps:#?}"))
            };
            let expected = plan_of(found.clone(), &b);
            found.reverse();
            let at = if found.is_empty() { 0 } else { turn.index(found.len()) };
            found.rotate_left(at);
            let mut resources: Vec<Resource> = b.resources().iter().map(|r| Resource::clone(r)).collect();
            resources.reverse();
            assert_eq!(plan_of(found, &graph_of(resources)), expected);
        });
    }
}
