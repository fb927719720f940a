//! What the store in a file promises beyond the contract: files that are damaged, old, replaced or full.

use std::fs;

use jiff::Timestamp;
use serde_json::json;

use super::{Place, begin, fixture, intent};
use crate::contract::run;
use crate::{
    LeaseRequest, OpenError, RunNumber, RunStart, SqliteStore, SqliteWriter, StateError, Store, StoreError,
    StoreWriter, StoredEvent,
};

fn event(seq: u64) -> StoredEvent {
    StoredEvent { seq, time: Timestamp::UNIX_EPOCH, event: json!({"type": "step", "number": seq}) }
}

fn store(place: &Place) -> SqliteStore {
    SqliteStore::new(place.path())
}

async fn acquire(place: &Place) -> SqliteWriter {
    store(place).acquire(&LeaseRequest::of_this_process("landfall recover")).await.expect("a free lease")
}

#[test]
fn a_damaged_state_is_set_aside_when_that_is_asked_for() {
    let place = Place::new();
    let bytes = b"landfall".repeat(2000);
    fs::write(place.path(), &bytes).expect("written");
    run(async {
        assert!(matches!(store(&place).read().await, Err(StoreError::Damaged { .. })));
        let writer = acquire(&place).await;
        assert!(matches!(writer.read().await, Err(StoreError::Damaged { .. })));
        assert!(matches!(writer.record_facts(json!(1)).await, Err(StoreError::Damaged { .. })));
        assert_eq!(fs::read(place.path()).expect("a file"), bytes, "nobody has asked yet");
        let aside = writer.set_damaged_aside().await.expect("moved");
        assert_eq!(fs::read(aside).expect("it is there"), bytes);
        assert_eq!(writer.read().await.expect("nothing is there"), None);
        writer.record_facts(json!(2)).await.expect("a new state begins");
        let found = store(&place).read().await.expect("readable").expect("a state");
        assert_eq!(found.facts, Some(json!(2)));
        writer.set_damaged_aside().await.expect_err("the new one is sound");
    });
}

#[test]
fn what_a_newer_landfall_wrote_is_nobodys_to_set_aside() {
    let place = Place::new();
    place.filled();
    let newer = rusqlite::Connection::open(place.path()).expect("open");
    newer.pragma_update(None, "user_version", 99).expect("set");
    drop(newer);
    let before = fs::read(place.path()).expect("a file");
    run(async {
        let writer = acquire(&place).await;
        let refused = writer.read().await.expect_err("it is newer");
        let StoreError::Unusable(unusable) = &refused else { panic!("{refused:?}") };
        assert!(matches!(unusable.fault(), Some(OpenError::NewerVersion { found: 99, .. })));
        assert!(refused.to_string().contains("has version 99"), "{refused}");
        assert_eq!(refused.advice(), "install the newer landfall; the state was not touched");
        writer.set_damaged_aside().await.expect_err("it is not damaged");
    });
    assert_eq!(fs::read(place.path()).expect("a file"), before);
}

/// The copy that a reader makes of it is not kept: it would never learn what others write.
#[test]
fn what_an_older_landfall_wrote_is_read_left_alone_and_brought_up_by_who_writes() {
    let place = Place::new();
    fs::copy(fixture("version-1.db"), place.path()).expect("copied");
    let before = fs::read(place.path()).expect("a file");
    run(async {
        let reader = store(&place);
        let found = reader.read().await.expect("readable").expect("a state");
        assert_eq!((found.recorded.resources.len(), found.open_intents.len()), (38, 5));
        assert_eq!(reader.history(9).await.expect("readable").len(), 1);
        assert_eq!(reader.events(RunNumber::from(1), 0, 9).await.expect("it has none"), []);
        assert_eq!(fs::read(place.path()).expect("a file"), before, "a reader wrote");

        let writer = acquire(&place).await;
        assert_eq!(writer.read().await.expect("readable").expect("a state").recorded, found.recorded);
        writer.append_events(RunNumber::from(1), vec![event(1)]);
        writer.flush_events().await.expect("written");
        assert_eq!(reader.events(RunNumber::from(1), 0, 9).await.expect("readable"), [event(1)]);
    });
}

#[test]
fn whoever_follows_a_run_notices_that_the_file_is_another() {
    let place = Place::new();
    place.filled();
    run(async {
        let reader = store(&place);
        assert_eq!(reader.history(9).await.expect("readable").len(), 1);
        for suffix in ["", "-wal", "-shm"] {
            let file = place.0.path().join(format!("acme.db{suffix}"));
            if file.exists() {
                fs::rename(&file, place.0.path().join(format!("old.db{suffix}"))).expect("moved");
            }
        }
        assert_eq!(reader.history(9).await.expect("there is none"), []);
        let writer = acquire(&place).await;
        writer.record_facts(json!(1)).await.expect("a new state");
        assert_eq!(reader.history(9).await.expect("readable"), []);
        let start = RunStart { command: "landfall apply", stack_text: None, plan_json: None, version: "0.1.0" };
        writer.begin_run(&start).await.expect("a run begins");
        assert_eq!(reader.history(9).await.expect("readable").len(), 1);
    });
}

/// Nothing rests on them.
#[test]
fn events_that_cannot_be_written_stop_nothing_and_wait() {
    let place = Place::new();
    let state = place.open();
    let run = begin(&state, &place.lock()).number();
    state.connection().execute_batch("ALTER TABLE events RENAME TO hidden").expect("renamed");
    state.append_events(run, vec![event(1)]);
    state.write_intents(run, &[intent(1)]).expect("written without the events");
    assert_eq!(state.open_intents().expect("readable").len(), 1);
    state.connection().execute_batch("ALTER TABLE hidden RENAME TO events").expect("renamed");
    state.flush_events().expect("written");
    assert_eq!(state.events(run, 0, 9).expect("readable"), [event(1)]);
}

/// SQLite undoes the whole transaction then. The disk is full, and that is what is said.
#[test]
fn events_that_fill_the_disk_are_a_full_disk_and_wait() {
    let place = Place::new();
    let state = place.open();
    let run = begin(&state, &place.lock()).number();
    let limit = |pages: i64| {
        state.connection().pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).expect("limited");
    };
    let pages: i64 = state.connection().pragma_query_value(None, "page_count", |row| row.get(0)).expect("counted");
    limit(pages + 2);
    state.append_events(run, (1..=5_000).map(event).collect());
    let refused = state.write_intents(run, &[intent(1)]);
    assert!(matches!(refused, Err(StateError::Full { .. })), "{refused:?}");
    assert_eq!(state.open_intents().expect("readable"), []);
    limit(1 << 20);
    state.write_intents(run, &[intent(1)]).expect("there is room again");
    assert_eq!(state.events(run, 0, usize::MAX).expect("readable").len(), 5_000);
}

/// As it happens where two believe to hold the lock.
#[test]
fn who_opened_the_state_before_another_did_writes_nothing_any_more() {
    let place = Place::new();
    let old = place.open();
    old.record_facts(&json!("old")).expect("written");
    let new = place.open();
    let refused = old.record_facts(&json!("late"));
    assert!(matches!(refused, Err(StateError::Fenced { .. })), "{refused:?}");
    new.record_facts(&json!("new")).expect("written");
    assert_eq!(old.facts().expect("reading goes on"), Some(json!("new")));
}

/// People copy the file alone, whoever is looking at it.
#[test]
fn the_file_alone_is_the_whole_state_once_the_lease_has_ended() {
    let place = Place::new();
    run(async {
        let writer = acquire(&place).await;
        writer.record_facts(json!(1)).await.expect("written");
        let reader = store(&place);
        assert_eq!(reader.history(9).await.expect("readable"), []);
        writer.record_facts(json!(2)).await.expect("written");
        writer.release().await.expect("released");
        let copy = Place::new();
        fs::copy(place.path(), copy.path()).expect("copied");
        assert_eq!(store(&copy).read().await.expect("readable").expect("a state").facts, Some(json!(2)));
        assert_eq!(reader.history(9).await.expect("readable"), []);
    });
}
