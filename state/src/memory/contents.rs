//! What a state in memory holds, and how it changes. Each change is whole, or an error that changes nothing.

use std::collections::BTreeMap;

use jiff::Timestamp;
use landfall_engine::expectation::Observation;
use landfall_engine::journal::{Intent, Outcome, Record, Settled};
use landfall_engine::snapshot::Recorded;
use landfall_engine::step::StepId;
use landfall_engine::until::Until;
use serde_json::Value;
use uuid::Uuid;

use super::fault::MemoryFault;
use super::lease::Epoch;
use crate::changes::RunChange;
use crate::events::{EventsByRun, StoredEvent};
use crate::identity::Identity;
use crate::intents::{Creation, IntentResolution, OpenIntent};
use crate::retention::{CREATIONS_SHOWN, EVENT_RUNS_KEPT, EVENTS_KEPT, JOURNAL_RUNS_KEPT, RUNS_LEARNT_FROM};
use crate::runs::{Run, RunDetail, RunEnd, RunId, RunNumber, RunStart, RunStatus};
use crate::store::Snapshot;
use crate::who::Who;

#[derive(Debug, Clone)]
pub(super) struct Contents {
    lineage: String,
    identity: Option<Identity>,
    recorded: Recorded,
    facts: Option<Value>,
    /// By run and step.
    journal: BTreeMap<(RunNumber, usize), Entry>,
    runs: BTreeMap<RunNumber, StoredRun>,
    events: EventsByRun,
}

/// An entry of the journal.
#[derive(Debug, Clone)]
struct Entry {
    intent: Intent,
    since: Timestamp,
    /// What came of it, and when that was known.
    settled: Option<(Progress, Timestamp)>,
}

/// What is known of an intent.
#[derive(Debug, Clone)]
enum Progress {
    /// Its step has told.
    Told(Outcome),
    /// A later run has asked the account.
    LookedUp,
}

impl Entry {
    fn is_open(&self) -> bool {
        matches!(self.settled, None | Some((Progress::Told(Outcome::Unknown(_)), _)))
    }
}

/// A run, and the epoch that its holder writes under. Its status is what it was when it began or ended.
#[derive(Debug, Clone)]
struct StoredRun {
    detail: RunDetail,
    epoch: Epoch,
}

impl StoredRun {
    /// Returns the run as it is now: one without an end goes on as long as its holder does.
    fn run(&self, live: Option<Epoch>) -> Run {
        let status = match self.detail.run.status {
            RunStatus::Running if live != Some(self.epoch) => RunStatus::Crashed,
            status => status,
        };
        Run { status, ..self.detail.run.clone() }
    }
}

impl Contents {
    pub(super) fn new() -> Contents {
        Contents {
            lineage: Uuid::now_v7().to_string(),
            identity: None,
            recorded: Recorded::default(),
            facts: None,
            journal: BTreeMap::new(),
            runs: BTreeMap::new(),
            events: BTreeMap::new(),
        }
    }

    pub(super) fn snapshot(&self, live: Option<Epoch>, now: Timestamp) -> Snapshot {
        Snapshot {
            lineage: self.lineage.clone(),
            identity: self.identity.clone(),
            recorded: self.recorded.clone(),
            facts: self.facts.clone(),
            open_intents: self.open_intents(),
            creations: self.creations_since(now - CREATIONS_SHOWN),
            observations: self.observations(),
            latest_run: self.history(1, live).pop(),
        }
    }

    pub(super) fn is_vacant(&self) -> bool {
        self.recorded.is_empty() && !self.journal.values().any(Entry::is_open)
    }

    pub(super) fn history(&self, limit: usize, live: Option<Epoch>) -> Vec<Run> {
        self.runs.values().rev().take(limit).map(|run| run.run(live)).collect()
    }

    pub(super) fn run(&self, number: RunNumber, live: Option<Epoch>) -> Option<RunDetail> {
        self.runs.get(&number).map(|stored| RunDetail { run: stored.run(live), ..stored.detail.clone() })
    }

    pub(super) fn events(&self, run: RunNumber, after: u64, limit: usize) -> Vec<StoredEvent> {
        let Some(first) = after.checked_add(1) else { return vec![] };
        self.events.range((run, first)..=(run, u64::MAX)).take(limit).map(|(_, event)| event.clone()).collect()
    }

    fn open_intents(&self) -> Vec<OpenIntent> {
        let open = self.journal.iter().filter(|(_, entry)| entry.is_open());
        let open_intent = |((run, _), entry): (&(RunNumber, usize), &Entry)| {
            let Intent { step, address, kind, place, action, operation, token, digest, id } = entry.intent.clone();
            let trouble = match &entry.settled {
                Some((Progress::Told(Outcome::Unknown(why)), _)) => Some(why.clone()),
                _ => None,
            };
            let (run, action, since) = (*run, action.to_owned(), entry.since);
            OpenIntent { run, step, address, kind, place, action, operation, token, digest, id, since, trouble }
        };
        open.map(open_intent).collect()
    }

    fn creations_since(&self, then: Timestamp) -> Vec<Creation> {
        let creation = |entry: &Entry| match &entry.settled {
            Some((Progress::Told(Outcome::Done | Outcome::Accepted), since))
                if entry.intent.action == "create" && *since >= then =>
            {
                let Intent { address, kind, .. } = &entry.intent;
                Some(Creation { address: address.clone(), kind: kind.clone(), since: *since })
            }
            _ => None,
        };
        self.journal.values().filter_map(creation).collect()
    }

    fn observations(&self) -> Vec<Observation> {
        let last = self.runs.keys().next_back().map_or(0, |run| run.0);
        let observation = |((run, _), entry): (&(RunNumber, usize), &Entry)| {
            let Some((Progress::Told(Outcome::Done), settled)) = &entry.settled else { return None };
            let until = match entry.intent.action {
                "create" => Until::Ready,
                "delete" => Until::Gone,
                _ => return None,
            };
            let is_recent = run.0 > last - RUNS_LEARNT_FROM;
            // A clock that was set back shows nothing.
            let took = (*settled - entry.since).try_into().ok().filter(|_| is_recent)?;
            Some(Observation { kind: entry.intent.kind.clone(), until, took })
        };
        self.journal.iter().filter_map(observation).collect()
    }

    pub(super) fn bind(&mut self, identity: &Identity) {
        self.identity = Some(identity.clone());
    }

    pub(super) fn forget_facts(&mut self) {
        self.facts = None;
    }

    pub(super) fn record_facts(&mut self, facts: Value) {
        self.facts = Some(facts);
    }

    pub(super) fn write_records(&mut self, records: &[Record]) {
        records.iter().for_each(|record| self.recorded.apply(record));
    }

    pub(super) fn close_open_intents(&mut self, resolutions: Vec<IntentResolution>, now: Timestamp) {
        for IntentResolution { run, step, .. } in resolutions {
            if let Some(entry) = self.journal.get_mut(&(run, step.0)).filter(|entry| entry.is_open()) {
                entry.settled = Some((Progress::LookedUp, now));
            }
        }
    }

    pub(super) fn begin_run(
        &mut self,
        uuid: Uuid,
        who: &Who,
        epoch: Epoch,
        start: &RunStart<'_>,
        now: Timestamp,
    ) -> RunId {
        let number = RunNumber(self.runs.keys().next_back().map_or(1, |last| last.0 + 1));
        let id = RunId { number, uuid };
        let run = Run {
            id,
            command: start.command.to_owned(),
            version: start.version.to_owned(),
            who: who.clone(),
            began: now,
            ended: None,
            status: RunStatus::Running,
            api_calls: None,
            took: None,
        };
        let detail = RunDetail {
            run,
            stack_text: start.stack_text.map(str::to_owned),
            plan_json: start.plan_json.map(str::to_owned),
            report_json: None,
            changes: vec![],
        };
        self.runs.insert(number, StoredRun { detail, epoch });
        self.journal.retain(|(run, _), entry| run.0 >= number.0 - JOURNAL_RUNS_KEPT || entry.is_open());
        self.events.retain(|(run, _), _| run.0 > number.0 - EVENT_RUNS_KEPT);
        id
    }

    pub(super) fn intend(&mut self, run: RunNumber, intents: Vec<Intent>, since: Timestamp) -> Result<(), MemoryFault> {
        if !intents.is_empty() {
            self.stored_run(run)?;
        }
        // A step that is repeated has one intent: the last.
        let entry = |intent: Intent| ((run, intent.step.0), Entry { intent, since, settled: None });
        self.journal.extend(intents.into_iter().map(entry));
        Ok(())
    }

    pub(super) fn settle(&mut self, run: RunNumber, settled: Vec<Settled>, now: Timestamp) {
        for Settled { step: StepId(step), outcome, records } in settled {
            // A step without a call has no intent.
            if let Some(entry) = self.journal.get_mut(&(run, step)) {
                entry.settled = Some((Progress::Told(outcome), now));
            }
            self.write_records(&records);
        }
    }

    pub(super) fn record_changes(&mut self, run: RunNumber, changes: Vec<RunChange>) -> Result<(), MemoryFault> {
        self.stored_run(run)?.detail.changes.extend(changes);
        Ok(())
    }

    pub(super) fn end_run(&mut self, run: RunNumber, end: &RunEnd<'_>, now: Timestamp) -> Result<(), MemoryFault> {
        let detail = &mut self.stored_run(run)?.detail;
        detail.report_json = end.report_json.map(str::to_owned);
        detail.run.ended = Some(now);
        detail.run.status = RunStatus::Ended(end.outcome);
        detail.run.api_calls = Some(end.api_calls);
        detail.run.took = Some(end.took);
        Ok(())
    }

    /// Adds events, and drops those of a run beyond the last ones. What belongs to no run would never be asked for.
    pub(super) fn add_events(&mut self, events: EventsByRun) {
        let mut runs: Vec<RunNumber> = events.keys().map(|(run, _)| *run).collect();
        runs.dedup();
        runs.retain(|run| self.runs.contains_key(run));
        self.events.extend(events.into_iter().filter(|((run, _), _)| runs.contains(run)));
        for run in runs {
            let of_run = (run, 0)..=(run, u64::MAX);
            let last = self.events.range(of_run.clone()).next_back().map_or(0, |((_, seq), _)| *seq);
            let kept_after = last.saturating_sub(EVENTS_KEPT as u64);
            while let Some((&key, _)) =
                self.events.range(of_run.clone()).next().filter(|((_, seq), _)| *seq <= kept_after)
            {
                self.events.remove(&key);
            }
        }
    }

    fn stored_run(&mut self, run: RunNumber) -> Result<&mut StoredRun, MemoryFault> {
        self.runs.get_mut(&run).ok_or(MemoryFault::NoRun(run))
    }
}
