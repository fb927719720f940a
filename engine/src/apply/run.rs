//! Drives scheduler, provider and journal until nothing is left to do.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{ApplyError, Cause, Failure, Interrupt, Options, Report};
use crate::address::Address;
use crate::event::{Event, Status};
use crate::journal::{Intent, Journal, JournalError, Outcome, Record, Settled};
use crate::kind::{Kind, Schemas};
use crate::plan::{Action, Existing, Plan, Summary};
use crate::provider::{Answer, Ask, Call, CallError, CallFailure, Polled, Provider, ReadyStep, StepAnswer, Until};
use crate::resource::{CloudId, Literals, Reference, Resource};
use crate::schedule::Scheduler;
use crate::snapshot::{Recorded, RecordedResource};
use crate::step::{StepGraph, StepId, Task};

/// First pause before a repetition; it doubles up to the longest.
const RETRY_FIRST: Duration = Duration::from_millis(500);
const RETRY_LONGEST: Duration = Duration::from_secs(8);
/// First pause between two polls. Peers poll every 10 to 15 s and so wait longer than the cloud makes them.
const POLL_FIRST: Duration = Duration::from_millis(400);
const POLL_LONGEST: Duration = Duration::from_secs(5);
const THROTTLE_PATIENCE: Duration = Duration::from_secs(900);

/// Carries a plan out.
///
/// `recorded` is the state at the beginning and, when this returns, at the end. Events go to `tell` as they happen.
///
/// # Errors
/// If the state cannot be written. Calls on their way are then still waited for, and nothing new is sent.
#[allow(clippy::too_many_arguments, reason = "the world of a run: each is another thing and none belongs to another")]
pub async fn apply<P: Provider, J: Journal>(
    plan: &Plan,
    steps: &StepGraph,
    recorded: &mut Recorded,
    provider: &Arc<P>,
    journal: &J,
    options: &Options,
    mut interrupt: watch::Receiver<Interrupt>,
    tell: &mut dyn FnMut(Event),
) -> Result<Report, ApplyError> {
    let mut run = Run {
        plan,
        steps,
        recorded,
        provider,
        journal,
        options,
        tell,
        scheduler: Scheduler::new(steps),
        tasks: JoinSet::new(),
        calls_on_their_way: 0,
        began: HashMap::new(),
        repeats: HashMap::new(),
        delayed: BTreeSet::new(),
        waits: BTreeMap::new(),
        done: BTreeSet::new(),
        report: Report::default(),
    };
    run.drive(&mut interrupt).await?;
    Ok(run.finish())
}

struct Run<'a, P: Provider, J> {
    plan: &'a Plan,
    steps: &'a StepGraph,
    recorded: &'a mut Recorded,
    provider: &'a Arc<P>,
    journal: &'a J,
    options: &'a Options,
    tell: &'a mut dyn FnMut(Event),
    scheduler: Scheduler<'a>,
    tasks: JoinSet<Finished>,
    calls_on_their_way: usize,
    /// When work on a change began, by its index and action: a creation and the update that completes it are one.
    began: HashMap<(usize, &'static str), Instant>,
    repeats: HashMap<StepId, Repeats>,
    delayed: BTreeSet<(Instant, StepId)>,
    waits: BTreeMap<(Kind, Until), Wait>,
    done: BTreeSet<StepId>,
    report: Report,
}

/// A step that is being repeated.
struct Repeats {
    since: Instant,
    pause: Duration,
}

/// Resources of one kind that are waited for together.
struct Wait {
    members: BTreeMap<CloudId, (StepId, Instant)>,
    next: Instant,
    pause: Duration,
    polling: bool,
}

enum Finished {
    Call(Vec<StepAnswer>),
    Poll(Kind, Until, Result<Vec<Polled>, CallFailure>),
}

impl<P: Provider, J: Journal> Run<'_, P, J> {
    async fn drive(&mut self, interrupt: &mut watch::Receiver<Interrupt>) -> Result<(), ApplyError> {
        let mut listening = true;
        loop {
            let wish = *interrupt.borrow_and_update();
            match wish {
                Interrupt::None => {
                    self.start_ready().await?;
                    self.start_polls();
                }
                Interrupt::Drain => {
                    self.report.interrupted = true;
                    self.delayed.clear();
                    self.waits.clear();
                }
                Interrupt::Stop => {
                    self.report.interrupted = true;
                    self.tasks.detach_all();
                    return Ok(());
                }
            }
            let timer = self.next_timer();
            if self.tasks.is_empty() && timer.is_none() {
                return Ok(());
            }
            tokio::select! {
                biased;
                // Whoever could interrupt may be gone; the run goes on without.
                changed = interrupt.changed(), if listening => listening = changed.is_ok(),
                Some(finished) = self.tasks.join_next() => self.absorb(finished).await?,
                () = sleep_until(timer), if timer.is_some() => self.wake_delayed(),
            }
        }
    }

    // ---- starting

    async fn start_ready(&mut self) -> Result<(), ApplyError> {
        // Steps without a call settle at once and may make others ready.
        while self.scheduler.has_ready() {
            let mut room = self.options.parallelism.saturating_sub(self.calls_on_their_way);
            let mut settled = Vec::new();
            let mut askable = Vec::new();
            for id in self.scheduler.take_ready() {
                match self.prepare(id) {
                    Prepared::Ask(step) => askable.push(step),
                    Prepared::Settled(records) => settled.push(Settled { step: id, outcome: Outcome::Done, records }),
                    Prepared::Wait(cloud_id, until) => self.wait_for(id, cloud_id, until),
                    Prepared::Failed(cause) => self.fail(id, cause),
                }
            }
            let progressed = !settled.is_empty();
            self.settle(settled).await?;
            if room == 0 || askable.is_empty() {
                askable.into_iter().for_each(|step| self.scheduler.give_back(step.step));
                if progressed {
                    continue;
                }
                return Ok(());
            }
            let asks: HashMap<StepId, ReadyStep> = askable.iter().map(|step| (step.step, step.clone())).collect();
            let mut calls = self.provider.batch(askable);
            calls.sort_by_key(|call| {
                let chain = call.steps.iter().map(|id| self.steps.step(*id).chain).max().unwrap_or_default();
                (std::cmp::Reverse(chain), call.steps.first().copied())
            });
            let mut intents = Vec::new();
            let mut going = Vec::new();
            for mut call in calls {
                if room == 0 {
                    call.steps.iter().for_each(|id| self.scheduler.give_back(*id));
                    continue;
                }
                room -= 1;
                call.token = self.token(&call);
                intents.extend(call.steps.iter().map(|id| intent(&asks[id], &call)));
                going.push(call);
            }
            self.journal.intend(intents).await.map_err(|e| self.broken_off(e, vec![]))?;
            going.into_iter().for_each(|call| self.send(call));
            if room == 0 {
                return Ok(());
            }
        }
        Ok(())
    }

    fn prepare(&mut self, id: StepId) -> Prepared {
        let step = self.steps.step(id);
        let address = &step.address;
        match &step.task {
            Task::Create { resource, .. } => match self.resolve(resource) {
                Ok(mut properties) => {
                    let schemas = self.provider.schemas();
                    properties.retain(|name, _| !is_set_after_creation(schemas, &step.kind, name));
                    self.ask(id, Ask::Create { properties })
                }
                Err(cause) => Prepared::Failed(cause),
            },
            Task::Update { resource, fields, .. } => {
                let Some(known) = self.recorded.resources.get(address) else {
                    return Prepared::Failed(Cause::NoOutput { of: address.clone(), output: "id".to_owned() });
                };
                let before = self.observed_before(id).unwrap_or_else(|| known.properties.clone());
                match self.resolve(resource) {
                    Ok(properties) => self.ask(
                        id,
                        Ask::Update {
                            id: known.id.clone(),
                            before,
                            properties,
                            fields: fields.clone(),
                            outputs: known.outputs.clone(),
                        },
                    ),
                    Err(cause) => Prepared::Failed(cause),
                }
            }
            Task::Await => match self.recorded.resources.get(address) {
                Some(known) => Prepared::Wait(known.id.clone(), Until::Ready),
                None => Prepared::Settled(vec![]),
            },
            Task::Delete { existing, implied: true } => Prepared::Settled(removal(address, &existing.id)),
            Task::Delete { existing, implied: false } => self.ask(
                id,
                Ask::Delete {
                    id: existing.id.clone(),
                    properties: existing.properties.clone(),
                    outputs: existing.outputs.clone(),
                },
            ),
            Task::Import { resource, existing } => Prepared::Settled(vec![self.import(resource, existing)]),
            Task::Forget { existing } => Prepared::Settled(vec![Record::Remove(address.clone(), existing.id.clone())]),
        }
    }

    fn ask(&self, id: StepId, ask: Ask) -> Prepared {
        let step = self.steps.step(id);
        Prepared::Ask(ReadyStep { step: id, address: step.address.clone(), kind: step.kind.clone(), ask })
    }

    /// What the account showed when the plan was made: an update may have to undo what others did.
    fn observed_before(&self, id: StepId) -> Option<Literals> {
        let change = &self.plan.changes[self.steps.step(id).change];
        match change.action {
            Action::Update | Action::Import => change.existing.as_ref().map(|existing| existing.properties.clone()),
            _ => None,
        }
    }

    /// What is taken over is recorded as it is; what a refresh cannot see is taken to be as declared.
    fn import(&self, resource: &Resource, existing: &Existing) -> Record {
        let mut properties = existing.properties.clone();
        let schema = self.provider.schemas().get(&resource.kind);
        for (name, value) in &resource.properties {
            let unreadable = schema.and_then(|schema| schema.field(name)).is_some_and(|field| field.unreadable);
            if unreadable && let Some(literal) = value.resolve(&|r| self.output(r)) {
                properties.insert(name.clone(), literal);
            }
        }
        Record::Put(RecordedResource {
            address: resource.address.clone(),
            kind: resource.kind.clone(),
            id: existing.id.clone(),
            properties,
            outputs: existing.outputs.clone(),
            depends_on: resource.lasting_dependencies().into_iter().collect(),
        })
    }

    fn output(&self, reference: &Reference) -> Option<crate::resource::Literal> {
        self.recorded.resources.get(&reference.to)?.output(reference.output)
    }

    fn resolve(&self, resource: &Resource) -> Result<Literals, Cause> {
        let mut properties = Literals::new();
        for (name, value) in &resource.properties {
            let mut missing = None;
            value.each_reference(&mut |reference| {
                if missing.is_none() && self.output(reference).is_none() {
                    missing = Some(Cause::NoOutput { of: reference.to.clone(), output: reference.output.to_owned() });
                }
            });
            match (missing, value.resolve(&|r| self.output(r))) {
                (None, Some(literal)) => properties.insert(name.clone(), literal),
                (Some(cause), _) => return Err(cause),
                (None, None) => continue,
            };
        }
        Ok(properties)
    }

    /// The same steps of the same run make the same token, in this process or another.
    fn token(&self, call: &Call<P::Request>) -> String {
        let mut hash = Sha256::new();
        hash.update(self.options.run.as_bytes());
        for id in &call.steps {
            let step = self.steps.step(*id);
            hash.update(b"\n");
            hash.update(step.address.as_str().as_bytes());
            hash.update(step.task.action().as_bytes());
        }
        hex(&hash.finalize())[..40].to_owned()
    }

    fn send(&mut self, call: Call<P::Request>) {
        for id in &call.steps {
            if self.begin(*id) {
                self.emit(*id, Status::Started, None);
            }
        }
        let provider = self.provider.clone();
        self.calls_on_their_way += 1;
        self.tasks.spawn(async move { Finished::Call(provider.send(call).await) });
    }

    /// Notes the time, and tells whether this is the first that happens for the change.
    fn begin(&mut self, id: StepId) -> bool {
        let step = self.steps.step(id);
        let place = (step.change, step.task.action());
        let first = !self.began.contains_key(&place);
        self.began.entry(place).or_insert_with(Instant::now);
        first
    }

    fn completes_creation(&self, id: StepId) -> bool {
        matches!(self.steps.step(id).task, Task::Update { completes_creation: true, .. })
    }

    // ---- waiting

    fn wait_for(&mut self, id: StepId, cloud_id: CloudId, until: Until) {
        let now = Instant::now();
        self.begin(id);
        self.emit(id, Status::Waiting, Some(cloud_id.clone()));
        let wait = self.waits.entry((self.steps.step(id).kind.clone(), until)).or_insert_with(|| Wait {
            members: BTreeMap::new(),
            next: now + POLL_FIRST,
            pause: POLL_FIRST,
            polling: false,
        });
        wait.members.insert(cloud_id, (id, now));
        // A newcomer deserves an early look.
        wait.pause = POLL_FIRST;
        wait.next = wait.next.min(now + POLL_FIRST);
    }

    fn start_polls(&mut self) {
        let now = Instant::now();
        for ((kind, until), wait) in &mut self.waits {
            if wait.polling || wait.next > now || wait.members.is_empty() {
                continue;
            }
            wait.polling = true;
            let (provider, kind, until) = (self.provider.clone(), kind.clone(), *until);
            let ids: Vec<CloudId> = wait.members.keys().cloned().collect();
            self.tasks.spawn(async move {
                let answer = provider.poll(&kind, &ids, until).await;
                Finished::Poll(kind, until, answer)
            });
        }
    }

    fn next_timer(&self) -> Option<Instant> {
        let polls = self.waits.values().filter(|w| !w.polling && !w.members.is_empty()).map(|w| w.next);
        polls.chain(self.delayed.first().map(|(at, _)| *at)).min()
    }

    fn wake_delayed(&mut self) {
        let now = Instant::now();
        while let Some((at, id)) = self.delayed.first().copied() {
            if at > now {
                break;
            }
            self.delayed.pop_first();
            self.scheduler.give_back(id);
        }
    }

    // ---- absorbing

    /// Takes in everything that has finished by now, so that it shares one commit.
    async fn absorb(&mut self, first: Result<Finished, tokio::task::JoinError>) -> Result<(), ApplyError> {
        let mut settled = Vec::new();
        let mut waits = Vec::new();
        let mut next = Some(first);
        while let Some(finished) = next {
            match finished.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic())) {
                Finished::Call(answers) => {
                    self.calls_on_their_way -= 1;
                    answers
                        .into_iter()
                        .for_each(|(id, answer)| self.absorb_answer(id, answer, &mut settled, &mut waits));
                }
                Finished::Poll(kind, until, answer) => self.absorb_poll(kind, until, answer, &mut settled),
            }
            next = self.tasks.try_join_next();
        }
        self.settle(settled).await?;
        waits.into_iter().for_each(|(id, cloud_id, until)| self.wait_for(id, cloud_id, until));
        Ok(())
    }

    fn absorb_answer(
        &mut self,
        id: StepId,
        answer: Result<Answer, CallFailure>,
        settled: &mut Vec<Settled>,
        waits: &mut Vec<(StepId, CloudId, Until)>,
    ) {
        let step = self.steps.step(id);
        let address = step.address.clone();
        match (answer, &step.task) {
            (Ok(Answer::Created { id: cloud_id, outputs, ready }), Task::Create { resource, deposes }) => {
                let mut properties = self.resolve(resource).unwrap_or_default();
                let schemas = self.provider.schemas();
                properties.retain(|name, _| !is_set_after_creation(schemas, &step.kind, name));
                let depends_on = resource.lasting_dependencies().into_iter().collect();
                let mut records = vec![];
                if *deposes {
                    records.push(Record::Depose(address.clone()));
                }
                let kind = step.kind.clone();
                records.push(Record::Put(RecordedResource {
                    address,
                    kind,
                    id: cloud_id.clone(),
                    properties,
                    outputs,
                    depends_on,
                }));
                let outcome = if ready { Outcome::Done } else { Outcome::Accepted };
                settled.push(Settled { step: id, outcome, records });
                if !ready {
                    waits.push((id, cloud_id, Until::Ready));
                }
            }
            (Ok(Answer::Updated { id: new_id, outputs }), Task::Update { resource, .. }) => {
                let mut records = vec![];
                if let Some(known) = self.recorded.resources.get(&address) {
                    let mut updated = known.clone();
                    updated.properties = self.resolve(resource).unwrap_or_default();
                    updated.outputs.extend(outputs);
                    updated.id = new_id.unwrap_or(updated.id);
                    updated.depends_on = resource.lasting_dependencies().into_iter().collect();
                    records.push(Record::Put(updated));
                }
                settled.push(Settled { step: id, outcome: Outcome::Done, records });
            }
            (Ok(Answer::Deleted { gone }), Task::Delete { existing, .. }) => {
                if gone {
                    let records = removal(&address, &existing.id);
                    settled.push(Settled { step: id, outcome: Outcome::Done, records });
                } else {
                    settled.push(Settled { step: id, outcome: Outcome::Accepted, records: vec![] });
                    waits.push((id, existing.id.clone(), Until::Gone));
                }
            }
            (Ok(answer), task) => unreachable!("{address}: the provider answered {answer:?} to a {}", task.action()),
            (Err(failure), task) => self.absorb_failure(id, failure, matches!(task, Task::Delete { .. }), settled),
        }
    }

    fn absorb_failure(&mut self, id: StepId, failure: CallFailure, deleting: bool, settled: &mut Vec<Settled>) {
        let patience = match failure.class {
            CallError::Throttled { .. } => Some(THROTTLE_PATIENCE),
            CallError::NotYetVisible => Some(self.options.visibility_patience),
            CallError::Blocked => Some(self.options.release_patience),
            CallError::Gone if deleting => {
                let step = self.steps.step(id);
                if let Task::Delete { existing, .. } = &step.task {
                    let records = removal(&step.address, &existing.id);
                    settled.push(Settled { step: id, outcome: Outcome::Done, records });
                }
                return;
            }
            _ => None,
        };
        let Some(patience) = patience else {
            let outcome = match failure.class {
                CallError::AnswerLost => Outcome::Unknown(failure.to_string()),
                _ => Outcome::Failed(failure.to_string()),
            };
            settled.push(Settled { step: id, outcome, records: vec![] });
            self.fail(id, Cause::Call(Box::new(failure)));
            return;
        };
        let now = Instant::now();
        let repeats = self.repeats.entry(id).or_insert(Repeats { since: now, pause: RETRY_FIRST });
        let waited = now - repeats.since;
        if waited >= patience {
            settled.push(Settled { step: id, outcome: Outcome::Failed(failure.to_string()), records: vec![] });
            self.fail(id, Cause::OutOfPatience { failure: Box::new(failure), patience: waited });
            return;
        }
        let asked = match failure.class {
            CallError::Throttled { retry_after: Some(pause) } => pause,
            _ => Duration::ZERO,
        };
        let pause = repeats.pause.max(asked);
        repeats.pause = (repeats.pause * 2).min(RETRY_LONGEST);
        self.delayed.insert((now + pause, id));
        self.emit(id, Status::Retrying(failure.to_string()), None);
    }

    fn absorb_poll(
        &mut self,
        kind: Kind,
        until: Until,
        answer: Result<Vec<Polled>, CallFailure>,
        settled: &mut Vec<Settled>,
    ) {
        let now = Instant::now();
        let patience = self.options.wait_patience;
        let Some(wait) = self.waits.get_mut(&(kind, until)) else { return };
        wait.polling = false;
        wait.next = now + wait.pause;
        wait.pause = (wait.pause * 3 / 2).min(POLL_LONGEST);
        let mut failed = Vec::new();
        // A poll that fails says nothing about what it asked for: ask again, until time is up.
        for polled in answer.unwrap_or_default() {
            match polled {
                Polled::Arrived(cloud_id, outputs) => {
                    let Some((id, _)) = wait.members.remove(&cloud_id) else { continue };
                    let address = &self.steps.step(id).address;
                    let records = match until {
                        Until::Gone => removal(address, &cloud_id),
                        Until::Ready => self.recorded.resources.get(address).map_or(vec![], |known| {
                            let mut ready = known.clone();
                            ready.outputs.extend(outputs);
                            vec![Record::Put(ready)]
                        }),
                    };
                    settled.push(Settled { step: id, outcome: Outcome::Done, records });
                }
                Polled::Failed(cloud_id, why) => {
                    let Some((id, _)) = wait.members.remove(&cloud_id) else { continue };
                    failed.push((id, Cause::Failed(why)));
                }
            }
        }
        let late: Vec<CloudId> =
            wait.members.iter().filter(|(_, (_, since))| now - *since > patience).map(|(id, _)| id.clone()).collect();
        for cloud_id in late {
            let Some((id, _)) = wait.members.remove(&cloud_id) else { continue };
            let awaited = if until == Until::Ready { "ready" } else { "gone" };
            failed.push((id, Cause::TimedOut { awaited, patience }));
        }
        for (id, cause) in failed {
            settled.push(Settled { step: id, outcome: Outcome::Failed(cause.to_string()), records: vec![] });
            self.fail(id, cause);
        }
    }

    // ---- settling

    async fn settle(&mut self, settled: Vec<Settled>) -> Result<(), ApplyError> {
        if settled.is_empty() {
            return Ok(());
        }
        let outcomes: Vec<(StepId, Outcome)> = settled.iter().map(|s| (s.step, s.outcome.clone())).collect();
        for record in settled.iter().flat_map(|s| &s.records) {
            self.recorded.apply(record);
        }
        if let Err(error) = self.journal.settle(settled).await {
            let unrecorded = outcomes.iter().map(|(id, _)| self.steps.step(*id).address.clone()).collect();
            return Err(self.broken_off(error, unrecorded));
        }
        for (id, outcome) in outcomes {
            if outcome == Outcome::Done {
                self.done.insert(id);
                self.scheduler.done(id);
                if self.ends_its_work(id) {
                    let step = self.steps.step(id);
                    let began = self.began.get(&(step.change, step.task.action()));
                    let took = began.map(|began| began.elapsed()).unwrap_or_default();
                    let known = self.recorded.resources.get(&self.steps.step(id).address);
                    let cloud_id = match &self.steps.step(id).task {
                        Task::Delete { existing, .. } | Task::Forget { existing } => Some(existing.id.clone()),
                        _ => known.map(|known| known.id.clone()),
                    };
                    self.emit(id, Status::Done(took), cloud_id);
                }
            }
        }
        Ok(())
    }

    /// A creation that an update completes is told as one.
    fn ends_its_work(&self, id: StepId) -> bool {
        let step = self.steps.step(id);
        !matches!(step.task, Task::Create { .. })
            || !self
                .steps
                .successors(id)
                .iter()
                .any(|next| self.completes_creation(*next) && self.steps.step(*next).address == step.address)
    }

    fn fail(&mut self, id: StepId, cause: Cause) {
        let step = self.steps.step(id);
        self.emit(id, Status::Failed(cause.to_string()), None);
        self.report.failures.push(Failure { address: step.address.clone(), action: step.task.action(), cause });
        let of = step.address.clone();
        for lost in self.scheduler.failed(id) {
            let address = self.steps.step(lost).address.clone();
            if !self.completes_creation(lost) {
                self.emit(lost, Status::Skipped(format!("it waits for {of}")), None);
            }
            if address != of {
                self.report.skipped.push((address, of.clone()));
            }
        }
    }

    fn emit(&mut self, id: StepId, status: Status, cloud_id: Option<CloudId>) {
        let step = self.steps.step(id);
        (self.tell)(Event {
            address: step.address.clone(),
            kind: step.kind.clone(),
            action: step.task.action(),
            status,
            id: cloud_id,
        });
    }

    fn broken_off(&mut self, source: JournalError, unrecorded: Vec<Address>) -> ApplyError {
        ApplyError::Journal { unrecorded, source }
    }

    fn finish(mut self) -> Report {
        let mut undone: BTreeSet<usize> = BTreeSet::new();
        for (index, step) in self.steps.steps().iter().enumerate() {
            if !self.done.contains(&StepId(index)) {
                undone.insert(step.change);
            }
        }
        let named: BTreeSet<&Address> =
            self.report.failures.iter().map(|f| &f.address).chain(self.report.skipped.iter().map(|(a, _)| a)).collect();
        let unfinished: Vec<Address> = undone
            .iter()
            .map(|change| self.plan.changes[*change].address.clone())
            .filter(|address| !named.contains(address))
            .collect();
        self.report.unfinished = unfinished;
        self.report.skipped.sort();
        self.report.skipped.dedup_by(|a, b| a.0 == b.0);
        let done = self.plan.changes.iter().enumerate().filter(|(index, _)| !undone.contains(index));
        self.report.done = Summary::of(done.map(|(_, change)| change.action));
        self.report
    }
}

enum Prepared {
    Ask(ReadyStep),
    Settled(Vec<Record>),
    Wait(CloudId, Until),
    Failed(Cause),
}

fn removal(address: &Address, id: &CloudId) -> Vec<Record> {
    vec![Record::Remove(address.clone(), id.clone())]
}

fn is_set_after_creation(schemas: &Schemas, kind: &Kind, name: &str) -> bool {
    schemas.get(kind).and_then(|schema| schema.field(name)).is_some_and(|field| field.set_after_creation)
}

fn intent<R>(step: &ReadyStep, call: &Call<R>) -> Intent {
    let (id, content) = match &step.ask {
        Ask::Create { properties } => (None, properties),
        Ask::Update { id, properties, .. } | Ask::Delete { id, properties, .. } => (Some(id.clone()), properties),
    };
    let digest = hex(&Sha256::digest(serde_json::to_vec(content).unwrap_or_default()));
    Intent {
        step: step.step,
        address: step.address.clone(),
        kind: step.kind.clone(),
        action: step.ask.action(),
        operation: call.operation.to_owned(),
        token: call.token.clone(),
        digest,
        id,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
