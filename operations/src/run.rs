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
use landfall_state::{ChangeStatus, RunChange, RunEnd, RunId, RunJournal, RunOutcome, RunStart};

use crate::Error;
use crate::event::{Event, Note, RunStarted, RunSummary};
use crate::held::Held;
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
pub(crate) fn record_findings(held: &Held, session: &Session, planned: &Planned) -> Result<(), Error> {
    record_facts(held, session, planned.facts.as_ref())?;
    bring_up_to_date(held, session, planned)?;
    close_intents(held, session, &planned.observed)
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
pub(crate) fn write_recovery(
    held: &Held,
    session: &Session,
    learnt: &Learnt<'_>,
    recovery: &Recovery,
) -> Result<(), Error> {
    if !recovery.records.is_empty() {
        let run = held.state.begin_run(&held.lock, &start(session, None))?.number();
        held.state.write_records(&recovery.records)?;
        let done = |address: &Address, action: &str| RunChange {
            address: address.clone(),
            action: action.to_owned(),
            status: ChangeStatus::Done,
            error: None,
        };
        let found = recovery.found.iter().map(|address| done(address, "import"));
        let renewed = recovery.renewed.iter().map(|address| done(address, "renew"));
        let forgotten = recovery.forgotten.iter().map(|address| done(address, "forget"));
        held.state.record_changes(run, &found.chain(renewed).chain(forgotten).collect::<Vec<_>>())?;
        let api_calls = session.provider.calls_sent();
        let end = RunEnd { outcome: RunOutcome::Complete, report_json: None, api_calls, took: learnt.took };
        held.state.end_run(run, &end)?;
    }
    record_facts(held, session, Some(learnt.facts))?;
    close_intents(held, session, learnt.observed)
}

/// Carries a plan out.
///
/// # Errors
/// If the state cannot be written. A step that fails is no error here: the report tells of it.
pub(crate) async fn execute(
    held: &Held,
    session: &Session,
    planned: &Planned,
    parallelism: usize,
) -> Result<RunResult, Error> {
    let env = &session.env;
    let began = Instant::now();
    record_facts(held, session, planned.facts.as_ref())?;
    let mut recorded = bring_up_to_date(held, session, planned)?;
    let run = begin(held, session, planned)?;
    let number = Some(run.number().get());
    let tell = |event| env.events.tell(env.clock.now(), number, event);
    tell(Event::RunStarted(RunStarted {
        stack: session.file.name().to_owned(),
        region: session.provider.region().to_owned(),
        account: session.provider.account().to_owned(),
        plan: planned.plan.summary().into(),
        forecast_seconds: planned.forecast.total.as_secs_f64(),
    }));
    let providers = Providers::of(Arc::new(session.provider.for_run(&run.uuid())));
    let journal = RunJournal::new(held.state.clone(), run.number());
    let result = apply(
        &planned.plan,
        &planned.steps,
        &mut recorded,
        &providers,
        &journal,
        &Options::new(run.uuid(), parallelism, session.expectations()),
        env.cancellation.begin(),
        &mut |event| {
            if let Some(event) = Event::of_engine(event) {
                tell(event);
            }
        },
    )
    .await;
    let api_calls = providers.calls_sent();
    let took = began.elapsed();
    let report = match result {
        Ok(report) => report,
        Err(error) => {
            // The state could not be written a moment ago; if it still cannot, the history shows a crash.
            let end = RunEnd { outcome: RunOutcome::BrokenOff, report_json: None, api_calls, took };
            let _ = held.state.end_run(run.number(), &end);
            return Err(error.into());
        }
    };
    let summary = RunSummary::new(&report, api_calls, took);
    if !report.interrupted {
        close_intents(held, session, &planned.observed)?;
    }
    held.state.record_changes(run.number(), &changes(&planned.plan, &report))?;
    let report_json = serde_json::to_string(&Event::Summary(summary)).unwrap_or_default();
    let end = RunEnd { outcome: outcome_of(&report), report_json: Some(&report_json), api_calls, took };
    held.state.end_run(run.number(), &end)?;
    env.cancellation.end();
    tell(Event::Summary(summary));
    Ok(RunResult { report, recorded, summary, took })
}

fn begin(held: &Held, session: &Session, planned: &Planned) -> Result<RunId, Error> {
    let file = &session.file;
    let plan_json = document(&PlanDocument::new(&planned.plan, file.name(), &file.stack.region, false));
    Ok(held.state.begin_run(&held.lock, &start(session, Some(&plan_json)))?)
}

fn start<'a>(session: &'a Session, plan_json: Option<&'a str>) -> RunStart<'a> {
    RunStart {
        command: &session.env.command,
        stack_text: Some(&session.file.text),
        plan_json,
        version: env!("CARGO_PKG_VERSION"),
    }
}

fn record_facts(held: &Held, session: &Session, facts: Option<&Facts>) -> Result<(), Error> {
    let Some(facts) = facts.filter(|facts| session.stored.facts.as_ref() != Some(*facts)) else {
        return Ok(());
    };
    let document = serde_json::to_value(facts).map_err(Error::Facts)?;
    Ok(held.state.record_facts(&document)?)
}

/// Writes the records that are behind the account, and returns what is recorded then.
fn bring_up_to_date(held: &Held, session: &Session, planned: &Planned) -> Result<Recorded, Error> {
    let mut recorded = session.stored.recorded.clone();
    let stale = stale_records(&planned.plan, &recorded);
    if stale.is_empty() {
        return Ok(recorded);
    }
    held.state.write_records(&stale)?;
    stale.iter().for_each(|record| recorded.apply(record));
    session.env.note(Note::RecordsRenewed { count: stale.len() });
    Ok(recorded)
}

fn close_intents(held: &Held, session: &Session, observed: &Observed) -> Result<(), Error> {
    let stored = &session.stored;
    let resolutions = intents::resolve(&stored.open_intents, &stored.recorded, observed);
    if resolutions.is_empty() {
        return Ok(());
    }
    Ok(held.state.close_open_intents(&resolutions)?)
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
