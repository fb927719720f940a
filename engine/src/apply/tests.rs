//! The loop against the model cloud: order, batches, waiting, repetition, failure, interruption.

mod admission;
pub(super) mod places;
mod renewed_fields;
mod sensitive_fields;

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::watch;
use tokio::time::Instant;

use super::{ApplyError, Interrupt, Options, Report, apply};
use crate::event::{Event, Status, StepEvent};
use crate::graph::Graph;
use crate::model_cloud::{BOX, LINK, ModelCloud, NODE, SLOW, address, expectations, graph_of, resource, schemas};
use crate::plan::{AskedReplacements, Plan, plan, plan_replacing};
use crate::provider::CallError;
use crate::providers::Providers;
use crate::snapshot::Recorded;
use crate::stale_records::stale_records;
use crate::step::steps;

pub(super) struct World {
    pub(super) cloud: ModelCloud,
    pub(super) recorded: Recorded,
    events: Vec<StepEvent>,
    calls: usize,
    options: Options,
}

impl World {
    pub(super) fn new() -> World {
        World {
            cloud: ModelCloud::default(),
            recorded: Recorded::default(),
            events: vec![],
            calls: 0,
            options: Options::new("run-1", 10, expectations()),
        }
    }

    pub(super) fn plan(&self, graph: &Graph) -> Plan {
        plan(graph, &self.recorded, &self.cloud.observe(&self.recorded, graph), &schemas())
    }

    /// Plans with replacements that are asked for.
    fn plan_replacing(&self, graph: &Graph, globs: &[&str]) -> Plan {
        let asked = AskedReplacements::select(globs, graph).expect("each glob selects something");
        plan_replacing(graph, &self.recorded, &self.cloud.observe(&self.recorded, graph), &schemas(), &asked)
    }

    pub(super) async fn apply(&mut self, graph: &Graph) -> Report {
        let (_keep, never) = watch::channel(Interrupt::None);
        self.try_apply(graph, never).await.expect("the journal can be written")
    }

    async fn try_apply(&mut self, graph: &Graph, interrupt: watch::Receiver<Interrupt>) -> Result<Report, ApplyError> {
        let plan = self.plan(graph);
        self.carry_out(&plan, graph, interrupt).await
    }

    async fn carry_out(
        &mut self,
        plan: &Plan,
        graph: &Graph,
        interrupt: watch::Receiver<Interrupt>,
    ) -> Result<Report, ApplyError> {
        let steps = steps(plan, graph, &schemas(), &expectations()).expect("no cycle");
        let providers = Providers::of(Arc::new(self.cloud.clone()));
        let (events, calls) = (&mut self.events, &mut self.calls);
        let mut tell = |event| match event {
            Event::Step(step) => events.push(step),
            Event::CallSent { .. } => *calls += 1,
            Event::Cancelling(_) => {}
        };
        apply(plan, &steps, &mut self.recorded, &providers, &self.cloud, &self.options, interrupt, &mut tell).await
    }

    fn fail(&self, at: &str, action: &'static str, class: CallError, times: usize) {
        self.cloud.lock().script.insert((address(at), action), vec![class; times]);
    }

    fn log(&self) -> Vec<String> {
        std::mem::take(&mut self.cloud.lock().log)
    }
}

fn small() -> Graph {
    graph_of([
        resource("box", BOX, &[]).with("late", true),
        resource("slow", SLOW, &["box"]),
        resource("node/0", NODE, &["box"]),
        resource("node/1", NODE, &["box"]),
        resource("link", LINK, &[]).with("box", crate::resource::Reference::id(&address("box"))),
        resource("end", BOX, &["slow", "node/1"]),
    ])
}

#[tokio::test(start_paused = true)]
async fn what_was_applied_needs_nothing_more_and_destroy_leaves_nothing() {
    let mut world = World::new();
    let report = world.apply(&small()).await;
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(report.done.create, 6);
    assert!(world.plan(&small()).is_empty());
    // The late property was set by an update, before anything that needs the box began.
    assert_eq!(world.log()[..2], ["create box", "update box"]);

    let report = world.apply(&Graph::default()).await;
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(world.cloud.addresses(), Vec::<String>::new());
    assert!(world.recorded.is_empty());
    let log = world.log();
    assert_eq!(log.last().map(String::as_str), Some("delete box"));
    assert!(!log.contains(&"delete link".to_owned()), "the link goes with its box: {log:?}");
}

#[tokio::test(start_paused = true)]
async fn equal_steps_share_a_call_and_polls_are_for_all() {
    let mut world = World::new();
    let nodes = (0..20).map(|i| resource(&format!("node/{i}"), NODE, &["box"]));
    world.apply(&graph_of(nodes.chain([resource("box", BOX, &[])]))).await;
    assert_eq!(world.cloud.lock().calls, 2);
}

#[tokio::test(start_paused = true)]
async fn independent_steps_run_at_once() {
    let mut world = World::new();
    let began = Instant::now();
    world.apply(&graph_of((0..10).map(|i| resource(&format!("box/{i}"), BOX, &[])))).await;
    assert_eq!(began.elapsed(), Duration::from_millis(50));

    let mut narrow = World::new();
    narrow.options.parallelism = 2;
    let began = Instant::now();
    narrow.apply(&graph_of((0..10).map(|i| resource(&format!("box/{i}"), BOX, &[])))).await;
    assert_eq!(began.elapsed(), Duration::from_millis(250));
}

/// With room for ten calls, what waits must not be looked at again for each ten that are sent.
#[tokio::test(start_paused = true)]
async fn the_loop_looks_at_each_of_many_ready_steps_a_few_times_only() {
    let mut handed = Vec::new();
    for pairs in [500, 1_000] {
        let mut world = World::new();
        // As each first one is done a second one is ready, while all the others wait.
        let first = (0..pairs).map(|i| resource(&format!("first/{i}"), BOX, &[]));
        let second = (0..pairs).map(|i| resource(&format!("second/{i}"), BOX, &[&format!("first/{i}")]));
        let report = world.apply(&graph_of(first.chain(second))).await;
        assert_eq!(report.done.create, 2 * pairs);
        let steps_handed = world.cloud.lock().steps_handed;
        handed.push(steps_handed);
    }
    assert!(handed[1] <= 2 * handed[0], "twice as many steps, handed over {handed:?} times");
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_room_shares_a_call_with_what_is_ready_later() {
    let mut world = World::new();
    world.options.parallelism = 1;
    // The box takes the only room. One node waits for room, the other for the box.
    let late = resource("node/1", NODE, &[]).starting_after(address("box"));
    let report = world.apply(&graph_of([resource("box", BOX, &[]), resource("node/0", NODE, &[]), late])).await;
    assert_eq!((report.done.create, world.cloud.lock().calls), (3, 2));
}

#[tokio::test(start_paused = true)]
async fn a_failure_stops_what_depends_on_it_and_nothing_else() {
    let mut world = World::new();
    world.fail("slow", "create", CallError::Refused, 1);
    let report = world.apply(&small()).await;
    assert_eq!(report.failures.len(), 1);
    assert_eq!(report.failures[0].address, address("slow"));
    assert_eq!(report.skipped, [(address("end"), address("slow"))]);
    assert_eq!(report.done.create, 4);
    assert_eq!(world.cloud.addresses(), ["box", "link", "node/0", "node/1"]);
    let skipped = world.events.iter().filter(|e| matches!(e.status, Status::Skipped(_))).count();
    assert_eq!(skipped, 1);

    let report = world.apply(&small()).await;
    assert!(report.is_complete(), "a later apply goes on from there: {report:?}");
    assert_eq!(report.done.create, 2);
}

#[tokio::test(start_paused = true)]
async fn throttling_and_lag_are_waited_out() {
    let mut world = World::new();
    world.fail("box", "create", CallError::Throttled { retry_after: Some(Duration::from_secs(3)) }, 5);
    world.fail("node/0", "create", CallError::NotYetVisible, 4);
    let report = world.apply(&small()).await;
    assert!(report.is_complete(), "{report:?}");
    assert!(world.plan(&small()).is_empty());
}

#[tokio::test(start_paused = true)]
async fn repetition_ends_at_the_timeout() {
    let mut world = World::new();
    world.fail("box", "create", CallError::NotYetVisible, 10_000);
    let began = Instant::now();
    let report = world.apply(&small()).await;
    assert_eq!(report.failures.len(), 1);
    assert!(began.elapsed() >= world.options.visibility_timeout);
    assert!(began.elapsed() < world.options.visibility_timeout + Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_adopted_by_the_next_run() {
    let mut world = World::new();
    world.fail("box", "create", CallError::AnswerLost, 1);
    let report = world.apply(&small()).await;
    assert_eq!(report.failures.len(), 1);
    assert_eq!(world.cloud.addresses(), ["box"], "it was made, though nobody knows");
    let next = world.plan(&small());
    assert_eq!(next.summary().import, 1);
    assert_eq!(next.summary().create, 5);
    assert!(world.apply(&small()).await.is_complete());
    assert_eq!(world.cloud.addresses().len(), 6, "nothing was made twice");
    assert!(world.plan(&small()).is_empty());
}

#[tokio::test(start_paused = true)]
async fn create_first_keeps_the_old_one_until_the_new_one_works() {
    let before = graph_of([resource("box", BOX, &[]), resource("node/0", NODE, &["box"]).with("fixed", 1)]);
    let after = graph_of([resource("box", BOX, &[]), resource("node/0", NODE, &["box"]).with("fixed", 2)]);
    let mut world = World::new();
    world.apply(&before).await;
    world.log();
    world.fail("node/0", "create", CallError::NoCapacity, 1);
    let report = world.apply(&after).await;
    assert_eq!(report.failures.len(), 1);
    assert_eq!(world.cloud.addresses(), ["box", "node/0"], "the old one still works");
    assert!(world.plan(&before).is_empty(), "and is still recorded");

    assert!(world.apply(&after).await.is_complete());
    assert_eq!(world.log(), ["create node/0", "delete node/0"]);
    assert!(world.recorded.deposed.is_empty());
    assert!(world.plan(&after).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_replacement_that_broke_off_is_finished() {
    let before = graph_of([resource("node/0", NODE, &[]).with("fixed", 1)]);
    let after = graph_of([resource("node/0", NODE, &[]).with("fixed", 2)]);
    let mut world = World::new();
    world.apply(&before).await;
    world.fail("node/0", "delete", CallError::Denied, 1);
    assert_eq!(world.apply(&after).await.failures.len(), 1);
    assert_eq!(world.recorded.deposed.len(), 1);
    assert_eq!(world.plan(&after).summary().delete, 1);
    assert!(world.apply(&after).await.is_complete());
    assert_eq!(world.cloud.addresses(), ["node/0"]);
    assert!(world.plan(&after).is_empty());
}

#[tokio::test(start_paused = true)]
async fn inside_something_that_goes_first_nothing_comes_first() {
    let stack = |fixed| {
        graph_of([
            resource("box", BOX, &[]).with("fixed", fixed),
            resource("node/0", NODE, &["box"]),
            resource("node/1", NODE, &["node/0"]),
        ])
    };
    let mut world = World::new();
    world.apply(&stack(1)).await;
    world.log();
    assert!(world.apply(&stack(2)).await.is_complete());
    let expected = ["delete node/1", "delete node/0", "delete box", "create box", "create node/0", "create node/1"];
    assert_eq!(world.log(), expected);
}

#[tokio::test(start_paused = true)]
async fn one_interrupt_finishes_what_is_on_its_way() {
    let mut world = World::new();
    let (wish, interrupt) = watch::channel(Interrupt::None);
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(70)).await;
        let _ = wish.send(Interrupt::Drain);
        std::future::pending::<()>().await;
    });
    let report = world.try_apply(&small(), interrupt).await.expect("the journal can be written");
    assert!(report.interrupted);
    assert!(!report.is_complete());
    assert_eq!(world.cloud.addresses().len(), world.recorded.resources.len(), "all that was made is recorded");
    assert!(world.apply(&small()).await.is_complete());
    assert!(world.plan(&small()).is_empty());
}

/// Its answer would not count any more.
#[tokio::test(start_paused = true)]
async fn an_interrupt_does_not_wait_for_a_poll() {
    let mut world = World::new();
    world.cloud.lock().poll_takes = Some(Duration::from_secs(900));
    let (wish, interrupt) = watch::channel(Interrupt::None);
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(5)).await;
        let _ = wish.send(Interrupt::Drain);
        std::future::pending::<()>().await;
    });
    let begun = Instant::now();
    let graph = graph_of([resource("slow", SLOW, &[])]);
    let report = world.try_apply(&graph, interrupt).await.expect("the journal can be written");
    assert!(report.interrupted);
    assert!(begun.elapsed() < Duration::from_secs(10), "it took {:?}", begun.elapsed());
    world.cloud.lock().poll_takes = None;
    assert!(world.apply(&graph).await.is_complete());
}

#[tokio::test(start_paused = true)]
async fn a_second_interrupt_loses_nothing() {
    let mut world = World::new();
    let (wish, interrupt) = watch::channel(Interrupt::None);
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(120)).await;
        let _ = wish.send(Interrupt::Stop);
        std::future::pending::<()>().await;
    });
    let report = world.try_apply(&small(), interrupt).await.expect("the journal can be written");
    assert!(report.interrupted);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(world.apply(&small()).await.is_complete());
    assert_eq!(world.cloud.addresses().len(), 6);
    assert!(world.plan(&small()).is_empty());
}

#[tokio::test(start_paused = true)]
async fn no_call_is_sent_when_the_state_cannot_be_written() {
    let mut world = World::new();
    world.cloud.ledger().refuse_writes_after = Some(2);
    let (_keep, never) = watch::channel(Interrupt::None);
    let error = world.try_apply(&small(), never).await.expect_err("the disk is full");
    let ApplyError::Journal { .. } = error;
    assert_eq!(world.log(), ["create box"], "what was on its way took effect, nothing more was sent");
}

#[tokio::test(start_paused = true)]
async fn something_pending_from_an_earlier_run_is_waited_for() {
    let mut world = World::new();
    world.options.wait_timeout = Duration::from_millis(100);
    let report = world.apply(&small()).await;
    assert_eq!(report.failures.len(), 1, "slow was not ready in time: {report:?}");
    world.options.wait_timeout = Duration::from_secs(900);
    assert!(world.apply(&small()).await.is_complete());
    assert!(world.plan(&small()).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_change_behind_our_back_is_undone() {
    let graph = graph_of([resource("box", BOX, &[]).with("loose", "a")]);
    let mut world = World::new();
    world.apply(&graph).await;
    for thing in world.cloud.lock().things.values_mut() {
        thing.properties.insert("loose".to_owned(), json!("b"));
    }
    let plan = world.plan(&graph);
    assert_eq!((plan.summary().update, plan.drift.len()), (1, 1));
    assert!(world.apply(&graph).await.is_complete());
    assert!(world.plan(&graph).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_change_of_others_that_is_then_declared_needs_a_record_and_no_call() {
    let stack = |loose: &str| graph_of([resource("box", BOX, &[]).with("loose", loose)]);
    let mut world = World::new();
    world.apply(&stack("a")).await;
    for thing in world.cloud.lock().things.values_mut() {
        thing.properties.insert("loose".to_owned(), json!("b"));
    }
    let plan = world.plan(&stack("b"));
    assert!(plan.is_empty());
    assert_eq!(plan.drift.len(), 1, "the state says otherwise");
    for record in stale_records(&plan, &world.recorded) {
        world.recorded.apply(&record);
    }
    let plan = world.plan(&stack("b"));
    assert_eq!((plan.drift.len(), stale_records(&plan, &world.recorded).len()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn what_others_took_away_and_is_not_declared_any_more_needs_a_record_and_no_call() {
    let mut world = World::new();
    world.apply(&graph_of([resource("box", BOX, &[]).with("loose", "a")])).await;
    for thing in world.cloud.lock().things.values_mut() {
        thing.properties.remove("loose");
    }
    let graph = graph_of([resource("box", BOX, &[])]);
    let plan = world.plan(&graph);
    assert!(plan.is_empty());
    for record in stale_records(&plan, &world.recorded) {
        world.recorded.apply(&record);
    }
    assert_eq!(world.plan(&graph).drift, vec![]);
}

/// What lets go of another should do so before that one goes. Here it cannot: it is to lean on a new one, which needs the
/// replacement of what the other one needs.
#[tokio::test(start_paused = true)]
async fn what_waits_for_a_deletion_does_not_let_go_before_it() {
    let stack = |fixed: u8, middle: &str| {
        graph_of([
            resource("base", BOX, &[]).with("fixed", fixed),
            resource(middle, NODE, &["base"]),
            resource("top", BOX, &[]).with("loose", fixed).depending_on(address(middle)),
        ])
    };
    let mut world = World::new();
    assert!(world.apply(&stack(0, "old")).await.is_complete());
    assert!(world.apply(&stack(1, "new")).await.is_complete());
    assert!(world.plan(&stack(1, "new")).is_empty());
}
