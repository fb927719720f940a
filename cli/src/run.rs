//! A run: a plan carried out under the lock, shown while it goes on, and written to the history.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use landfall_aws_blueprint::Facts;
use landfall_engine::address::Address;
use landfall_engine::apply::{Cause, Options, Report, apply};
use landfall_engine::event::Event;
use landfall_engine::plan::{Change, Plan};
use landfall_engine::provider::Provider;
use landfall_engine::providers::Providers;
use landfall_engine::recovery::Recovery;
use landfall_engine::snapshot::{Observed, Recorded};
use landfall_engine::stale_records::stale_records;
use landfall_state::{
    ChangeStatus, Lock, LockError, RunChange, RunEnd, RunId, RunJournal, RunOutcome, RunStart, State, check_place,
};

use crate::context::Context;
use crate::failure::{Explanation, Failure};
use crate::intents;
use crate::printer::Printer;
use crate::render::escape::visible;
use crate::render::json::{PlanDocument, RunSummary, document, step_line};
use crate::render::nouns::count_of;
use crate::render::progress::Progress;
use crate::session::{Planned, Session};

/// The state, open for writing, and the right to write it.
pub(crate) struct Held {
    lock: Lock,
    /// The state.
    pub(crate) state: State,
}

impl Held {
    /// Takes the lock, then opens the state. Waits for the lock as long as `--lock-timeout` says.
    ///
    /// # Errors
    /// If another process holds the lock, the state cannot be opened, or its place is shared over a network.
    pub(crate) async fn take(path: &Path, context: &Context) -> Result<Held, Failure> {
        let lock = locked(path, context).await?;
        Ok(Held { lock, state: State::open(path)? })
    }

    /// Returns a state that was opened under its lock.
    pub(crate) fn of(lock: Lock, state: State) -> Held {
        Held { lock, state }
    }
}

/// Takes the lock of a state, where locks can be relied on. Asks again until it is free or the time is up; a plan is made
/// after that, so it is never one of before.
///
/// # Errors
/// If another process holds the lock, or the state's place is shared over a network.
pub(crate) async fn locked(path: &Path, context: &Context) -> Result<Lock, Failure> {
    if !context.locking.on_network {
        check_place(path)?;
    }
    let asked_at = Instant::now();
    let mut told = false;
    loop {
        match Lock::acquire(path, &context.command_line) {
            Err(held @ LockError::Held { .. }) if asked_at.elapsed() < context.locking.timeout => {
                if !std::mem::replace(&mut told, true) {
                    let seconds = context.locking.timeout.as_secs();
                    context
                        .printer
                        .note(format!("{}; waiting for it, {seconds} s at most\n", visible(&held.to_string())));
                }
                tokio::time::sleep(LOCK_PAUSE).await;
            }
            lock => return Ok(lock?),
        }
    }
}

/// How often a lock is asked for that somebody else holds.
const LOCK_PAUSE: Duration = Duration::from_millis(250);

/// How a run is told of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RunOptions {
    /// How many calls may be on their way at once.
    pub(crate) parallelism: usize,
    /// Whether events go to stdout as JSON lines.
    pub(crate) json: bool,
}

/// What came of a run.
pub(crate) struct RunResult {
    /// What the engine reports.
    pub(crate) report: Report,
    /// The state at the end.
    pub(crate) recorded: Recorded,
    /// How many calls were sent, those of planning included.
    pub(crate) api_calls: u64,
    /// How long it took.
    pub(crate) took: Duration,
    /// The same in the JSON contract.
    pub(crate) summary: RunSummary,
}

/// Writes what was learnt without a run, where the plan is empty: the facts that it rests on, records that are behind
/// the account, and what became of open intents.
pub(crate) fn note_findings(
    context: &Context,
    held: &Held,
    session: &Session,
    planned: &Planned,
) -> Result<(), Failure> {
    record_facts(held, session, planned.facts.as_ref())?;
    bring_up_to_date(context, held, session, planned)?;
    close_intents(held, session, &planned.observed)
}

/// What a command found out that makes no plan to carry out.
pub(crate) struct Learnt<'a> {
    /// What compiling had to know.
    pub(crate) facts: &'a Facts,
    /// What exists.
    pub(crate) observed: &'a Observed,
    /// How long it took.
    pub(crate) took: Duration,
}

/// Writes a recovered state, as a run if there is something to write: the history says where the records come from.
///
/// # Errors
/// If the state cannot be written.
pub(crate) fn write_recovery(
    context: &Context,
    held: &Held,
    session: &Session,
    learnt: &Learnt<'_>,
    recovery: &Recovery,
) -> Result<(), Failure> {
    if !recovery.records.is_empty() {
        let start = RunStart {
            command: &context.command_line,
            stack_text: Some(&session.file.text),
            plan_json: None,
            version: env!("CARGO_PKG_VERSION"),
        };
        let run = held.state.begin_run(&held.lock, &start)?.number();
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
    context: &Context,
    held: &Held,
    session: &Session,
    planned: &Planned,
    options: RunOptions,
) -> Result<RunResult, Failure> {
    let began = Instant::now();
    record_facts(held, session, planned.facts.as_ref())?;
    let mut recorded = bring_up_to_date(context, held, session, planned)?;
    let run = begin(context, held, session, planned)?;
    let providers = Providers::of(Arc::new(session.provider.for_run(&run.uuid())));
    let journal = RunJournal::new(held.state.clone(), run.number());
    let mut reporter = Reporter::new(context, options.json);
    let result = apply(
        &planned.plan,
        &planned.steps,
        &mut recorded,
        &providers,
        &journal,
        &Options::new(run.uuid(), options.parallelism, session.expectations()),
        context.interrupts.hand_to_run(),
        &mut |event| reporter.report(&event),
    )
    .await;
    drop(reporter);
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
    let report_json = summary.line();
    let end = RunEnd { outcome: outcome_of(&report), report_json: Some(report_json.trim_end()), api_calls, took };
    held.state.end_run(run.number(), &end)?;
    context.interrupts.take_back();
    Ok(RunResult { report, recorded, api_calls, took, summary })
}

fn begin(context: &Context, held: &Held, session: &Session, planned: &Planned) -> Result<RunId, Failure> {
    let file = &session.file;
    let plan_json = document(&PlanDocument::new(&planned.plan, file.name(), &file.stack.region, false));
    let start = RunStart {
        command: &context.command_line,
        stack_text: Some(&file.text),
        plan_json: Some(&plan_json),
        version: env!("CARGO_PKG_VERSION"),
    };
    Ok(held.state.begin_run(&held.lock, &start)?)
}

fn record_facts(held: &Held, session: &Session, facts: Option<&Facts>) -> Result<(), Failure> {
    let Some(facts) = facts.filter(|facts| session.stored.facts.as_ref() != Some(*facts)) else {
        return Ok(());
    };
    let document = serde_json::to_value(facts)
        .map_err(|error| Explanation::new("what was asked of the account cannot be kept").because(&error))?;
    Ok(held.state.record_facts(&document)?)
}

/// Writes the records that are behind the account, and returns what is recorded then.
fn bring_up_to_date(context: &Context, held: &Held, session: &Session, planned: &Planned) -> Result<Recorded, Failure> {
    let mut recorded = session.stored.recorded.clone();
    let stale = stale_records(&planned.plan, &recorded);
    if stale.is_empty() {
        return Ok(recorded);
    }
    held.state.write_records(&stale)?;
    stale.iter().for_each(|record| recorded.apply(record));
    let records = count_of(stale.len(), "record");
    context.printer.note(format!("{records} of the state brought up to date with the account\n"));
    Ok(recorded)
}

fn close_intents(held: &Held, session: &Session, observed: &Observed) -> Result<(), Failure> {
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

/// Tells of events, to a program or to a person.
enum Reporter {
    Json(Printer),
    Human(Progress),
}

impl Reporter {
    fn new(context: &Context, json: bool) -> Reporter {
        if json { Reporter::Json(context.printer.clone()) } else { Reporter::Human(Progress::new(&context.printer)) }
    }

    fn report(&mut self, event: &Event) {
        match self {
            // A reader who went away must not stop the run half-way.
            Reporter::Json(printer) => drop(step_line(event).map(|line| printer.answer(line))),
            Reporter::Human(progress) => progress.report(event),
        }
    }
}
