//! What is told while a run goes on.

use serde_json::json;

use super::Harness;
use super::samples::{END, acquire, begin, event, intent, numbers};
use crate::events::StoredEvent;
use crate::retention::{EVENT_RUNS_KEPT, EVENTS_KEPT};
use crate::runs::RunNumber;
use crate::store::{Store, StoreWriter};

async fn all<S: Store>(store: &S, run: RunNumber) -> Vec<StoredEvent> {
    store.events(run, 0, usize::MAX).await.expect("readable")
}

/// They cost no write of their own, and are there with it.
pub async fn events_share_the_next_write<H: Harness>(new: impl Fn() -> H) {
    let harness = new();
    let store = harness.store();
    let writer = acquire(&store).await;
    let run = begin(&writer).await.number();
    writer.append_events(run, vec![event(1), event(2)]);
    writer.append_events(run, vec![event(3)]);
    assert_eq!(all(&store, run).await, []);
    writer.intend(run, vec![intent(1, "create")]).await.expect("written");
    assert_eq!(all(&store, run).await, [event(1), event(2), event(3)]);
    writer.append_events(run, vec![event(4)]);
    writer.end_run(run, &END).await.expect("ended");
    assert_eq!(numbers(&all(&store, run).await), [1, 2, 3, 4]);
}

/// By whoever does not want to wait for another write, and by a release.
pub async fn events_can_be_flushed<H: Harness>(new: impl Fn() -> H) {
    let harness = new();
    let store = harness.store();
    let writer = acquire(&store).await;
    let run = begin(&writer).await.number();
    writer.append_events(run, vec![event(1)]);
    writer.flush_events().await.expect("written");
    assert_eq!(numbers(&all(&store, run).await), [1]);
    writer.append_events(run, vec![event(2)]);
    writer.release().await.expect("released");
    assert_eq!(all(&store, run).await, [event(1), event(2)]);
}

/// Piece by piece, while the run goes on.
pub async fn events_go_on_where_a_reader_was<H: Harness>(new: impl Fn() -> H) {
    let harness = new();
    let store = harness.store();
    let writer = acquire(&store).await;
    let (first, second) = (begin(&writer).await.number(), begin(&writer).await.number());
    // What interleaves in time is told apart by its run.
    writer.append_events(second, vec![event(2)]);
    writer.append_events(first, (1..=10).map(event).collect());
    writer.append_events(second, vec![event(1)]);
    writer.flush_events().await.expect("written");
    let reader = harness.store();
    let mut seen = Vec::new();
    loop {
        let after = seen.last().map_or(0, |event: &StoredEvent| event.seq);
        let some = reader.events(first, after, 3).await.expect("readable");
        assert!(some.len() <= 3);
        if some.is_empty() {
            break;
        }
        seen.extend(some);
    }
    assert_eq!(seen, (1..=10).map(event).collect::<Vec<_>>());
    writer.append_events(first, vec![event(20)]);
    writer.flush_events().await.expect("written");
    assert_eq!(reader.events(first, 10, 9).await.expect("readable"), [event(20)]);
    assert_eq!(reader.events(first, u64::MAX, 9).await.expect("readable"), []);
    assert_eq!(numbers(&all(&reader, second).await), [1, 2]);
    assert_eq!(all(&reader, RunNumber::from(3)).await, []);
}

/// Whoever hands one over again, after a failure, does no harm.
pub async fn events_of_one_number_are_one<H: Harness>(new: impl Fn() -> H) {
    let harness = new();
    let store = harness.store();
    let writer = acquire(&store).await;
    let run = begin(&writer).await.number();
    let newer = StoredEvent { event: json!("newer"), ..event(2) };
    writer.append_events(run, vec![event(1), event(2)]);
    writer.flush_events().await.expect("written");
    writer.append_events(run, vec![newer.clone(), event(3)]);
    writer.flush_events().await.expect("written");
    assert_eq!(all(&store, run).await, [event(1), newer, event(3)]);
}

/// The last ones stay.
pub async fn events_of_a_run_are_bounded<H: Harness>(new: impl Fn() -> H) {
    let harness = new();
    let store = harness.store();
    let writer = acquire(&store).await;
    let (other, run) = (begin(&writer).await.number(), begin(&writer).await.number());
    writer.append_events(other, vec![event(1)]);
    writer.flush_events().await.expect("written");
    let kept = EVENTS_KEPT as u64;
    writer.append_events(run, (1..=kept).map(event).collect());
    writer.flush_events().await.expect("written");
    assert_eq!(all(&store, run).await.len(), EVENTS_KEPT);
    writer.append_events(run, (kept + 1..=kept + 5).map(event).collect());
    writer.flush_events().await.expect("written");
    let left = numbers(&all(&store, run).await);
    assert_eq!((left.len(), left.first(), left.last()), (EVENTS_KEPT, Some(&6), Some(&(kept + 5))));
    // A number that is far ahead leaves those alone that are near it.
    writer.append_events(run, vec![event(2 * kept)]);
    writer.flush_events().await.expect("written");
    let left = numbers(&all(&store, run).await);
    assert_eq!((left.len(), left.first(), left.last()), (6, Some(&(kept + 1)), Some(&(2 * kept))));
    assert_eq!(numbers(&all(&store, other).await), [1], "another run's are no matter of it");
}

/// Their runs stay in the history.
pub async fn events_of_old_runs_go<H: Harness>(new: impl Fn() -> H) {
    let harness = new();
    let store = harness.store();
    let writer = acquire(&store).await;
    let mut runs = Vec::new();
    for _ in 0..EVENT_RUNS_KEPT + 2 {
        let run = begin(&writer).await.number();
        writer.append_events(run, vec![event(1)]);
        writer.flush_events().await.expect("written");
        runs.push(run);
    }
    let mut with_events = Vec::new();
    for run in &runs {
        with_events.extend((!all(&store, *run).await.is_empty()).then_some(*run));
    }
    assert_eq!(with_events, runs[2..]);
    assert_eq!(store.history(usize::MAX).await.expect("readable").len(), runs.len());
}
