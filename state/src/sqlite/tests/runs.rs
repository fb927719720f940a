//! The history.

use std::time::Duration;

use super::{Place, begin, worker};
use crate::{ChangeStatus, Lock, RunChange, RunEnd, RunNumber, RunOutcome, RunStart, RunStatus, StateError};

#[test]
fn a_run_is_told_as_it_was() {
    let place = Place::new();
    let state = place.open();
    let lock = place.lock();
    let start = RunStart {
        command: "landfall apply --yes",
        stack_text: Some("name = \"acme\""),
        plan_json: Some("{\"format_version\":1}"),
        version: "0.1.0",
    };
    let id = state.begin_run(&lock, &start).expect("a run begins");
    let change = |number, status, error: Option<&str>| RunChange {
        address: worker(number).address,
        action: "create".to_owned(),
        status,
        error: error.map(str::to_owned),
    };
    let changes = [
        change(10, ChangeStatus::Done, None),
        change(9, ChangeStatus::Failed, Some("no capacity")),
        change(8, ChangeStatus::Skipped, Some("it waits for cluster/a/worker/9")),
        change(10, ChangeStatus::Unfinished, None),
    ];
    state.record_changes(id.number(), &changes[..2]).expect("written");
    state.record_changes(id.number(), &changes[2..]).expect("written");
    let end = RunEnd {
        outcome: RunOutcome::Failed,
        report_json: Some("{}"),
        api_calls: 84,
        took: Duration::from_millis(2500),
    };
    state.end_run(id.number(), &end).expect("ended");

    let told = place.reader().run(id.number()).expect("readable").expect("a run");
    assert_eq!(told.changes, changes);
    assert_eq!(told.stack_text.as_deref(), start.stack_text);
    assert_eq!(told.plan_json.as_deref(), start.plan_json);
    assert_eq!(told.report_json.as_deref(), end.report_json);
    let run = told.run;
    assert_eq!((run.id, run.command.as_str(), run.version.as_str()), (id, start.command, start.version));
    assert_eq!(run.status, RunStatus::Ended(RunOutcome::Failed));
    assert_eq!((run.api_calls, run.took), (Some(84), Some(Duration::from_millis(2500))));
    assert_eq!(&run.who, &lock.holder().who);
    assert!(run.ended.is_some_and(|ended| ended >= run.began));
    assert_eq!(state.history(5).expect("readable"), [run]);
    assert_eq!(state.run(RunNumber::from(2)).expect("readable"), None);
}

#[test]
fn a_run_without_an_end_is_going_on_only_while_its_process_holds_the_lock() {
    let place = Place::new();
    let state = place.open();
    let status = || place.reader().history(1).expect("readable")[0].status;
    let lock = place.lock();
    begin(&state, &lock);
    assert_eq!(status(), RunStatus::Running);
    drop(lock);
    assert_eq!(status(), RunStatus::Crashed);
    // The same process, or a later one of the same number, is at work on something else.
    let _lock = Lock::acquire(&place.path(), "landfall destroy").expect("a free lock");
    assert_eq!(status(), RunStatus::Crashed);
}

#[test]
fn the_history_begins_with_the_last_run() {
    let place = Place::new();
    let state = place.open();
    let lock = place.lock();
    let ids: Vec<_> = (0..4).map(|_| begin(&state, &lock)).collect();
    let told: Vec<_> = state.history(3).expect("readable").into_iter().map(|run| run.id).collect();
    assert_eq!(told, [ids[3], ids[2], ids[1]]);
    assert_eq!(ids[0].number().to_string(), "1");
    assert!(ids.windows(2).all(|pair| pair[0].uuid() != pair[1].uuid()));
    for outcome in [RunOutcome::Complete, RunOutcome::Interrupted, RunOutcome::BrokenOff] {
        let end = RunEnd { outcome, report_json: None, api_calls: 0, took: Duration::ZERO };
        state.end_run(ids[0].number(), &end).expect("ended");
        let run = state.run(ids[0].number()).expect("readable").expect("a run").run;
        assert_eq!(run.status, RunStatus::Ended(outcome));
    }
}

#[test]
fn an_end_without_a_run_is_an_error() {
    let place = Place::new();
    let end = RunEnd { outcome: RunOutcome::Complete, report_json: None, api_calls: 0, took: Duration::ZERO };
    assert!(place.open().end_run(RunNumber::from(3), &end).is_err());
}

/// Numbers carry no checksum, so a decayed one must be met with an error, not with an overflow.
#[test]
fn numbers_at_their_end_are_damage() {
    let place = Place::new();
    let state = place.open();
    let lock = place.lock();
    let run = begin(&state, &lock).number();
    let change =
        RunChange { address: worker(1).address, action: "create".to_owned(), status: ChangeStatus::Done, error: None };
    let changes = [change.clone(), change];
    state.record_changes(run, &changes).expect("written");
    let damage = |sql: &str| state.connection().execute(sql, [i64::MAX]).expect("damaged");
    damage("UPDATE changes SET position = ?1 WHERE position = 2");
    assert!(matches!(state.record_changes(run, &changes), Err(StateError::Damaged { .. })));
    damage(
        "INSERT INTO runs (number, uuid, command, version, user, host, pid, began) VALUES (?1, '', '', '', '', '', 1, '')",
    );
    let start = RunStart { command: "landfall apply", stack_text: None, plan_json: None, version: "0.1.0" };
    assert!(matches!(state.begin_run(&lock, &start), Err(StateError::Damaged { .. })));
    assert!(matches!(state.history(5), Err(StateError::Damaged { .. })));
}
