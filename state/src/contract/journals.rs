//! Records, facts and the journal.

use std::time::Duration;

use landfall_engine::journal::{Intent, Journal, Outcome, Record, Settled};
use landfall_engine::snapshot::Recorded;
use landfall_engine::step::StepId;
use landfall_engine::until::Until;
use serde_json::{Value, json};

use super::Harness;
use super::samples::{END, acquire, begin, change, event, intent, put, settled, snapshot, successor, worker};
use crate::changes::ChangeStatus;
use crate::intents::IntentResolution;
use crate::retention::CREATIONS_SHOWN;
use crate::runs::{Run, RunNumber};
use crate::store::{Snapshot, Store, StoreWriter};
use crate::store_journal::StoreJournal;

fn open_steps(snapshot: &Snapshot) -> Vec<usize> {
    snapshot.open_intents.iter().map(|open| open.step.0).collect()
}

/// Neither does whoever takes the lease and writes nothing.
pub async fn reading_makes_nothing<H: Harness>(new: impl Fn() -> H) {
    let harness = new();
    let store = harness.store();
    let is_nothing = async || {
        assert_eq!(store.read().await.expect("no state is no error"), None);
        assert_eq!(store.history(9).await.expect("nor is no history"), [] as [Run; 0]);
        assert_eq!(store.run(RunNumber::from(1)).await.expect("nor is no run"), None);
        assert!(store.events(RunNumber::from(1), 0, 9).await.expect("nor are no events").is_empty());
    };
    is_nothing().await;
    let writer = acquire(&store).await;
    assert_eq!(writer.read().await.expect("readable"), None);
    writer.renew().await.expect("held");
    writer.release().await.expect("released");
    is_nothing().await;
}

/// By whoever wrote it and by others, and by others later.
pub async fn what_is_written_is_read<H: Harness>(new: impl Fn() -> H) {
    let harness = new();
    let store = harness.store();
    let writer = acquire(&store).await;
    let records: Vec<Record> = [0, 1, 2, 10].map(|number| put(worker(number))).into();
    let mut model = Recorded::default();
    records.iter().for_each(|record| model.apply(record));
    writer.write_records(records).await.expect("written");
    let lineage = snapshot(&store).await.lineage;
    assert!(!lineage.is_empty());
    let own = writer.read().await.expect("readable").expect("a state");
    assert_eq!((&own.recorded, own.lineage.as_str()), (&model, lineage.as_str()));
    assert_eq!(snapshot(&store).await.recorded, model);
    assert_eq!(snapshot(&harness.store()).await.recorded, model);
    writer.release().await.expect("released");
    let later = snapshot(&harness.store()).await;
    assert_eq!((&later.recorded, later.lineage), (&model, lineage));
}

/// Also by the value that looks like none.
pub async fn facts_are_replaced_as_a_whole<H: Harness>(new: impl Fn() -> H) {
    let harness = new();
    let store = harness.store();
    let writer = acquire(&store).await;
    writer.write_records(vec![]).await.expect("written");
    assert_eq!(snapshot(&store).await.facts, None);
    for facts in [json!({"zones": ["us-east-1a"], "image": "ami-1"}), json!({"zones": []}), Value::Null] {
        writer.record_facts(facts.clone()).await.expect("written");
        assert_eq!(snapshot(&store).await.facts, Some(facts));
    }
}

/// A successor stands beside what it replaces until that is removed by its id.
pub async fn records_are_carried_out_in_their_order<H: Harness>(new: impl Fn() -> H) {
    let harness = new();
    let store = harness.store();
    let writer = acquire(&store).await;
    let life = [
        vec![put(worker(1)), put(worker(2)), put(worker(3))],
        vec![Record::Depose(worker(2).address), put(successor(2)), Record::Depose(worker(1).address)],
        vec![
            Record::Remove(worker(2).address, worker(2).place, worker(2).id),
            Record::Remove(worker(3).address, worker(3).place, "i-other".into()),
        ],
        vec![
            Record::Remove(worker(3).address, worker(3).place, worker(3).id),
            put(worker(3)),
            Record::Depose(worker(7).address),
        ],
        vec![Record::Remove(successor(2).address, successor(2).place, successor(2).id)],
    ];
    let mut model = Recorded::default();
    for records in life {
        records.iter().for_each(|record| model.apply(record));
        writer.write_records(records).await.expect("written");
        assert_eq!(snapshot(&store).await.recorded, model);
    }
    assert_eq!((model.resources.len(), model.deposed.len()), (1, 1));
}

/// And what it says comes back as it went in.
pub async fn an_intent_is_open_until_its_outcome_is_known<H: Harness>(new: impl Fn() -> H) {
    let harness = new();
    let store = harness.store();
    let writer = acquire(&store).await;
    let run = begin(&writer).await.number();
    let journal = StoreJournal::new(&writer, run);
    journal.intend((0..6).map(|step| intent(step, "create")).collect()).await.expect("written");
    assert_eq!(open_steps(&snapshot(&store).await), [0, 1, 2, 3, 4, 5]);
    let outcomes = vec![
        settled(0, Outcome::Done),
        Settled { records: vec![put(worker(1))], ..settled(1, Outcome::Accepted) },
        settled(2, Outcome::Failed("Denied".to_owned())),
        settled(3, Outcome::Unknown("timed out".to_owned())),
        // A step without an intent: it needed no call.
        Settled { records: vec![put(worker(9))], ..settled(9, Outcome::Done) },
    ];
    journal.settle(outcomes).await.expect("written");

    let found = snapshot(&store).await;
    assert_eq!(open_steps(&found), [3, 4, 5]);
    let (unknown, expected) = (&found.open_intents[0], intent(3, "create"));
    assert_eq!((unknown.run, unknown.trouble.as_deref()), (run, Some("timed out")));
    assert_eq!((&unknown.address, &unknown.kind, &unknown.id), (&expected.address, &expected.kind, &expected.id));
    assert_eq!(
        (unknown.action.as_str(), &unknown.operation, &unknown.token, &unknown.digest),
        (expected.action, &expected.operation, &expected.token, &expected.digest)
    );
    assert_eq!((&found.open_intents[1].id, &found.open_intents[1].trouble), (&intent(4, "create").id, &None));
    let recorded: Vec<_> = found.recorded.resources.keys().cloned().collect();
    assert_eq!(recorded, [worker(1).address, worker(9).address]);
    let made: Vec<_> = found.creations.iter().map(|made| made.address.clone()).collect();
    assert_eq!(made, [worker(0).address, worker(1).address]);
    let age = jiff::Timestamp::now().duration_since(found.creations[0].since);
    assert!(Duration::try_from(age).is_ok_and(|age| age < CREATIONS_SHOWN), "{age:?}");
}

/// A repetition may be batched anew and has another token then.
pub async fn a_repeated_step_has_one_intent_with_the_last_token<H: Harness>(new: impl Fn() -> H) {
    let harness = new();
    let store = harness.store();
    let writer = acquire(&store).await;
    let run = begin(&writer).await.number();
    writer.intend(run, vec![intent(1, "create")]).await.expect("written");
    writer.settle(run, vec![settled(1, Outcome::Unknown("lost".to_owned()))]).await.expect("written");
    let again = Intent { token: "batched anew".to_owned(), ..intent(1, "create") };
    writer.intend(run, vec![again]).await.expect("written");
    let open = snapshot(&store).await.open_intents;
    assert_eq!(open.len(), 1);
    assert_eq!((open[0].token.as_str(), &open[0].trouble), ("batched anew", &None));
}

/// And leaves those alone that are not open.
pub async fn the_next_run_closes_what_it_has_looked_up<H: Harness>(new: impl Fn() -> H) {
    let harness = new();
    let store = harness.store();
    let writer = acquire(&store).await;
    let run = begin(&writer).await.number();
    writer.intend(run, [1, 2, 3].map(|step| intent(step, "create")).into()).await.expect("written");
    writer.settle(run, vec![settled(3, Outcome::Done)]).await.expect("written");
    let looked_up = |step| IntentResolution { run, step: StepId(step), text: "i-1 exists".to_owned() };
    writer.close_open_intents([1, 3, 77].map(looked_up).into()).await.expect("written");
    let found = snapshot(&store).await;
    assert_eq!(open_steps(&found), [2]);
    // What was done is still known to have been done.
    assert_eq!((found.creations.len(), found.observations.len()), (1, 1));
    let next = begin(&writer).await.number();
    writer.intend(next, vec![intent(2, "delete")]).await.expect("written");
    let runs: Vec<RunNumber> = snapshot(&store).await.open_intents.into_iter().map(|open| open.run).collect();
    assert_eq!(runs, [run, next]);
}

/// They are the only record of what may exist.
pub async fn open_intents_stay_however_many_runs_follow<H: Harness>(new: impl Fn() -> H) {
    let harness = new();
    let writer = acquire(&harness.store()).await;
    let run = begin(&writer).await.number();
    writer.intend(run, [1, 2, 3].map(|step| intent(step, "create")).into()).await.expect("written");
    let outcomes = vec![settled(1, Outcome::Done), settled(3, Outcome::Unknown("lost".to_owned()))];
    writer.settle(run, outcomes).await.expect("written");
    for _ in 0..60 {
        begin(&writer).await;
    }
    assert_eq!(open_steps(&snapshot(&harness.store()).await), [2, 3]);
}

/// Creations and deletions that were done, of the last ten runs.
pub async fn earlier_runs_show_how_long_things_take<H: Harness>(new: impl Fn() -> H) {
    let harness = new();
    let store = harness.store();
    let writer = acquire(&store).await;
    let run = begin(&writer).await.number();
    let actions = ["create", "create", "delete", "create", "update"];
    let intents = actions.into_iter().enumerate().map(|(step, action)| intent(step, action)).collect();
    writer.intend(run, intents).await.expect("written");
    std::thread::sleep(Duration::from_millis(20));
    let outcomes = vec![
        settled(0, Outcome::Done),
        settled(1, Outcome::Accepted),
        settled(2, Outcome::Done),
        settled(3, Outcome::Failed("Denied".to_owned())),
        settled(4, Outcome::Done),
    ];
    writer.settle(run, outcomes).await.expect("written");
    let shown = snapshot(&store).await.observations;
    assert_eq!(shown.iter().map(|shown| shown.until).collect::<Vec<_>>(), [Until::Ready, Until::Gone]);
    assert!(shown.iter().all(|shown| shown.kind == worker(0).kind && shown.took >= Duration::from_millis(20)));
    for _ in 0..9 {
        begin(&writer).await;
    }
    assert_eq!(snapshot(&store).await.observations.len(), 2);
    begin(&writer).await;
    assert_eq!(snapshot(&store).await.observations, []);
}

/// Intents, changes and ends; and events of it are dropped. Nothing of them is kept, also when there is such a run later.
pub async fn what_belongs_to_no_run_is_refused<H: Harness>(new: impl Fn() -> H) {
    let harness = new();
    let store = harness.store();
    let writer = acquire(&store).await;
    let none = RunNumber::from(7);
    writer.intend(none, vec![intent(1, "create")]).await.expect_err("an intent of no run");
    writer.record_changes(none, vec![change(1, ChangeStatus::Done, None)]).await.expect_err("a change of no run");
    writer.end_run(none, &END).await.expect_err("an end of no run");
    let found = snapshot(&store).await;
    assert_eq!((found.open_intents.len(), found.latest_run), (0, None));
    writer.append_events(RunNumber::from(1), vec![event(1)]);
    writer.record_facts(json!(1)).await.expect("writing goes on");
    let run = begin(&writer).await.number();
    assert_eq!(store.events(run, 0, 9).await.expect("readable"), []);
}

/// Whatever its reader says: it may be used.
pub async fn a_sound_state_is_not_set_aside<H: Harness>(new: impl Fn() -> H) {
    let harness = new();
    let writer = acquire(&harness.store()).await;
    writer.set_damaged_aside().await.expect_err("there is none");
    writer.write_records(vec![put(worker(1))]).await.expect("written");
    let refused = writer.set_damaged_aside().await.expect_err("it is sound");
    assert!(!refused.advice().is_empty());
    writer.write_records(vec![put(worker(2))]).await.expect("writing goes on");
    assert_eq!(snapshot(&harness.store()).await.recorded.resources.len(), 2);
}
