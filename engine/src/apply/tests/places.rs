//! Two places in one plan.

use std::collections::BTreeSet;

use super::*;
use crate::attribute::attribute;
use crate::model_cloud::{here, resource_in, there};
use crate::place::Place;
use crate::plan::{Action, Reason};
use crate::providers::RefreshError;
use crate::resource::Resource;

/// Two clouds, each in a place of its own, and the state of the stack that is in both.
pub(in crate::apply) struct TwoPlaces {
    pub(in crate::apply) here: ModelCloud,
    pub(in crate::apply) there: ModelCloud,
    pub(in crate::apply) recorded: Recorded,
    options: Options,
}

impl TwoPlaces {
    pub(in crate::apply) fn new() -> TwoPlaces {
        let here = ModelCloud::default();
        let there = here.elsewhere(vec![there()]);
        let options = Options::new("run-1", 10, expectations());
        TwoPlaces { here, there, recorded: Recorded::default(), options }
    }

    fn providers(&self) -> Providers<ModelCloud> {
        Providers::of(Arc::new(self.here.clone())).and(Arc::new(self.there.clone()))
    }

    pub(in crate::apply) async fn plan(&self, graph: &Graph) -> Plan {
        let found = self.providers().refresh(&self.recorded).await.expect("both can be read");
        plan(graph, &self.recorded, &attribute(found, &self.recorded, graph), &schemas())
    }

    pub(in crate::apply) async fn apply(&mut self, graph: &Graph) -> Report {
        let (_keep, never) = watch::channel(Interrupt::None);
        self.apply_until(graph, never).await
    }

    /// Applies as the command does: records that are behind are written first.
    pub(in crate::apply) async fn apply_until(&mut self, graph: &Graph, stop: watch::Receiver<Interrupt>) -> Report {
        let plan = self.plan(graph).await;
        stale_records(&plan, &self.recorded).iter().for_each(|record| self.recorded.apply(record));
        self.carry_out(&plan, graph, self.providers(), stop).await
    }

    async fn carry_out(
        &mut self,
        plan: &Plan,
        graph: &Graph,
        providers: Providers<ModelCloud>,
        stop: watch::Receiver<Interrupt>,
    ) -> Report {
        let steps = steps(plan, graph, &schemas(), &expectations()).expect("no cycle");
        let (recorded, options) = (&mut self.recorded, &self.options);
        let mut tell = |_| ();
        let work = apply(plan, &steps, recorded, &providers, &self.here, options, stop, &mut tell);
        work.await.expect("the journal can be written")
    }

    fn logs(&self) -> [Vec<String>; 2] {
        [&self.here, &self.there].map(|cloud| std::mem::take(&mut cloud.lock().log))
    }

    fn ids_recorded(&self, place: &Place) -> BTreeSet<String> {
        self.recorded.iter().filter(|known| known.place == *place).map(|known| known.id.to_string()).collect()
    }
}

/// `count` boxes in each place.
fn boxes(count: usize) -> impl Iterator<Item = Resource> {
    (0..count).flat_map(|index| {
        [(here(), "here"), (there(), "there")]
            .map(|(place, name)| resource_in(&place, &format!("{name}/{index}"), BOX, &[]))
    })
}

fn in_two_places() -> Graph {
    graph_of([
        resource_in(&here(), "here/box", BOX, &[]),
        resource_in(&here(), "here/slow", SLOW, &["here/box"]),
        resource_in(&here(), "here/node", NODE, &["here/box"]),
        resource_in(&there(), "there/box", BOX, &[]),
        resource_in(&there(), "there/slow", SLOW, &["there/box"]).depending_on(address("here/node")),
        resource_in(&there(), "there/node", NODE, &["there/box"]),
    ])
}

#[tokio::test(start_paused = true)]
async fn two_places_of_equal_work_take_no_longer_than_one() {
    let slow = || {
        [(here(), "here"), (there(), "there")]
            .map(|(place, name)| resource_in(&place, &format!("{name}/slow"), SLOW, &[&format!("{name}/0")]))
    };
    // More calls than may be on their way at once, and something that both wait for.
    let many: Vec<Resource> = boxes(35).collect();
    let waiting: Vec<Resource> = boxes(1).chain(slow()).collect();
    for all in [many, waiting] {
        let mut took = Vec::new();
        for of_both in [false, true] {
            let mut world = TwoPlaces::new();
            let graph = graph_of(all.iter().filter(|resource| of_both || resource.place == here()).cloned());
            let plan = world.plan(&graph).await;
            let (_keep, never) = watch::channel(Interrupt::None);
            let began = Instant::now();
            let report = world.carry_out(&plan, &graph, world.providers(), never).await;
            assert_eq!(report.done.create, graph.resources().len());
            took.push(began.elapsed());
        }
        assert_eq!(took[0], took[1]);
    }
}

#[tokio::test(start_paused = true)]
async fn all_places_are_read_at_the_same_time_and_each_is_asked_for_its_own() {
    let mut world = TwoPlaces::new();
    // The model checks that it is given no record of another place.
    assert!(world.apply(&in_two_places()).await.is_complete());
    let began = Instant::now();
    let found = world.providers().refresh(&world.recorded).await.expect("both can be read");
    assert_eq!(began.elapsed(), Duration::from_millis(50));
    assert_eq!(
        found.iter().map(|(place, found)| (place.clone(), found.len())).collect::<Vec<_>>(),
        [(here(), 3), (there(), 3)]
    );
}

/// The model checks each call that it is sent.
#[tokio::test(start_paused = true)]
async fn equal_steps_of_two_places_share_no_call() {
    let mut world = TwoPlaces::new();
    let nodes = |place: Place, name: &'static str| {
        (0..20).map(move |index| resource_in(&place, &format!("{name}/{index}"), NODE, &[]))
    };
    let report = world.apply(&graph_of(nodes(here(), "here").chain(nodes(there(), "there")))).await;
    assert_eq!(report.done.create, 40);
    assert_eq!((world.here.lock().calls, world.there.lock().calls), (1, 1));
    assert_eq!((world.here.addresses().len(), world.there.addresses().len()), (20, 20));
}

#[tokio::test(start_paused = true)]
async fn the_same_id_in_two_places_is_two_things() {
    let mut world = TwoPlaces::new();
    assert!(world.apply(&in_two_places()).await.is_complete());
    assert_eq!(world.ids_recorded(&here()), world.ids_recorded(&there()), "the model counts in each place anew");
    let plan = world.plan(&in_two_places()).await;
    assert!(plan.is_empty() && plan.drift.is_empty(), "{plan:#?}");
    world.logs();

    let node_in = |name: &str| name.ends_with("/node");
    let kept = in_two_places().resources().iter().map(|resource| Resource::clone(resource)).collect::<Vec<_>>();
    let fewer =
        graph_of(kept.into_iter().filter(|resource| resource.place == here() || !node_in(resource.address.as_str())));
    assert!(world.apply(&fewer).await.is_complete());
    assert_eq!(world.logs(), [vec![], vec!["delete there/node".to_owned()]]);
    assert!(world.plan(&fewer).await.is_empty());

    assert!(world.apply(&Graph::default()).await.is_complete());
    assert!(world.recorded.is_empty());
    assert_eq!((world.here.addresses(), world.there.addresses()), (vec![], vec![]));
}

#[tokio::test(start_paused = true)]
async fn drift_in_one_place_is_told_of_that_place() {
    let mut world = TwoPlaces::new();
    let graph = graph_of(boxes(2).map(|resource| resource.with("loose", "a")));
    world.apply(&graph).await;
    world.logs();
    let second = world.there.lock().things.keys().nth(1).cloned().expect("two things");
    if let Some(thing) = world.there.lock().things.get_mut(&second) {
        thing.properties.insert("loose".to_owned(), json!("b"));
    }
    let plan = world.plan(&graph).await;
    assert_eq!(plan.drift.iter().map(|drift| (&drift.id, &drift.place)).collect::<Vec<_>>(), [(&second, &there())]);
    assert!(plan.drift[0].address.as_str().starts_with("there/"));
    assert!(world.apply(&graph).await.is_complete());
    assert_eq!(world.logs()[0], Vec::<String>::new());
    assert!(world.plan(&graph).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_cut_off_in_both_places_is_finished() {
    for cut_after in (10..400).step_by(10) {
        let mut world = TwoPlaces::new();
        let (wish, stop) = watch::channel(Interrupt::None);
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(50 + cut_after)).await;
            let _ = wish.send(Interrupt::Stop);
            std::future::pending::<()>().await;
        });
        world.apply_until(&in_two_places(), stop).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(world.apply(&in_two_places()).await.is_complete(), "cut after {cut_after} ms");
        assert_eq!(world.here.addresses(), ["here/box", "here/node", "here/slow"]);
        assert_eq!(world.there.addresses(), ["there/box", "there/node", "there/slow"]);
        assert!(world.plan(&in_two_places()).await.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_declared_for_another_place_is_made_there_and_goes_here() {
    for kind in [BOX, NODE] {
        let of = |place: &Place| graph_of([resource_in(place, "a", kind.clone(), &[]).with("loose", 1)]);
        let mut world = TwoPlaces::new();
        world.apply(&of(&here())).await;
        let moving = of(&there());
        let plan = world.plan(&moving).await;
        assert!(matches!(plan.changes[0].action, Action::Replace(_)), "{plan:#?}");
        assert_eq!(plan.changes[0].reason, Reason::Elsewhere(here()));
        world.logs();
        // The new one has the id of the old one, which is still there when a new one comes first.
        assert!(world.apply(&moving).await.is_complete());
        assert_eq!(world.logs(), [["delete a"], ["create a"]]);
        assert_eq!((world.ids_recorded(&here()).len(), world.ids_recorded(&there()).len()), (0, 1));
        assert!(world.plan(&moving).await.is_empty());
    }
}

/// The state is lost: what is in the wrong place is nobody's, and the right one is made.
#[tokio::test(start_paused = true)]
async fn a_claim_to_an_address_of_another_place_counts_for_nothing() {
    let mut world = TwoPlaces::new();
    world.apply(&graph_of([resource_in(&here(), "a", BOX, &[])])).await;
    world.recorded = Recorded::default();
    world.logs();
    let moved = graph_of([resource_in(&there(), "a", BOX, &[])]);
    let summary = world.plan(&moved).await.summary();
    assert_eq!((summary.create, summary.delete, summary.import), (1, 1, 0));
    assert!(world.apply(&moved).await.is_complete());
    assert_eq!((world.here.addresses().len(), world.there.addresses()), (0, vec!["a".to_owned()]));
    assert!(world.plan(&moved).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_place_that_cannot_be_read_is_named_and_nothing_is_taken_for_gone() {
    let mut world = TwoPlaces::new();
    world.apply(&in_two_places()).await;
    world.there.lock().unreadable = Some(CallError::Unreachable);
    let refused = world.providers().refresh(&world.recorded).await.expect_err("one place cannot be read");
    let RefreshError::Read { place, failure } = &refused else { panic!("{refused:?}") };
    assert_eq!((place, &failure.class), (&there(), &CallError::Unreachable));
    assert_eq!(refused.to_string(), "account 111122223333, south could not be read");

    let alone = Providers::of(Arc::new(world.here.clone()));
    let refused = alone.refresh(&world.recorded).await.expect_err("nobody can read the other place");
    assert!(matches!(&refused, RefreshError::NoProvider { place } if *place == there()), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn a_step_in_a_place_that_nobody_works_in_fails_and_stops_nobody_else() {
    let mut world = TwoPlaces::new();
    let graph = graph_of(boxes(2));
    let plan = world.plan(&graph).await;
    let alone = Providers::of(Arc::new(world.here.clone()));
    let (_keep, never) = watch::channel(Interrupt::None);
    let report = world.carry_out(&plan, &graph, alone, never).await;
    assert_eq!((report.done.create, report.failures.len()), (2, 2));
    assert_eq!(report.failures[0].cause.to_string(), "not sent: account 111122223333, south is not connected");
    assert_eq!(world.here.addresses(), ["here/0", "here/1"]);
}

/// As with IAM: the providers of all regions could read it, and one does.
#[tokio::test(start_paused = true)]
async fn what_belongs_to_no_region_is_read_once_by_the_first_provider() {
    let global = Place::global(here().account());
    let home = ModelCloud::in_places(vec![global.clone(), here()]);
    let other = home.elsewhere(vec![global.clone(), there()]);
    let mut world = TwoPlaces { here: home, there: other, ..TwoPlaces::new() };
    let graph = graph_of([
        resource_in(&global, "role", BOX, &[]),
        resource_in(&here(), "here", NODE, &["role"]),
        resource_in(&there(), "there", NODE, &[]).depending_on(address("role")),
    ]);
    assert!(world.apply(&graph).await.is_complete());
    assert_eq!(
        (world.here.addresses(), world.there.addresses()),
        (vec!["here".to_owned(), "role".to_owned()], vec!["there".to_owned()])
    );
    let sort = |mut places: Vec<Place>| {
        places.sort();
        places
    };
    assert_eq!(sort(world.here.lock().reads.clone()), [global, here()]);
    assert_eq!(world.there.lock().reads, [there()]);
    assert!(world.plan(&graph).await.is_empty());
    assert!(world.apply(&Graph::default()).await.is_complete());
    assert!(world.recorded.is_empty());
}
