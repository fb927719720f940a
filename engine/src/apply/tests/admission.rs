//! Calls that the provider holds back.

use super::*;

fn nodes(count: usize) -> Graph {
    graph_of((0..count).map(|i| resource(&format!("node/{i}"), NODE, &[])))
}

fn told_to_wait(world: &World) -> usize {
    world.events.iter().filter(|event| matches!(event.status, Status::Held(_))).count()
}

#[tokio::test(start_paused = true)]
async fn what_must_wait_goes_when_its_time_has_come_and_is_told_of_once() {
    let mut world = World::new();
    // The provider's guess is too short twice.
    world.cloud.hold("node/0", [10, 20, 30]);
    let began = Instant::now();
    let report = world.apply(&nodes(3)).await;
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(began.elapsed(), Duration::from_millis(60_050));
    assert_eq!((world.cloud.lock().calls, told_to_wait(&world)), (1, 3));
    let took = world.events.iter().find_map(|event| match event.status {
        Status::Done(took) => Some(took),
        _ => None,
    });
    assert_eq!(took, Some(Duration::from_millis(50)), "its work had not begun while it waited");
}

#[tokio::test(start_paused = true)]
async fn who_waits_has_no_intent_and_keeps_nobody_else_from_going() {
    let mut world = World::new();
    world.options.parallelism = 1;
    world.cloud.hold("node/0", [600]);
    let (wish, interrupt) = watch::channel(Interrupt::None);
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(30)).await;
        let _ = wish.send(Interrupt::Drain);
        std::future::pending::<()>().await;
    });
    let graph = graph_of([resource("node/0", NODE, &[]), resource("box", BOX, &[]), resource("end", BOX, &["box"])]);
    let began = Instant::now();
    let report = world.try_apply(&graph, interrupt).await.expect("the journal can be written");
    assert_eq!(began.elapsed(), Duration::from_secs(30), "stopping does not wait for whoever waits");
    assert!(report.interrupted);
    assert_eq!(report.unfinished, [address("node/0")]);
    assert_eq!(world.cloud.addresses(), ["box", "end"]);
    assert_eq!(world.cloud.intended(), world.cloud.ledger().settled.len(), "nothing is left open");
    assert!(world.apply(&graph).await.is_complete());
}

#[tokio::test(start_paused = true)]
async fn the_longest_chain_asks_first() {
    let mut world = World::new();
    world.cloud.lock().asked = Some(vec![]);
    let graph = graph_of([resource("a", BOX, &[]), resource("b", BOX, &[]), resource("slow", SLOW, &["b"])]);
    world.apply(&graph).await;
    let asked = world.cloud.lock().asked.clone().expect("it is on");
    assert_eq!(asked.iter().map(|address| address.as_str()).collect::<Vec<_>>(), ["b", "a", "slow"]);
}

#[tokio::test(start_paused = true)]
async fn waiting_does_not_count_towards_the_timeout_of_refusals() {
    let mut world = World::new();
    world.fail("node/0", "create", CallError::Throttled { retry_after: None }, 3);
    // Between two refusals it waits for longer than refusals are retried.
    world.cloud.hold("node/0", [0, 2_000, 0, 2_000, 0, 2_000]);
    let report = world.apply(&nodes(1)).await;
    assert!(report.is_complete(), "{report:?}");
    world.fail("node/1", "create", CallError::Throttled { retry_after: None }, 10_000);
    let report = world.apply(&nodes(2)).await;
    assert_eq!(report.failures.len(), 1, "refusals alone do: {report:?}");
}
