//! What holds for every stack in two places, every change of it (moves from one to the other too) and every fault.

use std::time::Duration;

use proptest::prelude::*;
use tokio::sync::watch;

use super::Interrupt;
use super::properties::{Drawn, drawn, faults, kind_of, run};
use super::tests::places::TwoPlaces;
use crate::graph::Graph;
use crate::model_cloud::{BOX, LINK, address, graph_of, here, resource_in, there};
use crate::place::Place;
use crate::resource::{Reference, Resource};
use crate::snapshot::Recorded;

/// Where each resource is, as a bit mask. A reference stays within a place; between places there are dependencies.
fn build(drawn: &[Drawn], elsewhere: u16) -> Graph {
    let mut resources: Vec<Resource> = Vec::new();
    for (index, one) in drawn.iter().enumerate().filter(|(_, one)| one.present) {
        let place = if elsewhere & (1 << index) != 0 { there() } else { here() };
        let chosen = resources.iter().enumerate().filter(|(i, _)| one.parents & (1 << i) != 0);
        let (near, far): (Vec<&Resource>, Vec<&Resource>) =
            chosen.map(|(_, needed)| needed).partition(|needed| needed.place == place);
        let near: Vec<&str> = near.iter().map(|needed| needed.address.as_str()).collect();
        let (name, kind) = (format!("r/{index}"), kind_of(index));
        let holder = resources.iter().find(|holder| holder.kind == BOX && holder.place == place);
        let new = match holder.filter(|_| kind == LINK) {
            // What goes with its box holds on to nothing else.
            Some(holder) => resource_in(&place, &name, LINK, &[]).with("box", Reference::id(&holder.address)),
            None => {
                let new = resource_in(&place, &name, kind, &near).with("fixed", one.fixed);
                far.iter().fold(new, |new, needed| new.depending_on(needed.address.clone()))
            }
        };
        resources.push(new.with("loose", one.loose));
    }
    graph_of(resources)
}

fn declared_in(graph: &Graph, place: &Place) -> Vec<String> {
    let mut all: Vec<String> =
        graph.resources().iter().filter(|r| r.place == *place).map(|r| r.address.to_string()).collect();
    all.sort();
    all
}

async fn reach(world: &mut TwoPlaces, graph: &Graph) {
    for _ in 0..8 {
        if world.apply(graph).await.is_complete() && world.plan(graph).await.drift.is_empty() {
            break;
        }
    }
    let plan = world.plan(graph).await;
    assert!(plan.is_empty() && plan.drift.is_empty(), "{plan:#?}");
    assert_eq!(world.here.addresses(), declared_in(graph, &here()), "exactly what is declared here exists here");
    assert_eq!(world.there.addresses(), declared_in(graph, &there()), "and there what is declared there");
    let is_where_it_is_declared = |known: &crate::snapshot::RecordedResource| {
        graph.get(&known.address).is_some_and(|declared| declared.place == known.place)
    };
    assert!(world.recorded.iter().all(is_where_it_is_declared));
    assert!(world.recorded.deposed.is_empty());
}

/// Stops the run at once after so long, as a crash would; what is on its way still takes effect.
async fn cut_off(world: &mut TwoPlaces, graph: &Graph, after: u64) {
    let (wish, stop) = watch::channel(Interrupt::None);
    let crash = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(after)).await;
        let _ = wish.send(Interrupt::Stop);
        std::future::pending::<()>().await;
    });
    world.apply_until(graph, stop).await;
    crash.abort();
    tokio::time::sleep(Duration::from_secs(1)).await;
}

proptest! {
    #[test]
    fn from_any_two_places_to_any_others_under_any_faults(
        a in drawn(),
        b in drawn(),
        where_a in any::<u16>(),
        where_b in any::<u16>(),
        faults in faults(),
        crash in prop::option::of(0..500u64),
    ) {
        let (a, b) = (build(&a, where_a), build(&b, where_b));
        run(async move {
            let mut world = TwoPlaces::new();
            reach(&mut world, &a).await;
            for (index, action, class) in faults {
                let at = (address(&format!("r/{index}")), action);
                for cloud in [&world.here, &world.there] {
                    cloud.lock().script.entry(at.clone()).or_default().push(class.clone());
                }
            }
            if let Some(after) = crash {
                cut_off(&mut world, &b, after).await;
            }
            reach(&mut world, &b).await;
            for cloud in [&world.here, &world.there] {
                cloud.lock().script.clear();
            }
            reach(&mut world, &Graph::default()).await;
            assert!(world.recorded.is_empty());
        });
    }

    #[test]
    fn without_a_state_everything_is_found_again_in_its_place(a in drawn(), where_a in any::<u16>()) {
        let a = build(&a, where_a);
        run(async move {
            let mut world = TwoPlaces::new();
            reach(&mut world, &a).await;
            let made = std::mem::take(&mut world.recorded).resources.len();
            let summary = world.plan(&a).await.summary();
            assert_eq!((summary.import, summary.create + summary.delete + summary.replace), (made, 0));
            reach(&mut world, &a).await;
            world.recorded = Recorded::default();
            reach(&mut world, &Graph::default()).await;
        });
    }
}
