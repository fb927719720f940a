//! One writer at a time, who is known, and who writes nothing once that is over.

use std::time::Duration;

use landfall_engine::journal::Outcome;
use landfall_engine::step::StepId;
use serde_json::json;

use super::Harness;
use super::life::portrait;
use super::samples::{END, START, acme, acquire, begin, change, event, intent, put, request, settled, worker};
use crate::acquire::acquire_within;
use crate::changes::ChangeStatus;
use crate::intents::IntentResolution;
use crate::lease::LeaseRequest;
use crate::store::{Store, StoreWriter};
use crate::store_error::{AcquireError, StoreError};

#[track_caller]
fn assert_held<W: StoreWriter>(refused: Result<W, AcquireError>, by: &W) {
    match refused {
        Err(AcquireError::Held { holder: Some(holder), .. }) => assert_eq!(&*holder, by.holder()),
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("the lease was given twice"),
    }
}

/// Also to those who wait for it in vain.
pub async fn one_holder_at_a_time_who_is_named<H: Harness>(new: impl Fn() -> H) {
    let harness = new();
    let (store, other) = (harness.store(), harness.store());
    let writer = acquire(&store).await;
    let request = LeaseRequest { command: "landfall destroy".to_owned(), ..request() };
    assert_eq!(writer.holder().command, "landfall apply");
    assert_held(store.acquire(&request).await, &writer);
    assert_held(other.acquire(&request).await, &writer);
    let mut told = 0;
    let waited = acquire_within(&other, &request, Duration::from_secs(2), |_| told += 1).await;
    assert_held(waited, &writer);
    assert_eq!(told, 1, "whoever waits is told once");
}

/// Whether it is released or only dropped.
pub async fn a_lease_ends_with_its_holder<H: Harness>(new: impl Fn() -> H) {
    let harness = new();
    acquire(&harness.store()).await.release().await.expect("released");
    let writer = acquire(&harness.store()).await;
    writer.record_facts(json!(1)).await.expect("written");
    drop(writer);
    let waiting = |held: &AcquireError| panic!("{held}");
    acquire_within(&harness.store(), &request(), Duration::from_secs(2), waiting).await.expect("free again");
}

/// Not even that it has ended. Reading goes on.
pub async fn a_lapsed_lease_can_be_taken_over_and_its_holder_writes_nothing_any_more<H: Harness>(new: impl Fn() -> H) {
    let harness = new();
    let store = harness.store();
    let old = acquire(&store).await;
    old.bind(&acme()).await.expect("bound");
    let run = begin(&old).await.number();
    old.intend(run, vec![intent(1, "create")]).await.expect("written");
    harness.lapse(&old).await;
    let new = acquire(&harness.store()).await;
    let before = portrait(&store).await;

    let resolution = IntentResolution { run, step: StepId(1), text: "it exists".to_owned() };
    old.append_events(run, vec![event(1)]);
    let refused = [
        old.renew().await,
        old.bind(&acme()).await.and(old.record_facts(json!(1)).await),
        old.rebind(&acme()).await,
        old.record_facts(json!(1)).await,
        old.write_records(vec![put(worker(1))]).await,
        old.close_open_intents(vec![resolution]).await,
        old.begin_run(&START).await.map(drop),
        old.intend(run, vec![intent(2, "create")]).await,
        old.settle(run, vec![settled(1, Outcome::Done)]).await,
        old.record_changes(run, vec![change(1, ChangeStatus::Done, None)]).await,
        old.flush_events().await,
        old.end_run(run, &END).await,
    ];
    for (number, refused) in refused.into_iter().enumerate() {
        match refused {
            Err(StoreError::Fenced { holder: Some(holder), .. }) => assert_eq!(&*holder, new.holder()),
            other => panic!("write {number} of the old holder: {other:?}"),
        }
    }
    assert_eq!(portrait(&store).await, before);
    assert!(old.read().await.expect("reading goes on").is_some());
    new.record_facts(json!(2)).await.expect("the new holder writes");
    drop(old);
    assert_held(harness.store().acquire(&request()).await, &new);
    new.record_facts(json!(3)).await.expect("and goes on, though the old one is gone");
}

/// Both took the lease before there was anything, one after the other; who was late must not write over the other.
pub async fn a_holder_who_lost_the_lease_before_the_state_was_made_does_not_fence_its_maker<H: Harness>(
    new: impl Fn() -> H,
) {
    let harness = new();
    let old = acquire(&harness.store()).await;
    harness.lapse(&old).await;
    let new = acquire(&harness.store()).await;
    new.record_facts(json!("new")).await.expect("the new holder makes the state");
    let refused = old.record_facts(json!("old")).await;
    assert!(matches!(refused, Err(StoreError::Fenced { .. })), "{refused:?}");
    new.record_facts(json!("newer")).await.expect("the new holder goes on");
}

/// Nobody is in its holder's way.
pub async fn a_lapsed_lease_that_nobody_took_is_still_held<H: Harness>(new: impl Fn() -> H) {
    let harness = new();
    let writer = acquire(&harness.store()).await;
    writer.record_facts(json!(1)).await.expect("written");
    harness.lapse(&writer).await;
    writer.record_facts(json!(2)).await.expect("written");
}

/// However long that goes on.
pub async fn whoever_writes_or_renews_keeps_the_lease<H: Harness>(new: impl Fn() -> H) {
    let harness = new();
    let writer = acquire(&harness.store()).await;
    let most_of_it = LeaseRequest::LASTS * 2 / 3;
    for round in 0..4 {
        tokio::time::advance(most_of_it).await;
        if round % 2 == 0 {
            writer.record_facts(json!(round)).await.expect("written");
        } else {
            writer.renew().await.expect("held");
        }
        assert_held(harness.store().acquire(&request()).await, &writer);
    }
    tokio::time::advance(most_of_it).await;
    assert_held(harness.store().acquire(&request()).await, &writer);
}
