//! The journal's protocol, and what a crash leaves of it.

use std::process::{Command, Stdio};
use std::time::Duration;

use landfall_engine::journal::{Intent, Journal, Outcome, Record, Settled};
use landfall_engine::step::StepId;
use landfall_engine::until::Until;

use super::{Place, begin, block_on, intent, worker};
use crate::{IntentResolution, RunJournal, RunNumber, State, StateError};

fn settled(step: usize, outcome: Outcome) -> Settled {
    Settled { step: StepId(step), outcome, records: vec![] }
}

fn open_steps(state: &State) -> Vec<usize> {
    state.open_intents().expect("readable").into_iter().map(|open| open.step.0).collect()
}

#[test]
fn an_intent_is_open_until_its_outcome_is_known() {
    let place = Place::new();
    let state = place.open();
    let run = begin(&state, &place.lock()).number();
    let journal = RunJournal::new(state.clone(), run);
    block_on(journal.intend((0..6).map(intent).collect())).expect("written");
    assert_eq!(open_steps(&place.reader()), [0, 1, 2, 3, 4, 5]);
    let outcomes = vec![
        settled(0, Outcome::Done),
        settled(1, Outcome::Accepted),
        settled(2, Outcome::Failed("Denied".to_owned())),
        settled(3, Outcome::Unknown("timed out".to_owned())),
    ];
    block_on(journal.settle(outcomes)).expect("written");

    let open = place.reader().open_intents().expect("readable");
    assert_eq!(open.iter().map(|open| open.step.0).collect::<Vec<_>>(), [3, 4, 5]);
    let (unknown, expected) = (&open[0], intent(3));
    assert_eq!((unknown.run, unknown.trouble.as_deref()), (run, Some("timed out")));
    assert_eq!((&unknown.address, &unknown.kind, &unknown.id), (&expected.address, &expected.kind, &expected.id));
    assert_eq!(
        (unknown.action.as_str(), &unknown.operation, &unknown.token, &unknown.digest),
        (expected.action, &expected.operation, &expected.token, &expected.digest)
    );
    assert_eq!(open[1].id, intent(4).id);
}

#[test]
fn outcomes_and_resources_are_written_together() {
    let place = Place::new();
    let state = place.open();
    let run = begin(&state, &place.lock()).number();
    let journal = RunJournal::new(state.clone(), run);
    block_on(journal.intend(vec![intent(1)])).expect("written");
    let records = vec![Record::Put(worker(1).into())];
    // A step without an intent: it needed no call.
    let forgotten = Settled { step: StepId(9), outcome: Outcome::Done, records: vec![Record::Put(worker(9).into())] };
    block_on(journal.settle(vec![Settled { step: StepId(1), outcome: Outcome::Done, records }, forgotten]))
        .expect("written");
    assert_eq!(open_steps(&state), [0usize; 0]);
    assert_eq!(state.recorded().expect("readable").resources.len(), 2);
}

#[test]
fn a_repeated_step_has_one_intent_with_the_last_token() {
    let place = Place::new();
    let state = place.open();
    let journal = RunJournal::new(state.clone(), begin(&state, &place.lock()).number());
    block_on(journal.intend(vec![intent(1)])).expect("written");
    let mut again = intent(1);
    again.token = "batched anew".to_owned();
    block_on(journal.intend(vec![again])).expect("written");
    let tokens: Vec<String> = state.open_intents().expect("readable").into_iter().map(|open| open.token).collect();
    assert_eq!(tokens, ["batched anew"]);
}

#[test]
fn the_next_run_closes_what_it_has_looked_up() {
    let place = Place::new();
    let state = place.open();
    let lock = place.lock();
    let run = begin(&state, &lock).number();
    block_on(RunJournal::new(state.clone(), run).intend(vec![intent(1), intent(2)])).expect("written");
    let explain = |step| IntentResolution { run, step: StepId(step), text: "i-1 exists".to_owned() };
    state.close_open_intents(&[explain(1), explain(77)]).expect("one that is not open is left alone");
    assert_eq!(open_steps(&state), [2]);
    let next = begin(&state, &lock).number();
    block_on(RunJournal::new(state.clone(), next).intend(vec![intent(2)])).expect("written");
    let runs: Vec<RunNumber> = state.open_intents().expect("readable").into_iter().map(|open| open.run).collect();
    assert_eq!(runs, [run, next]);
}

#[test]
fn old_entries_go_and_open_ones_stay() {
    let place = Place::new();
    let state = place.open();
    let lock = place.lock();
    let journal = RunJournal::new(state.clone(), begin(&state, &lock).number());
    block_on(journal.intend(vec![intent(1), intent(2)])).expect("written");
    block_on(journal.settle(vec![settled(1, Outcome::Done)])).expect("written");
    let entries = || -> i64 {
        state.connection().query_row("SELECT count(*) FROM journal", [], |row| row.get(0)).expect("counted")
    };
    for _ in 0..50 {
        begin(&state, &lock);
    }
    assert_eq!(entries(), 2);
    begin(&state, &lock);
    assert_eq!((entries(), open_steps(&state)), (1, vec![2]));
}

#[test]
fn a_journal_that_cannot_be_written_says_so_and_writes_nothing() {
    let place = Place::new();
    let state = place.open();
    let journal = RunJournal::new(state.clone(), begin(&state, &place.lock()).number());
    let pages: i64 = state.connection().pragma_query_value(None, "page_count", |row| row.get(0)).expect("counted");
    state.connection().pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).expect("limited");
    let error = block_on(journal.intend((0..500).map(intent).collect())).expect_err("the disk is full");
    assert!(matches!(error.0.downcast_ref(), Some(StateError::Full { .. })), "{error:?}");
    assert_eq!(open_steps(&state), [0usize; 0]);
    block_on(journal.intend(vec![intent(1)])).expect("a little room is left");
}

#[test]
fn an_intent_of_no_run_is_refused() {
    let place = Place::new();
    let journal = RunJournal::new(place.open(), RunNumber::from(7));
    assert!(block_on(journal.intend(vec![intent(1)])).is_err());
}

/// A future that is dropped in the middle, as a second Ctrl-C does, loses nothing that was begun.
#[test]
fn a_write_that_nobody_waits_for_is_finished() {
    let place = Place::new();
    let state = place.open();
    let journal = RunJournal::new(state.clone(), begin(&state, &place.lock()).number());
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        tokio::select! {
            biased;
            _ = journal.intend(vec![intent(1)]) => {}
            () = std::future::ready(()) => {}
        }
    });
    drop(runtime);
    assert_eq!(open_steps(&state), [1]);
}

const CRASH_AT: &str = "LANDFALL_STATE_TEST_CRASH_AT";

/// Not a test unless the next one starts it: the process that dies between the intents and the outcomes.
#[test]
fn process_that_dies() {
    let Some(path) = std::env::var_os(CRASH_AT) else { return };
    let lock = crate::Lock::acquire(path.as_ref(), "landfall apply").expect("a free lock");
    let state = State::open(&path).expect("a state");
    let journal = RunJournal::new(state.clone(), begin(&state, &lock).number());
    block_on(journal.intend(vec![intent(1), intent(2)])).expect("written");
    block_on(journal.settle(vec![Settled {
        step: StepId(1),
        outcome: Outcome::Done,
        records: vec![Record::Put(worker(1).into())],
    }]))
    .expect("written");
    let unfinished = state.writing(|transaction| -> Result<(), crate::sqlite::error::TableError> {
        crate::sqlite::resources::write_record(transaction, &Record::Put(worker(2).into()))?;
        std::process::abort()
    });
    unreachable!("{unfinished:?}");
}

#[test]
fn a_process_that_dies_leaves_its_intents_and_no_lock() {
    let place = Place::new();
    let status = Command::new(std::env::current_exe().expect("this test program"))
        .args(["--exact", "sqlite::tests::journal::process_that_dies"])
        .env(CRASH_AT, place.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("started");
    assert!(!status.success());
    // A reader comes first, and finds a log that nobody has closed.
    let reader = place.reader();
    assert_eq!(open_steps(&reader), [2]);
    assert_eq!(reader.history(1).expect("readable")[0].status, crate::RunStatus::Crashed);
    let _lock = place.lock();
    let state = place.open();
    assert_eq!(state.recorded().expect("readable").resources.into_keys().collect::<Vec<_>>(), [worker(1).address]);
    assert_eq!(open_steps(&state), [2]);
}

#[test]
fn earlier_runs_show_how_long_things_take() {
    let place = Place::new();
    let state = place.open();
    let run = begin(&state, &place.lock()).number();
    let journal = RunJournal::new(state.clone(), run);
    let intents = vec![intent(0), intent(1), Intent { action: "delete", ..intent(2) }, intent(3)];
    block_on(journal.intend(intents)).expect("written");
    let outcomes = vec![
        settled(0, Outcome::Done),
        settled(1, Outcome::Accepted),
        settled(2, Outcome::Done),
        settled(3, Outcome::Failed("Denied".to_owned())),
    ];
    std::thread::sleep(Duration::from_millis(20));
    block_on(journal.settle(outcomes)).expect("written");

    let shown = place.reader().observations().expect("readable");
    assert_eq!(shown.iter().map(|shown| shown.until).collect::<Vec<_>>(), [Until::Ready, Until::Gone]);
    assert!(shown.iter().all(|shown| shown.kind == intent(0).kind && shown.took >= Duration::from_millis(20)));
    // Runs of long ago are not believed any more.
    for _ in 0..10 {
        begin(&state, &place.lock());
    }
    assert_eq!(state.observations().expect("readable"), []);
}
