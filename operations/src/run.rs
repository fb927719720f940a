//! A run: a plan carried out under the lock, told of while it goes on, and written to the history.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use landfall_aws_blueprint::Facts;
use landfall_engine::address::Address;
use landfall_engine::apply::{Cause, Options, Report, apply};
use landfall_engine::plan::{Change, Plan};
use landfall_engine::provider::Provider;
use landfall_engine::providers::Providers;
use landfall_engine::recovery::Recovery;
use landfall_engine::snapshot::{Observed, Recorded};
use landfall_engine::stale_records::stale_records;
use landfall_presentation::json::{PlanDocument, document};
use landfall_state::{
    ChangeStatus, RunChange, RunEnd, RunId, RunNumber, RunOutcome, RunStart, StoreJournal, StoreWriter, StoredEvent,
};

use crate::Error;
use crate::environment::Environment;
use crate::event::{Event, Note, RunStarted, RunSummary};
use crate::intents;
use crate::session::{Planned, Session};

/// What came of a run.
#[derive(Debug)]
pub(crate) struct RunResult {
    pub(crate) report: Report,
    pub(crate) recorded: Recorded,
    pub(crate) summary: RunSummary,
    pub(crate) took: Duration,
}

/// Writes what was learnt without a run, where the plan is empty: the facts that it rests on, records that are behind
/// the account, and what became of open intents.
pub(crate) async fn record_findings(
    writer: &impl StoreWriter,
    session: &Session,
    planned: &Planned,
) -> Result<(), Error> {
    record_facts(writer, session, planned.facts.as_ref()).await?;
    bring_up_to_date(writer, session, planned).await?;
    close_intents(writer, session, &planned.observed).await
}

/// What an operation found out that makes no plan to carry out.
pub(crate) struct Learnt<'a> {
    /// What compiling had to know.
    pub(crate) facts: &'a Facts,
    /// What exists.
    pub(crate) observed: &'a Observed,
    /// How long it took.
    pub(crate) took: Duration,
}

/// Writes a recovered state, as a run if there is something to write: the history says where the records come from.
pub(crate) async fn write_recovery(
    writer: &impl StoreWriter,
    session: &Session,
    learnt: &Learnt<'_>,
    recovery: &Recovery,
) -> Result<(), Error> {
    if !recovery.records.is_empty() {
        let run = writer.begin_run(&start(session, None)).await?.number();
        writer.write_records(recovery.records.clone()).await?;
        let done = |address: &Address, action: &str| RunChange {
            address: address.clone(),
            action: action.to_owned(),
            status: ChangeStatus::Done,
            error: None,
        };
        let found = recovery.found.iter().map(|address| done(address, "import"));
        let renewed = recovery.renewed.iter().map(|address| done(address, "renew"));
        let forgotten = recovery.forgotten.iter().map(|address| done(address, "forget"));
        writer.record_changes(run, found.chain(renewed).chain(forgotten).collect()).await?;
        let api_calls = session.provider.calls_sent();
        let end = RunEnd { outcome: RunOutcome::Complete, report_json: None, api_calls, took: learnt.took };
        writer.end_run(run, &end).await?;
    }
    record_facts(writer, session, Some(learnt.facts)).await?;
    close_intents(writer, session, learnt.observed).await
}

/// Carries a plan out.
///
/// # Errors
/// If the state cannot be written. A step that fails is no error here: the report tells of it.
pub(crate) async fn execute(
    writer: &impl StoreWriter,
    session: &Session,
    planned: &Planned,
    parallelism: usize,
) -> Result<RunResult, Error> {
    let env = &session.env;
    let began = Instant::now();
    record_facts(writer, session, planned.facts.as_ref()).await?;
    let mut recorded = bring_up_to_date(writer, session, planned).await?;
    let run = begin(writer, session, planned).await?;
    let tell = |event| tell(env, writer, run.number(), event);
    tell(Event::RunStarted(RunStarted {
        stack: session.file.name().to_owned(),
        region: session.provider.region().to_owned(),
        account: session.provider.account().to_owned(),
        plan: planned.plan.summary().into(),
        forecast_seconds: planned.forecast.total.as_secs_f64(),
    }));
    let providers = Providers::of(Arc::new(session.provider.for_run(&run.uuid())));
    let journal = StoreJournal::new(writer, run.number());
    let options = Options::new(run.uuid(), parallelism, session.expectations());
    let mut report_event = |event| {
        if let Some(event) = Event::of_engine(event) {
            tell(event);
        }
    };
    let applying = apply(
        &planned.plan,
        &planned.steps,
        &mut recorded,
        &providers,
        &journal,
        &options,
        env.cancellation.begin(),
        &mut report_event,
    );
    let result = flushing_events(writer, applying).await;
    let api_calls = providers.calls_sent();
    let took = began.elapsed();
    let report = match result {
        Ok(report) => report,
        Err(error) => {
            // The state could not be written a moment ago; if it still cannot, the history shows a crash.
            let end = RunEnd { outcome: RunOutcome::BrokenOff, report_json: None, api_calls, took };
            let _ = writer.end_run(run.number(), &end).await;
            return Err(error.into());
        }
    };
    let summary = RunSummary::new(&report, api_calls, took);
    if !report.interrupted {
        close_intents(writer, session, &planned.observed).await?;
    }
    writer.record_changes(run.number(), changes(&planned.plan, &report)).await?;
    let report_json = serde_json::to_string(&Event::Summary(summary)).unwrap_or_default();
    // Told before the run ends, so that the state has all of its events when it does.
    tell(Event::Summary(summary));
    let end = RunEnd { outcome: outcome_of(&report), report_json: Some(&report_json), api_calls, took };
    writer.end_run(run.number(), &end).await?;
    env.cancellation.end();
    Ok(RunResult { report, recorded, summary, took })
}

/// How long an event waits at most until somebody who follows the run from the state can read it.
const FLUSHED_EVERY: Duration = Duration::from_secs(1);

/// Drives a run, and writes its events now and then also while it writes nothing else.
async fn flushing_events<T>(writer: &impl StoreWriter, run: impl Future<Output = T>) -> T {
    let mut run = std::pin::pin!(run);
    let mut due = tokio::time::interval(FLUSHED_EVERY);
    due.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            result = &mut run => return result,
            // What cannot be written now is tried again with the next write, which tells if it fails.
            _ = due.tick() => drop(writer.flush_events().await),
        }
    }
}

/// Tells an event to whoever listens, and hands it to the state.
fn tell(env: &Environment, writer: &impl StoreWriter, run: RunNumber, event: Event) {
    let record = env.events.tell(env.clock.now(), Some(run.get()), event);
    // Maps with text as keys, numbers and texts: nothing in it can fail.
    if let Ok(content) = serde_json::to_value(&record) {
        writer.append_events(run, vec![StoredEvent { seq: record.seq, time: record.time, event: content }]);
    }
}

async fn begin(writer: &impl StoreWriter, session: &Session, planned: &Planned) -> Result<RunId, Error> {
    let file = &session.file;
    let plan_json = document(&PlanDocument::new(&planned.plan, file.name(), &file.stack.region, false));
    Ok(writer.begin_run(&start(session, Some(&plan_json))).await?)
}

fn start<'a>(session: &'a Session, plan_json: Option<&'a str>) -> RunStart<'a> {
    RunStart {
        command: &session.env.command,
        stack_text: Some(&session.file.text),
        plan_json,
        version: env!("CARGO_PKG_VERSION"),
    }
}

async fn record_facts(writer: &impl StoreWriter, session: &Session, facts: Option<&Facts>) -> Result<(), Error> {
    let Some(facts) = facts.filter(|facts| session.stored.facts.as_ref() != Some(*facts)) else {
        return Ok(());
    };
    let document = serde_json::to_value(facts).map_err(Error::Facts)?;
    Ok(writer.record_facts(document).await?)
}

/// Writes the records that are behind the account, and returns what is recorded then.
async fn bring_up_to_date(writer: &impl StoreWriter, session: &Session, planned: &Planned) -> Result<Recorded, Error> {
    let mut recorded = session.stored.recorded.clone();
    let stale = stale_records(&planned.plan, &recorded);
    if stale.is_empty() {
        return Ok(recorded);
    }
    stale.iter().for_each(|record| recorded.apply(record));
    let count = stale.len();
    writer.write_records(stale).await?;
    session.env.note(Note::RecordsRenewed { count });
    Ok(recorded)
}

async fn close_intents(writer: &impl StoreWriter, session: &Session, observed: &Observed) -> Result<(), Error> {
    let stored = &session.stored;
    let resolutions = intents::resolve(&stored.open_intents, &stored.recorded, observed);
    if resolutions.is_empty() {
        return Ok(());
    }
    Ok(writer.close_open_intents(resolutions).await?)
}

fn outcome_of(report: &Report) -> RunOutcome {
    match (report.interrupted, report.is_complete()) {
        (_, true) => RunOutcome::Complete,
        (true, false) => RunOutcome::Interrupted,
        (false, false) => RunOutcome::Failed,
    }
}

/// Returns what the history keeps of each change.
fn changes(plan: &Plan, report: &Report) -> Vec<RunChange> {
    // Of two at one address the first counts.
    let failed: HashMap<&Address, &Cause> =
        report.failures.iter().rev().map(|failure| (&failure.address, &failure.cause)).collect();
    let skipped: HashMap<&Address, &Address> = report.skipped.iter().rev().map(|(address, of)| (address, of)).collect();
    let unfinished: HashSet<&Address> = report.unfinished.iter().collect();
    let status_of = |address: &Address| {
        if let Some(cause) = failed.get(address) {
            return (ChangeStatus::Failed, Some(cause.to_string()));
        }
        if let Some(of) = skipped.get(address) {
            return (ChangeStatus::Skipped, Some(format!("it waits for {of}")));
        }
        let is_unfinished = unfinished.contains(address);
        (if is_unfinished { ChangeStatus::Unfinished } else { ChangeStatus::Done }, None)
    };
    let change = |change: &Change| {
        let (status, error) = status_of(&change.address);
        RunChange { address: change.address.clone(), action: change.action.as_str().to_owned(), status, error }
    };
    plan.pending().map(change).collect()
}
