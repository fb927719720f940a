//! A small cloud for tests: it keeps resources in memory, refuses what a real one would refuse, and fails on demand.
//!
//! It checks what the engine promises: nothing is made before what it refers to exists, nothing is deleted while
//! something refers to it, no call is sent whose intents are not in the journal.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use crate::address::Address;
use crate::attribute::{Claim, Found};
use crate::expectation::Expectations;
use crate::graph::{Graph, link};
use crate::journal::{Intent, Journal, JournalError, Outcome, Settled};
use crate::kind::{DiesWith, Field, Kind, Replacement, Schema, Schemas};
use crate::provider::{
    Admission, Answer, Ask, Call, CallError, CallFailure, Cost, Polled, Provider, ReadyStep, SharedCall, StepAnswer,
    Until,
};
use crate::resource::{CloudId, Literal, Literals, Reference, Resource};
use crate::snapshot::{Declared, Observed, ObservedResource, Readiness, Recorded};
use crate::step::StepId;
use crate::time_scale::TimeScale;

pub(crate) const BOX: Kind = Kind::new("test.box");
pub(crate) const NODE: Kind = Kind::new("test.node");
pub(crate) const SLOW: Kind = Kind::new("test.slow");
pub(crate) const LINK: Kind = Kind::new("test.link");

const PROPERTIES: [Field; 5] = [
    Field::new("fixed").immutable(),
    Field::new("loose"),
    Field::new("late").set_after_creation(),
    Field::new("parents").immutable(),
    Field::new("box").immutable(),
];

/// `box` holds things and is replaced delete-first, `node` create-first, `slow` must be waited for, `link` dies with
/// its box.
pub(crate) fn schemas() -> Schemas {
    let mut node = Schema::new("test.node", &PROPERTIES);
    node.replacement = Replacement::CreateFirst;
    let mut slow = Schema::new("test.slow", &PROPERTIES);
    slow.creation_time = Duration::from_secs(100);
    let mut link = Schema::new("test.link", &PROPERTIES);
    link.dies_with = Some(DiesWith { container: "box", unless_refers: &["target"] });
    [Schema::new("test.box", &PROPERTIES), node, slow, link].into_iter().collect()
}

pub(crate) fn expectations() -> Expectations {
    Expectations::typical(&schemas(), TimeScale::WALL)
}

pub(crate) fn address(text: &str) -> Address {
    Address::new(text).expect("a test writes good addresses")
}

/// Returns a resource that refers to the ids of `parents`.
pub(crate) fn resource(name: &str, kind: Kind, parents: &[&str]) -> Resource {
    let list = parents.iter().map(|parent| Reference::id(&address(parent)).into()).collect();
    Resource::new(address(name), kind).with("parents", crate::resource::Value::List(list))
}

pub(crate) fn graph_of(resources: impl IntoIterator<Item = Resource>) -> Graph {
    let mut declared = Declared::default();
    resources.into_iter().for_each(|resource| declared.add(resource));
    link(declared).expect("a test declares a graph")
}

/// What the cloud holds.
#[derive(Debug, Clone)]
pub(crate) struct Thing {
    pub(crate) kind: Kind,
    pub(crate) address: Address,
    pub(crate) properties: Literals,
    pub(crate) polls_until_ready: u32,
    /// When something that is being deleted will be gone.
    pub(crate) leaves_at: Option<Instant>,
}

/// What the cloud does next to a call of this action at this address, once.
pub(crate) type Script = BTreeMap<(Address, &'static str), Vec<CallError>>;

#[derive(Debug, Default)]
pub(crate) struct Inner {
    pub(crate) things: BTreeMap<CloudId, Thing>,
    pub(crate) script: Script,
    /// Every call that took effect: `create a/b`.
    pub(crate) log: Vec<String>,
    pub(crate) calls: u64,
    /// How many seconds a call for this address is held back, each time that it asks.
    holds: BTreeMap<Address, Vec<u64>>,
    /// The first address of each call that asked to be admitted, if somebody wants to know.
    pub(crate) asked: Option<Vec<Address>>,
    /// Steps that were handed over to be joined to calls, each time that they were.
    pub(crate) steps_handed: usize,
    /// How long a poll takes, if it is slow: one that is throttled.
    pub(crate) poll_takes: Option<Duration>,
    next_id: u64,
    intended: BTreeSet<StepId>,
    pub(crate) settled: Vec<Settled>,
    pub(crate) refuse_writes_after: Option<usize>,
    writes: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct ModelCloud {
    pub(crate) inner: Arc<Mutex<Inner>>,
    schemas: Schemas,
}

impl Default for ModelCloud {
    fn default() -> Self {
        ModelCloud { inner: Arc::default(), schemas: schemas() }
    }
}

impl ModelCloud {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no test panics with the lock held")
    }

    /// Holds calls for an address back: so many seconds the first time that one asks, so many the second.
    pub(crate) fn hold(&self, at: &str, seconds: impl Into<Vec<u64>>) {
        self.lock().holds.insert(address(at), seconds.into());
    }

    /// Returns of how many steps there was an intent.
    pub(crate) fn intended(&self) -> usize {
        self.lock().intended.len()
    }

    pub(crate) fn observe(&self, recorded: &Recorded, graph: &Graph) -> Observed {
        crate::attribute::attribute(self.found(), recorded, graph)
    }

    fn found(&self) -> Vec<Found> {
        let mut inner = self.lock();
        inner.let_time_pass();
        let alive = inner.things.iter().filter(|(_, thing)| thing.leaves_at.is_none());
        alive
            .map(|(id, thing)| Found {
                resource: ObservedResource {
                    kind: thing.kind.clone(),
                    id: id.clone(),
                    properties: thing.properties.clone(),
                    outputs: Literals::new(),
                    readiness: if thing.polls_until_ready > 0 { Readiness::Pending } else { Readiness::Ready },
                },
                claim: Claim::Address(thing.address.clone()),
            })
            .collect()
    }

    /// Returns the addresses of what exists, sorted.
    pub(crate) fn addresses(&self) -> Vec<String> {
        let mut inner = self.lock();
        inner.let_time_pass();
        let mut all: Vec<String> =
            inner.things.values().filter(|t| t.leaves_at.is_none()).map(|thing| thing.address.to_string()).collect();
        all.sort();
        all
    }
}

impl Inner {
    fn let_time_pass(&mut self) {
        let now = Instant::now();
        self.things.retain(|_, thing| thing.leaves_at.is_none_or(|at| at > now));
    }

    fn perform(&mut self, address: &Address, kind: &Kind, ask: &Ask) -> Result<Answer, CallFailure> {
        let script = self.script.get_mut(&(address.clone(), ask.action()));
        if let Some(class) = script.and_then(|faults| if faults.is_empty() { None } else { Some(faults.remove(0)) }) {
            if class == CallError::AnswerLost {
                let _ = self.take_effect(address, kind, ask);
            }
            return Err(refusal(class, ask.action()));
        }
        self.take_effect(address, kind, ask)
    }

    fn take_effect(&mut self, address: &Address, kind: &Kind, ask: &Ask) -> Result<Answer, CallFailure> {
        match ask {
            Ask::Create { properties } => {
                let missing = ids_in(properties).into_iter().find(|id| !self.things.contains_key(id));
                if missing.is_some() {
                    return Err(refusal(CallError::Refused, "a parent does not exist"));
                }
                assert!(!properties.contains_key("late"), "the creating call was given what it cannot set");
                self.next_id += 1;
                let id = CloudId::from(format!("id-{}", self.next_id));
                let polls_until_ready = if *kind == SLOW { 3 } else { 0 };
                let thing = Thing {
                    kind: kind.clone(),
                    address: address.clone(),
                    properties: properties.clone(),
                    polls_until_ready,
                    leaves_at: None,
                };
                self.things.insert(id.clone(), thing);
                self.log.push(format!("create {address}"));
                Ok(Answer::Created { id, outputs: Literals::new(), ready: polls_until_ready == 0 })
            }
            Ask::Update { id, properties, fields, .. } => {
                let Some(thing) = self.things.get_mut(id) else { return Err(refusal(CallError::Gone, "update")) };
                for field in fields {
                    match properties.get(field) {
                        Some(value) => thing.properties.insert(field.clone(), value.clone()),
                        None => thing.properties.remove(field),
                    };
                }
                self.log.push(format!("update {address}"));
                Ok(Answer::Updated { id: None, outputs: Literals::new() })
            }
            Ask::Delete { id, .. } => {
                let Some(thing) = self.things.get(id).cloned() else { return Err(refusal(CallError::Gone, "delete")) };
                let holds =
                    |other: &Thing| other.kind == LINK && other.properties.get("box") == Some(&json!(id.as_str()));
                let blocked = self.things.values().any(|other| {
                    other.address != thing.address && !holds(other) && ids_in(&other.properties).contains(id)
                });
                if blocked {
                    return Err(refusal(CallError::Blocked, "something refers to it"));
                }
                self.log.push(format!("delete {address}"));
                self.things.retain(|_, other| !holds(other));
                if thing.kind == SLOW {
                    if let Some(leaving) = self.things.get_mut(id) {
                        leaving.leaves_at = Some(Instant::now() + Duration::from_secs(40));
                    }
                    return Ok(Answer::Deleted { gone: false });
                }
                self.things.remove(id);
                Ok(Answer::Deleted { gone: true })
            }
        }
    }
}

fn ids_in(properties: &Literals) -> Vec<CloudId> {
    let lists = properties.values().filter_map(Literal::as_array).flatten();
    let single = properties.values();
    lists.chain(single).filter_map(Literal::as_str).filter(|t| t.starts_with("id-")).map(CloudId::from).collect()
}

fn refusal(class: CallError, message: &str) -> CallFailure {
    CallFailure { class, operation: "test:Call".to_owned(), code: None, message: message.to_owned(), request_id: None }
}

impl Provider for ModelCloud {
    type Request = Vec<ReadyStep>;

    fn schemas(&self) -> &Schemas {
        &self.schemas
    }

    async fn refresh(&self, _recorded: &Recorded) -> Result<Vec<Found>, CallFailure> {
        Ok(self.found())
    }

    /// Equal nodes go out together, everything else alone.
    fn batch(&self, ready: Vec<ReadyStep>) -> Vec<Call<Vec<ReadyStep>>> {
        self.lock().steps_handed += ready.len();
        let mut joined: BTreeMap<String, Vec<ReadyStep>> = BTreeMap::new();
        for step in ready {
            let key = match &step.ask {
                Ask::Create { properties } if step.kind == NODE => format!("node {properties:?}"),
                _ => format!("{:?}", step.step),
            };
            joined.entry(key).or_default().push(step);
        }
        let call = |steps: Vec<ReadyStep>| Call {
            operation: "test:Call",
            steps: steps.iter().map(|step| step.step).collect(),
            token: String::new(),
            request: steps,
        };
        joined.into_values().map(call).collect()
    }

    fn cost(&self, step: &ReadyStep) -> Cost {
        match &step.ask {
            Ask::Create { properties } if step.kind == NODE => {
                let shared = SharedCall { key: format!("node {properties:?}"), at_most: usize::MAX };
                Cost { requests: 1, shared: Some(shared) }
            }
            _ => Cost::ONE,
        }
    }

    fn admit(&self, call: &Call<Vec<ReadyStep>>) -> Admission {
        let mut inner = self.lock();
        if let (Some(asked), Some(first)) = (&mut inner.asked, call.request.first()) {
            asked.push(first.address.clone());
        }
        let held = call.request.iter().map(|step| &step.address).find(|address| inner.holds.contains_key(*address));
        let seconds = held.and_then(|address| inner.holds.get_mut(address)).filter(|seconds| !seconds.is_empty());
        match seconds.map(|seconds| seconds.remove(0)) {
            Some(seconds) if seconds > 0 => {
                Admission::After { wait: Duration::from_secs(seconds), why: "the model is slow" }
            }
            _ => Admission::Now,
        }
    }

    async fn send(&self, call: Call<Vec<ReadyStep>>) -> Vec<StepAnswer> {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let mut inner = self.lock();
        inner.let_time_pass();
        inner.calls += 1;
        let unannounced = call.steps.iter().find(|step| !inner.intended.contains(step));
        assert_eq!(unannounced, None, "a call was sent before its intent was durable");
        call.request.into_iter().map(|s| (s.step, inner.perform(&s.address, &s.kind, &s.ask))).collect()
    }

    async fn poll(&self, _kind: &Kind, ids: &[CloudId], until: Until) -> Result<Vec<Polled>, CallFailure> {
        let takes = self.lock().poll_takes.unwrap_or(Duration::from_millis(50));
        tokio::time::sleep(takes).await;
        let mut inner = self.lock();
        inner.calls += 1;
        inner.let_time_pass();
        let mut arrived = Vec::new();
        for id in ids {
            match (until, inner.things.get_mut(id)) {
                (Until::Gone, None) => arrived.push(id.clone()),
                (Until::Ready, Some(thing)) => {
                    thing.polls_until_ready = thing.polls_until_ready.saturating_sub(1);
                    if thing.polls_until_ready == 0 {
                        arrived.push(id.clone());
                    }
                }
                _ => {}
            }
        }
        Ok(arrived.into_iter().map(|id| Polled::Arrived(id, Literals::new())).collect())
    }

    fn calls_sent(&self) -> u64 {
        self.lock().calls
    }
}

impl Journal for ModelCloud {
    async fn intend(&self, intents: Vec<Intent>) -> Result<(), JournalError> {
        let mut inner = self.lock();
        inner.write()?;
        inner.intended.extend(intents.iter().map(|intent| intent.step));
        Ok(())
    }

    async fn settle(&self, settled: Vec<Settled>) -> Result<(), JournalError> {
        let mut inner = self.lock();
        inner.write()?;
        let left_open = |s: &Settled| matches!(s.outcome, Outcome::Unknown(_));
        inner.settled.extend(settled.into_iter().filter(|s| !left_open(s)));
        Ok(())
    }
}

impl Inner {
    fn write(&mut self) -> Result<(), JournalError> {
        self.writes += 1;
        match self.refuse_writes_after {
            Some(most) if self.writes > most => Err(JournalError("no space left on device".into())),
            _ => Ok(()),
        }
    }
}
