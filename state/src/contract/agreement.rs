//! The two stores are one to whoever reads them, whatever was written.

use landfall_engine::journal::{Intent, Outcome, Record, Settled};
use landfall_engine::snapshot::RecordedResource;
use landfall_engine::step::StepId;
use proptest::prelude::*;
use serde_json::json;

use super::life::portrait;
use super::run;
use super::samples::{END, START, acme, acquire, change, event, intent, worker};
use crate::changes::ChangeStatus;
use crate::events::StoredEvent;
use crate::identity::Identity;
use crate::intents::IntentResolution;
use crate::memory::MemoryStore;
use crate::runs::{RunEnd, RunNumber, RunOutcome};
use crate::store::{Store, StoreWriter};
use crate::{SqliteStore, StoreError};

/// One use of a writer. Runs are named by their number, which may be that of no run.
#[derive(Debug, Clone)]
enum Write {
    Bind(Identity),
    Rebind(Identity),
    Facts(i64),
    Records(Vec<Record>),
    Begin,
    Intend(u32, Vec<Intent>),
    Settle(u32, Vec<Settled>),
    Close(u32, Vec<usize>),
    Change(u32, usize),
    Events(u32, Vec<StoredEvent>),
    End(u32, RunOutcome),
    /// Another holder goes on.
    Release,
}

fn any_record() -> impl Strategy<Value = Record> {
    (0..3usize, 0..3usize, 0..3u8).prop_map(|(address, id, action)| {
        let resource = RecordedResource { id: format!("i-{id}").into(), ..worker(address) };
        match action {
            0 => Record::Put(resource.into()),
            1 => Record::Depose(resource.address),
            _ => Record::Remove(resource.address, resource.place, resource.id),
        }
    })
}

fn any_settled() -> impl Strategy<Value = Settled> {
    let outcome = prop_oneof![
        Just(Outcome::Done),
        Just(Outcome::Accepted),
        Just(Outcome::Failed("Denied".to_owned())),
        Just(Outcome::Unknown("timed out".to_owned())),
    ];
    (0..5usize, outcome, prop::collection::vec(any_record(), 0..3)).prop_map(|(step, outcome, records)| Settled {
        step: StepId(step),
        outcome,
        records,
    })
}

fn any_write() -> impl Strategy<Value = Write> {
    let identity = || {
        prop_oneof![3 => Just("us-east-1"), 1 => Just("eu-west-1")]
            .prop_map(|region| Identity { region: region.to_owned(), ..acme() })
    };
    let run = || 0..4u32;
    let intents = prop::collection::vec((0..5usize, prop::sample::select(vec!["create", "update", "delete"])), 0..4);
    let intents = intents.prop_map(|all| all.into_iter().map(|(step, action)| intent(step, action)).collect());
    let outcome = prop_oneof![Just(RunOutcome::Complete), Just(RunOutcome::Interrupted)];
    prop_oneof![
        1 => identity().prop_map(Write::Bind),
        1 => identity().prop_map(Write::Rebind),
        1 => any::<i64>().prop_map(Write::Facts),
        2 => prop::collection::vec(any_record(), 0..5).prop_map(Write::Records),
        2 => Just(Write::Begin),
        4 => (run(), intents).prop_map(|(run, intents)| Write::Intend(run, intents)),
        4 => (run(), prop::collection::vec(any_settled(), 0..4)).prop_map(|(run, settled)| Write::Settle(run, settled)),
        1 => (run(), prop::collection::vec(0..5usize, 0..3)).prop_map(|(run, steps)| Write::Close(run, steps)),
        1 => (run(), 0..3usize).prop_map(|(run, number)| Write::Change(run, number)),
        2 => (run(), prop::collection::vec((1..9u64).prop_map(event), 0..4)).prop_map(|(run, all)| Write::Events(run, all)),
        1 => (run(), outcome).prop_map(|(run, outcome)| Write::End(run, outcome)),
        1 => Just(Write::Release),
    ]
}

async fn carry_out<W: StoreWriter>(writer: &W, write: Write) -> Result<(), StoreError> {
    match write {
        Write::Bind(identity) => writer.bind(&identity).await,
        Write::Rebind(identity) => writer.rebind(&identity).await,
        Write::Facts(facts) => writer.record_facts(json!(facts)).await,
        Write::Records(records) => writer.write_records(records).await,
        Write::Begin => writer.begin_run(&START).await.map(drop),
        Write::Intend(run, intents) => writer.intend(run.into(), intents).await,
        Write::Settle(run, settled) => writer.settle(run.into(), settled).await,
        Write::Close(run, steps) => {
            let run = RunNumber::from(run);
            let resolution = |step| IntentResolution { run, step: StepId(step), text: "it is gone".to_owned() };
            writer.close_open_intents(steps.into_iter().map(resolution).collect()).await
        }
        Write::Change(run, number) => {
            writer.record_changes(run.into(), vec![change(number, ChangeStatus::Done, None)]).await
        }
        Write::Events(run, events) => {
            writer.append_events(run.into(), events);
            writer.flush_events().await
        }
        Write::End(run, outcome) => writer.end_run(run.into(), &RunEnd { outcome, ..END }).await,
        Write::Release => Ok(()),
    }
}

/// Returns, for each write, whether it went well, and what others see then.
async fn told<S: Store>(store: &S, writes: Vec<Write>) -> Vec<String> {
    let mut told = Vec::new();
    let mut writer = acquire(store).await;
    for write in writes {
        if matches!(write, Write::Release) {
            writer.release().await.expect("released");
            writer = acquire(store).await;
            continue;
        }
        let outcome = match carry_out(&writer, write).await {
            Ok(()) => "done".to_owned(),
            Err(StoreError::OfAnotherStack { recorded, asked, vacant, .. }) => format!("{recorded} {asked} {vacant}"),
            Err(_) => "refused".to_owned(),
        };
        told.push(format!("{outcome} {:?}", portrait(store).await));
    }
    told
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_two_stores_are_one_to_whoever_reads_them(writes in prop::collection::vec(any_write(), 0..16)) {
        let place = tempfile::tempdir().expect("a directory");
        let on_disk = run(told(&SqliteStore::new(place.path().join("acme.db")), writes.clone()));
        let in_memory = run(told(&MemoryStore::new(), writes));
        prop_assert_eq!(on_disk, in_memory);
    }
}
