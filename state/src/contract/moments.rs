//! Readers and a writer at the same time, on several threads.

use std::time::Duration;

use landfall_engine::journal::{Outcome, Record, Settled};
use landfall_engine::snapshot::RecordedResource;
use landfall_engine::step::StepId;

use super::Harness;
use super::samples::{acquire, begin, put, request, settled, snapshot, worker};
use crate::acquire::acquire_within;
use crate::store::{Snapshot, StoreWriter};

fn on_threads<T>(test: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(2).enable_time().build().expect("a runtime").block_on(test)
}

/// Two workers who change together.
fn both(generation: usize) -> Vec<Record> {
    let renewed = |number| RecordedResource { id: format!("i-{generation}").into(), ..worker(number) };
    vec![put(renewed(1)), put(renewed(2))]
}

#[track_caller]
fn generation(snapshot: &Snapshot) -> Option<String> {
    let ids: Vec<String> = snapshot.recorded.iter().map(|resource| resource.id.to_string()).collect();
    match ids.as_slice() {
        [] => None,
        [one, other] if one == other => Some(one.clone()),
        torn => panic!("half of a write is seen: {torn:?}"),
    }
}

/// Never half of what is written at that moment, and the writer never waits for them.
///
/// # Panics
/// If the store breaks the promise.
pub fn readers_see_one_moment<H: Harness>(new: impl Fn() -> H) {
    const GENERATIONS: usize = 60;
    let harness = new();
    on_threads(async {
        let writer = acquire(&harness.store()).await;
        let run = begin(&writer).await.number();
        let reader = harness.store();
        let reading = tokio::spawn(async move {
            let mut seen = Vec::new();
            loop {
                let now = generation(&snapshot(&reader).await);
                let is_last = now == Some(format!("i-{}", GENERATIONS - 1));
                if now.is_some() && seen.last() != Some(&now) {
                    seen.push(now);
                }
                if is_last {
                    return seen;
                }
            }
        });
        for number in 0..GENERATIONS {
            let done = Settled { records: both(number), ..settled(number, Outcome::Done) };
            writer.settle(run, vec![done]).await.expect("written while others read");
        }
        let seen =
            tokio::time::timeout(Duration::from_secs(60), reading).await.expect("in time").expect("no torn read");
        let mut sorted = seen.clone();
        sorted.sort_by_key(|id| id.as_ref().and_then(|id| id[2..].parse::<usize>().ok()));
        assert_eq!(seen, sorted, "time ran backwards");
    });
}

/// And those that follow it come after it, even if the holder releases the lease at once.
///
/// # Panics
/// If the store breaks the promise.
pub fn a_dropped_write_is_whole_or_undone<H: Harness>(new: impl Fn() -> H) {
    let harness = new();
    on_threads(async {
        for round in 0..20 {
            let store = harness.store();
            let waiting = |_: &_| {};
            let writer =
                acquire_within(&store, &request(), Duration::from_secs(60), waiting).await.expect("free in the end");
            let run = begin(&writer).await.number();
            let dropped = Settled { step: StepId(0), outcome: Outcome::Done, records: both(2 * round) };
            tokio::select! {
                biased;
                _ = writer.settle(run, vec![dropped]) => {}
                () = std::future::ready(()) => {}
            }
            if round % 2 == 0 {
                writer.write_records(both(2 * round + 1)).await.expect("written");
                assert_eq!(generation(&snapshot(&store).await), Some(format!("i-{}", 2 * round + 1)));
            }
            drop(writer);
            generation(&snapshot(&store).await);
        }
    });
}
