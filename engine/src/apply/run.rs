//! Drives scheduler, provider and journal until nothing is left to do.

mod absorb;
mod hold;
mod look;
mod settle;
mod wait;

pub(crate) use look::looks;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{ApplyError, Cause, Interrupt, Options, Report};
use crate::address::Address;
use crate::call_properties::CallProperties;
use crate::event::{Event, Status};
use crate::journal::{Intent, Journal, JournalError, Outcome, Record, Settled};
use crate::kind::{Kind, Schemas};
use crate::place::Place;
use crate::plan::{Action, Existing, Plan, Summary};
use crate::provider::{Admission, Ask, Call, CallFailure, Polled, Provider, ReadyStep, StepAnswer};
use crate::providers::{ProviderIndex, Providers};
use crate::resource::{CloudId, Literals, Reference, Resource};
use crate::schedule::Scheduler;
use crate::snapshot::{Recorded, RecordedResource};
use crate::step::{Step, StepGraph, StepId, Task};
use crate::until::Until;

/// Carries a plan out. All places are worked in at the same time, each by its own provider.
///
/// `recorded` is the state at the beginning and, when this returns, at the end. Events go to `report_event` as they happen.
///
/// # Errors
/// If the state cannot be written. Calls on their way are then still waited for, and nothing new is sent.
#[allow(clippy::too_many_arguments, reason = "the world of a run: each is another thing and none belongs to another")]
pub async fn apply<P: Provider, J: Journal>(
    plan: &Plan,
    steps: &StepGraph,
    recorded: &mut Recorded,
    providers: &Providers<P>,
    journal: &J,
    options: &Options,
    mut interrupt: watch::Receiver<Interrupt>,
    report_event: &mut dyn FnMut(Event),
) -> Result<Report, ApplyError> {
    let mut run = Run {
        plan,
        steps,
        recorded,
        providers,
        journal,
        options,
        report_event,
        scheduler: Scheduler::new(steps),
        lanes: providers.for_each_provider(Lane::default),
        tasks: JoinSet::new(),
        began: HashMap::new(),
        repeats: HashMap::new(),
        fresh: HashMap::new(),
        delayed: BTreeSet::new(),
        told_to_wait: BTreeSet::new(),
        waits: BTreeMap::new(),
        done: BTreeSet::new(),
        report: Report::default(),
    };
    if let Err(error) = run.drive(&mut interrupt).await {
        // What is on its way is not cut off half-way; the journal has its intents, and the next run looks for it.
        while run.tasks.join_next().await.is_some() {}
        return Err(error);
    }
    Ok(run.finish())
}

struct Run<'a, P: Provider, J> {
    plan: &'a Plan,
    steps: &'a StepGraph,
    recorded: &'a mut Recorded,
    providers: &'a Providers<P>,
    journal: &'a J,
    options: &'a Options,
    report_event: &'a mut dyn FnMut(Event),
    scheduler: Scheduler<'a>,
    /// The calls to each provider.
    lanes: BTreeMap<ProviderIndex, Lane<P::Request>>,
    tasks: JoinSet<Finished>,
    /// When work on a change began, by its index and action: a creation and the update that completes it are one.
    began: HashMap<(usize, &'static str), Instant>,
    repeats: HashMap<StepId, Repeats>,
    /// When what was ready at once was made, by address. It may not be known everywhere yet, and no read would tell.
    fresh: HashMap<Address, Instant>,
    delayed: BTreeSet<(Instant, StepId)>,
    /// Steps of which was told that they wait to be admitted.
    told_to_wait: BTreeSet<StepId>,
    waits: BTreeMap<Awaited, Wait>,
    done: BTreeSet<StepId>,
    report: Report,
}

/// The calls to one provider. Each provider has room of its own, so that no region waits for another's calls.
struct Lane<R> {
    /// Calls that wait for room, the most urgent first.
    queue: BTreeMap<Urgency, Queued<R>>,
    on_their_way: usize,
}

impl<R> Default for Lane<R> {
    fn default() -> Self {
        Lane { queue: BTreeMap::new(), on_their_way: 0 }
    }
}

/// So few waiting steps are joined to calls anew when others are ready.
const JOINED_ANEW_MAX: usize = 256;

/// The longest chain first; no two calls have a step in common.
type Urgency = (Reverse<Duration>, Option<StepId>);

/// A call that waits for room, and what the journal will have to say of its steps.
struct Queued<R> {
    call: Call<R>,
    asked: Vec<Asked>,
}

/// What the journal says of a step, whichever call it goes out with.
struct Asked {
    step: StepId,
    action: &'static str,
    digest: String,
    id: Option<CloudId>,
}

/// A step that is being repeated.
struct Repeats {
    since: Instant,
    pause: Duration,
}

/// What is waited for together: that all of one kind in one place are ready, or gone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Awaited {
    place: Place,
    kind: Kind,
    until: Until,
}

/// Resources that are waited for together.
struct Wait {
    members: BTreeMap<CloudId, (StepId, Instant)>,
    next: Instant,
    polling: bool,
}

enum Finished {
    Call(ProviderIndex, Vec<StepAnswer>),
    Poll(Awaited, Result<Vec<Polled>, CallFailure>),
}

impl<P: Provider, J: Journal> Run<'_, P, J> {
    async fn drive(&mut self, interrupt: &mut watch::Receiver<Interrupt>) -> Result<(), ApplyError> {
        let mut listening = true;
        let mut heard = Interrupt::None;
        loop {
            let wish = *interrupt.borrow_and_update();
            if wish != heard {
                heard = wish;
                (self.report_event)(Event::Cancelling(wish));
            }
            match wish {
                Interrupt::None => {
                    self.start_ready().await?;
                    self.start_polls();
                }
                Interrupt::Drain => {
                    self.report.interrupted = true;
                    self.delayed.clear();
                    self.waits.clear();
                    // All that is on its way then are polls, which only look, and whose answers do not count any more.
                    if self.lanes.values().all(|lane| lane.on_their_way == 0) {
                        return Ok(());
                    }
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
        loop {
            // Steps without a call settle at once and may make others ready.
            if self.scheduler.has_ready() {
                self.queue_ready().await?;
            }
            self.send_queued().await?;
            if self.lanes.values().all(|lane| self.room(lane) == 0) || !self.scheduler.has_ready() {
                return Ok(());
            }
        }
    }

    /// Joins what is ready to calls, which wait until there is room for them.
    ///
    /// What waits already is joined anew with what is ready since, as long as it is little: one more may share a call
    /// with it. Were it always so, a hundred thousand that wait would be joined anew for each call that is sent.
    async fn queue_ready(&mut self) -> Result<(), ApplyError> {
        let waiting = self.lanes.values().flat_map(|lane| lane.queue.values()).map(|queued| queued.call.steps.len());
        if waiting.take(JOINED_ANEW_MAX).sum::<usize>() < JOINED_ANEW_MAX {
            for queued in self.lanes.values_mut().flat_map(|lane| std::mem::take(&mut lane.queue).into_values()) {
                queued.call.steps.iter().for_each(|id| self.scheduler.give_back(*id));
            }
        }
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
        let mut asked: HashMap<StepId, Asked> = askable.iter().map(|step| (step.step, Asked::of(step))).collect();
        for (provider, call) in self.providers.batch(askable) {
            let chain = call.steps.iter().map(|id| self.steps.step(*id).chain).max().unwrap_or_default();
            let asked = call.steps.iter().filter_map(|id| asked.remove(id)).collect();
            let urgency = (Reverse(chain), call.steps.first().copied());
            self.lanes.entry(provider).or_default().queue.insert(urgency, Queued { call, asked });
        }
        self.settle(settled).await
    }

    /// Sends as many calls as there is room for, the longest chain first, after their intents are durable.
    async fn send_queued(&mut self) -> Result<(), ApplyError> {
        let mut intents = Vec::new();
        let mut going = Vec::new();
        let mut held = Vec::new();
        for (index, lane) in &mut self.lanes {
            let provider = self.providers.get(*index);
            let mut room = self.options.parallelism.saturating_sub(lane.on_their_way);
            while room > 0
                && let Some((_, queued)) = lane.queue.pop_first()
            {
                match provider.admit(&queued.call) {
                    Admission::After { wait, why } => held.push((queued.call.steps, wait, why)),
                    Admission::Now => {
                        going.push((*index, queued));
                        room -= 1;
                    }
                }
            }
        }
        held.into_iter().for_each(|(steps, wait, why)| self.hold(&steps, wait, why));
        for (_, queued) in &mut going {
            queued.call.token = self.token(&queued.call);
            intents.extend(queued.asked.drain(..).map(|asked| self.intent(asked, &queued.call)));
        }
        if going.is_empty() {
            return Ok(());
        }
        self.journal.intend(intents).await.map_err(|e| self.broken_off(e, vec![]))?;
        going.into_iter().for_each(|(provider, queued)| self.send(provider, queued.call));
        Ok(())
    }

    fn intent(&self, Asked { step, action, digest, id }: Asked, call: &Call<P::Request>) -> Intent {
        let Step { address, kind, place, .. } = self.steps.step(step);
        let (address, kind, place) = (address.clone(), kind.clone(), place.clone());
        let (operation, token) = (call.operation.to_owned(), call.token.clone());
        Intent { step, address, kind, place, action, operation, token, digest, id }
    }

    /// How many more calls to a provider may be on their way.
    fn room(&self, lane: &Lane<P::Request>) -> usize {
        self.options.parallelism.saturating_sub(lane.on_their_way)
    }

    fn prepare(&mut self, id: StepId) -> Prepared {
        let step = self.steps.step(id);
        let address = &step.address;
        match &step.task {
            Task::Create { resource, .. } => match self.resolve(resource) {
                Ok(mut properties) => {
                    let schemas = self.providers.schemas();
                    properties.retain(|name| !is_set_after_creation(schemas, &step.kind, name));
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
                Some(known) => match self.nobody_works_in(&step.place) {
                    Some(cause) => Prepared::Failed(cause),
                    None => Prepared::Wait(known.id.clone(), Until::Ready),
                },
                None => Prepared::Settled(vec![]),
            },
            Task::Delete { existing, implied: true } => Prepared::Settled(removal(address, existing)),
            Task::Delete { existing, implied: false } => self.ask(
                id,
                Ask::Delete {
                    id: existing.id.clone(),
                    properties: existing.owned_properties().into(),
                    outputs: existing.owned_outputs(),
                },
            ),
            Task::Import { resource, existing } => Prepared::Settled(vec![self.import(resource, existing)]),
            Task::Forget { existing } => Prepared::Settled(removal(address, existing)),
        }
    }

    fn ask(&self, id: StepId, ask: Ask) -> Prepared {
        let Step { address, kind, place, .. } = self.steps.step(id);
        if let Some(cause) = self.nobody_works_in(place) {
            return Prepared::Failed(cause);
        }
        let (address, kind, place) = (address.clone(), kind.clone(), place.clone());
        Prepared::Ask(ReadyStep { step: id, address, kind, place, ask })
    }

    /// Why nothing can be done in a place that no provider works in.
    fn nobody_works_in(&self, place: &Place) -> Option<Cause> {
        let is_served = self.providers.index(place).is_some();
        (!is_served).then(|| Cause::Failed(format!("not sent: {place} is not connected")))
    }

    /// What the account showed when the plan was made: an update may have to undo what others did.
    fn observed_before(&self, id: StepId) -> Option<Literals> {
        let change = &self.plan.changes[self.steps.step(id).change];
        match change.action {
            Action::Update | Action::Import => change.existing.as_ref().map(|existing| existing.owned_properties()),
            _ => None,
        }
    }

    /// What is taken over is recorded as it is; what a refresh cannot see is taken to be as declared.
    fn import(&self, resource: &Resource, existing: &Existing) -> Record {
        let mut properties = existing.owned_properties();
        let schema = self.providers.schemas().get(&resource.kind);
        for (name, value) in &*resource.properties {
            let unreadable = schema.and_then(|schema| schema.field(name)).is_some_and(|field| field.unreadable);
            if unreadable && let Some(literal) = value.resolve(&|r| self.output(r)) {
                properties.insert(name.clone(), literal);
            }
        }
        schema.into_iter().for_each(|schema| schema.note_unset(&mut properties));
        Record::Put(Arc::new(RecordedResource {
            address: resource.address.clone(),
            kind: resource.kind.clone(),
            place: existing.place.clone(),
            id: existing.id.clone(),
            properties,
            outputs: existing.owned_outputs(),
            depends_on: resource.lasting_dependencies().into_iter().collect(),
        }))
    }

    fn output(&self, reference: &Reference) -> Option<crate::resource::Literal> {
        self.recorded.resources.get(&reference.to)?.output(reference.output)
    }

    fn resolve(&self, resource: &Resource) -> Result<CallProperties, Cause> {
        let mut missing = None;
        for value in resource.properties.values() {
            value.each_reference(&mut |reference| {
                if missing.is_none() && self.output(reference).is_none() {
                    missing = Some(Cause::NoOutput { of: reference.to.clone(), output: reference.output.to_owned() });
                }
            });
        }
        missing.map_or_else(|| Ok(CallProperties::of(resource, &|reference| self.output(reference))), Err)
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
        hex::encode(hash.finalize())[..40].to_owned()
    }

    fn send(&mut self, index: ProviderIndex, call: Call<P::Request>) {
        let addresses = call.steps.iter().map(|id| self.steps.step(*id).address.clone()).collect();
        (self.report_event)(Event::CallSent { operation: call.operation, addresses });
        for id in &call.steps {
            if self.begin(*id) {
                self.emit(*id, Status::Started, None);
            }
        }
        let provider = self.providers.get(index).clone();
        self.lanes.entry(index).or_default().on_their_way += 1;
        self.tasks.spawn(async move { Finished::Call(index, provider.send(call).await) });
    }

    /// Notes the time, and tells whether this is the first that happens for the change.
    fn begin(&mut self, id: StepId) -> bool {
        let step = self.steps.step(id);
        let work = (step.change, step.task.action());
        let first = !self.began.contains_key(&work);
        self.began.entry(work).or_insert_with(Instant::now);
        first
    }

    fn completes_creation(&self, id: StepId) -> bool {
        matches!(self.steps.step(id).task, Task::Update { completes_creation: true, .. })
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

fn removal(address: &Address, gone: &Existing) -> Vec<Record> {
    vec![Record::Remove(address.clone(), gone.place.clone(), gone.id.clone())]
}

fn is_set_after_creation(schemas: &Schemas, kind: &Kind, name: &str) -> bool {
    schemas.get(kind).and_then(|schema| schema.field(name)).is_some_and(|field| field.set_after_creation)
}

impl Asked {
    fn of(step: &ReadyStep) -> Asked {
        let (id, content) = match &step.ask {
            Ask::Create { properties } => (None, properties),
            Ask::Update { id, properties, .. } | Ask::Delete { id, properties, .. } => (Some(id.clone()), properties),
        };
        // Of what may be shown: a digest of the whole would let everybody who knows the rest try out the secrets.
        let digest = hex::encode(Sha256::digest(serde_json::to_vec(&**content).unwrap_or_default()));
        Asked { step: step.step, action: step.ask.action(), digest, id }
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
