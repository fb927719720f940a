//! A scripted life of a state, with each sort of write, and what others see of it.

use std::error::Error;

use landfall_engine::address::Address;
use landfall_engine::journal::{Outcome, Record, Settled};
use landfall_engine::snapshot::Recorded;
use landfall_engine::step::StepId;
use landfall_engine::until::Until;
use serde_json::{Value, json};

use super::samples::{END, START, acme, change, event, intent, put, request, settled, successor, worker};
use crate::changes::{ChangeStatus, RunChange};
use crate::events::StoredEvent;
use crate::identity::Identity;
use crate::intents::IntentResolution;
use crate::runs::{RunNumber, RunOutcome, RunStatus};
use crate::store::{Store, StoreWriter};

/// Plays the life. `acknowledged` is called after each write that was acknowledged.
///
/// # Errors
/// If a write fails: the process is dead.
pub async fn life<S: Store>(store: &S, acknowledged: &mut impl AsyncFnMut()) -> Result<(), Box<dyn Error>> {
    let writer = store.acquire(&request()).await?;
    writer.bind(&acme()).await?;
    acknowledged().await;
    writer.record_facts(json!({"zones": ["us-east-1a"]})).await?;
    acknowledged().await;
    let run = writer.begin_run(&START).await?.number();
    acknowledged().await;
    writer.append_events(run, vec![event(1), event(2)]);
    writer.intend(run, [0, 1, 2].map(|step| intent(step, "create")).into()).await?;
    acknowledged().await;
    writer.append_events(run, vec![event(3)]);
    let outcomes = vec![
        Settled { records: vec![put(worker(0))], ..settled(0, Outcome::Done) },
        settled(1, Outcome::Unknown("timed out".to_owned())),
        Settled { records: vec![put(worker(2)), put(worker(3))], ..settled(2, Outcome::Accepted) },
    ];
    writer.settle(run, outcomes).await?;
    acknowledged().await;
    writer.intend(run, vec![intent(3, "delete"), intent(4, "update")]).await?;
    acknowledged().await;
    let replaced = vec![Record::Depose(worker(0).address), put(successor(0))];
    let outcomes = vec![
        Settled { records: replaced, ..settled(2, Outcome::Done) },
        Settled {
            records: vec![Record::Remove(worker(3).address, worker(3).place, worker(3).id)],
            ..settled(3, Outcome::Done)
        },
    ];
    writer.settle(run, outcomes).await?;
    acknowledged().await;
    writer.append_events(run, vec![event(4)]);
    let changes = vec![change(0, ChangeStatus::Done, None), change(4, ChangeStatus::Failed, Some("no capacity"))];
    writer.record_changes(run, changes).await?;
    acknowledged().await;
    writer.append_events(run, vec![event(5), event(6)]);
    writer.flush_events().await?;
    acknowledged().await;
    writer.end_run(run, &END).await?;
    acknowledged().await;
    let resolution = |step| IntentResolution { run, step: StepId(step), text: "it does not exist".to_owned() };
    writer.close_open_intents(vec![resolution(1), resolution(4)]).await?;
    acknowledged().await;
    let gone = [worker(0), successor(0), worker(2)].map(|gone| Record::Remove(gone.address, gone.place, gone.id));
    writer.write_records(gone.into()).await?;
    acknowledged().await;
    writer.rebind(&Identity { region: "eu-west-1".to_owned(), ..acme() }).await?;
    acknowledged().await;
    let run = writer.begin_run(&START).await?.number();
    acknowledged().await;
    writer.intend(run, vec![intent(5, "create"), intent(6, "create")]).await?;
    acknowledged().await;
    writer.release().await?;
    Ok(())
}

/// All that others see of a state, but for what differs from one life to the next: times and ids.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Portrait {
    identity: Option<Identity>,
    recorded: Recorded,
    facts: Option<Value>,
    open: Vec<(RunNumber, usize, Address, String, String, Option<String>)>,
    made: Vec<Address>,
    took: Vec<Until>,
    pub(crate) runs: Vec<PortrayedRun>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PortrayedRun {
    number: RunNumber,
    /// `None` while it goes on, and after a crash.
    outcome: Option<RunOutcome>,
    stack_text: Option<String>,
    report_json: Option<String>,
    changes: Vec<RunChange>,
    events: Vec<StoredEvent>,
}

/// Returns what others see. A state that holds nothing looks as one that is not there.
pub(crate) async fn portrait<S: Store>(store: &S) -> Portrait {
    let Some(snapshot) = store.read().await.expect("readable") else { return Portrait::default() };
    let mut runs = Vec::new();
    for run in store.history(100).await.expect("readable") {
        let number = run.id.number();
        let detail = store.run(number).await.expect("readable").expect("a run of the history");
        runs.push(PortrayedRun {
            number,
            outcome: match run.status {
                RunStatus::Ended(outcome) => Some(outcome),
                RunStatus::Running | RunStatus::Crashed => None,
            },
            stack_text: detail.stack_text,
            report_json: detail.report_json,
            changes: detail.changes,
            events: store.events(number, 0, usize::MAX).await.expect("readable"),
        });
    }
    let open = snapshot.open_intents.into_iter();
    Portrait {
        identity: snapshot.identity,
        recorded: snapshot.recorded,
        facts: snapshot.facts,
        open: open.map(|open| (open.run, open.step.0, open.address, open.action, open.token, open.trouble)).collect(),
        made: snapshot.creations.into_iter().map(|made| made.address).collect(),
        took: snapshot.observations.into_iter().map(|observation| observation.until).collect(),
        runs,
    }
}
