//! Runs and what they did.

use super::Harness;
use super::samples::{END, START, acquire, begin, change, snapshot};
use crate::changes::ChangeStatus;
use crate::runs::{RunEnd, RunNumber, RunOutcome, RunStatus};
use crate::store::{Store, StoreWriter};

/// And is as long as was asked for.
pub async fn the_history_begins_with_the_last_run<H: Harness>(new: impl Fn() -> H) {
    let harness = new();
    let store = harness.store();
    let writer = acquire(&store).await;
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(begin(&writer).await);
    }
    let told: Vec<_> = store.history(3).await.expect("readable").into_iter().map(|run| run.id).collect();
    assert_eq!(told, [ids[3], ids[2], ids[1]]);
    assert_eq!(ids[0].number(), RunNumber::from(1));
    assert!(ids.windows(2).all(|pair| pair[0].uuid() != pair[1].uuid()));
    assert_eq!(snapshot(&store).await.latest_run.map(|run| run.id), Some(ids[3]));
}

/// With all that was said when it began and when it ended, and its changes in their order.
pub async fn a_run_is_told_as_it_was<H: Harness>(new: impl Fn() -> H) {
    let harness = new();
    let store = harness.store();
    let writer = acquire(&store).await;
    let id = begin(&writer).await;
    let changes = [
        change(10, ChangeStatus::Done, None),
        change(9, ChangeStatus::Failed, Some("no capacity")),
        change(8, ChangeStatus::Skipped, Some("it waits for cluster/a/worker/9")),
        change(10, ChangeStatus::Unfinished, None),
    ];
    writer.record_changes(id.number(), changes[..2].to_vec()).await.expect("written");
    writer.record_changes(id.number(), changes[2..].to_vec()).await.expect("written");
    writer.end_run(id.number(), &END).await.expect("ended");

    let told = store.run(id.number()).await.expect("readable").expect("a run");
    assert_eq!(told.changes, changes);
    assert_eq!((told.stack_text.as_deref(), told.plan_json.as_deref()), (START.stack_text, START.plan_json));
    assert_eq!(told.report_json.as_deref(), END.report_json);
    let run = told.run;
    assert_eq!((run.id, run.command.as_str(), run.version.as_str()), (id, START.command, START.version));
    assert_eq!(run.status, RunStatus::Ended(RunOutcome::Failed));
    assert_eq!((run.api_calls, run.took), (Some(END.api_calls), Some(END.took)));
    assert_eq!(&run.who, &writer.holder().who);
    assert!(run.ended.is_some_and(|ended| ended >= run.began));
    assert_eq!(store.history(5).await.expect("readable"), [run]);
    assert_eq!(store.run(RunNumber::from(2)).await.expect("readable"), None);
    for outcome in [RunOutcome::Complete, RunOutcome::Interrupted, RunOutcome::BrokenOff] {
        writer.end_run(id.number(), &RunEnd { outcome, ..END }).await.expect("ended");
        let status = store.history(1).await.expect("readable")[0].status;
        assert_eq!(status, RunStatus::Ended(outcome));
    }
}

/// And has crashed after that, also when somebody else is at work.
pub async fn a_run_without_an_end_goes_on_as_long_as_its_holder<H: Harness>(new: impl Fn() -> H) {
    let harness = new();
    let store = harness.store();
    let status = async || store.history(1).await.expect("readable")[0].status;
    let writer = acquire(&store).await;
    begin(&writer).await;
    assert_eq!(status().await, RunStatus::Running);
    assert_eq!(snapshot(&store).await.latest_run.map(|run| run.status), Some(RunStatus::Running));
    writer.release().await.expect("released");
    assert_eq!(status().await, RunStatus::Crashed);
    let _other = acquire(&harness.store()).await;
    assert_eq!(status().await, RunStatus::Crashed);
}
