//! A small cloud for tests: it keeps resources in memory, refuses what a real one would refuse, and fails on demand.
//!
//! It checks what the engine promises: nothing is made before what it refers to exists, nothing is deleted while
//! something refers to it, no call is sent whose intents are not in the journal.

use std::collections::BTreeMap;
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
use crate::place::Place;
use crate::provider::{
    Admission, Answer, Ask, Call, CallError, CallFailure, Cost, Polled, Provider, ReadyStep, SharedCall, StepAnswer,
};
use crate::resource::{CloudId, Literal, Literals, Reference, Resource};
use crate::snapshot::{Declared, Observed, ObservedResource, Readiness, Recorded};
use crate::step::StepId;
use crate::time_scale::TimeScale;
use crate::until::Until;

pub(crate) const BOX: Kind = Kind::new("test.box");
pub(crate) const NODE: Kind = Kind::new("test.node");
pub(crate) const SLOW: Kind = Kind::new("test.slow");
pub(crate) const LINK: Kind = Kind::new("test.link");

const PROPERTIES: [Field; 8] = [
    Field::new("fixed").immutable(),
    Field::new("loose"),
    Field::new("late").set_after_creation(),
    Field::new("parents").immutable(),
    Field::new("box").immutable(),
    Field::new("secret").sensitive(),
    Field::new("script").immutable().unreadable().renewed_with_replacement().made_from(&["parameter"]),
    Field::new("parameter").immutable().unreadable(),
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

/// Where a test's resources are, unless it says otherwise.
pub(crate) fn here() -> Place {
    Place::regional("111122223333", "north")
}

/// Another place.
pub(crate) fn there() -> Place {
    Place::regional("111122223333", "south")
}

/// Returns a resource that refers to the ids of `parents`.
pub(crate) fn resource(name: &str, kind: Kind, parents: &[&str]) -> Resource {
    resource_in(&here(), name, kind, parents)
}

/// Returns the same in another place.
pub(crate) fn resource_in(place: &Place, name: &str, kind: Kind, parents: &[&str]) -> Resource {
    let list = parents.iter().map(|parent| Reference::id(&address(parent)).into()).collect();
    Resource::new(address(name), kind, place).with("parents", crate::resource::Value::List(list))
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
    pub(crate) place: Place,
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
    /// The `Debug` text of all steps that were handed over.
    pub(crate) handed: String,
    /// Steps that were handed over to be joined to calls, each time that they were.
    pub(crate) steps_handed: usize,
    /// How long a poll takes, if it is slow: one that is throttled.
    pub(crate) poll_takes: Option<Duration>,
    /// Why this place cannot be read, if it cannot.
    pub(crate) unreadable: Option<CallError>,
    /// The places that were read.
    pub(crate) reads: Vec<Place>,
    /// What a refusal says besides, as a cloud repeats what it was sent.
    pub(crate) repeats_in_refusals: String,
    next_id: u64,
}

/// What the journal holds, for all places.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) intended: BTreeMap<StepId, Intent>,
    pub(crate) settled: Vec<Settled>,
    pub(crate) intents: Vec<Intent>,
    pub(crate) refuse_writes_after: Option<usize>,
    writes: usize,
}

/// A cloud in a place or some, and the journal of a run.
#[derive(Debug, Clone)]
pub(crate) struct ModelCloud {
    pub(crate) inner: Arc<Mutex<Inner>>,
    ledger: Arc<Mutex<Ledger>>,
    places: Vec<Place>,
    schemas: Schemas,
}

impl Default for ModelCloud {
    fn default() -> Self {
        ModelCloud { inner: Arc::default(), ledger: Arc::default(), places: vec![here()], schemas: schemas() }
    }
}

impl ModelCloud {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no test panics with the lock held")
    }

    /// Returns a cloud in these places, with nothing in it.
    pub(crate) fn in_places(places: Vec<Place>) -> ModelCloud {
        ModelCloud { places, ..ModelCloud::default() }
    }

    /// Returns another cloud with nothing in it and the same journal.
    pub(crate) fn elsewhere(&self, places: Vec<Place>) -> ModelCloud {
        ModelCloud { inner: Arc::default(), ledger: self.ledger.clone(), places, schemas: schemas() }
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().expect("no test panics with the lock held")
    }

    /// Holds calls for an address back: so many seconds the first time that one asks, so many the second.
    pub(crate) fn hold(&self, at: &str, seconds: impl Into<Vec<u64>>) {
        self.lock().holds.insert(address(at), seconds.into());
    }

    /// Returns of how many steps there was an intent.
    pub(crate) fn intended(&self) -> usize {
        self.ledger().intended.len()
    }

    pub(crate) fn observe(&self, recorded: &Recorded, graph: &Graph) -> Observed {
        let found = self.places.iter().map(|place| (place.clone(), self.found(place)));
        crate::attribute::attribute(found.collect(), recorded, graph)
    }

    pub(crate) fn found(&self, place: &Place) -> Vec<Found> {
        let mut inner = self.lock();
        inner.let_time_pass();
        let alive = inner.things.iter().filter(|(_, thing)| thing.leaves_at.is_none() && thing.place == *place);
        alive
            .map(|(id, thing)| Found {
                resource: ObservedResource {
                    kind: thing.kind.clone(),
                    id: id.clone(),
                    properties: self.readable(&thing.kind, &thing.properties),
                    outputs: Literals::new(),
                    readiness: if thing.polls_until_ready > 0 { Readiness::Pending } else { Readiness::Ready },
                },
                claim: Claim::Address(thing.address.clone()),
            })
            .collect()
    }

    fn readable(&self, kind: &Kind, properties: &Literals) -> Literals {
        let schema = self.schemas.get(kind);
        let is_readable =
            |name: &str| schema.and_then(|schema| schema.field(name)).is_none_or(|field| !field.unreadable);
        let readable = properties.iter().filter(|(name, _)| is_readable(name));
        readable.map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// Returns what the cloud holds at an address.
    pub(crate) fn thing_at(&self, at: &str) -> Thing {
        let inner = self.lock();
        let mut here = inner.things.values().filter(|t| t.address == address(at) && t.leaves_at.is_none());
        here.next().cloned().expect("a test asks for what is there")
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

    fn perform(&mut self, step: &ReadyStep) -> Result<Answer, CallFailure> {
        let ReadyStep { address, ask, .. } = step;
        let script = self.script.get_mut(&(address.clone(), ask.action()));
        if let Some(class) = script.and_then(|faults| if faults.is_empty() { None } else { Some(faults.remove(0)) }) {
            if class == CallError::AnswerLost {
                let _ = self.take_effect(step);
            }
            return Err(refusal(class, &format!("{}{}", ask.action(), self.repeats_in_refusals)));
        }
        self.take_effect(step)
    }

    fn take_effect(&mut self, step: &ReadyStep) -> Result<Answer, CallFailure> {
        let ReadyStep { address, kind, place, ask, .. } = step;
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
                    place: place.clone(),
                    address: address.clone(),
                    properties: properties.reveal(),
                    polls_until_ready,
                    leaves_at: None,
                };
                self.things.insert(id.clone(), thing);
                self.log.push(format!("create {address}"));
                Ok(Answer::Created { id, outputs: Literals::new(), ready: polls_until_ready == 0 })
            }
            Ask::Update { id, properties, fields, .. } => {
                let Some(thing) = self.things.get_mut(id) else { return Err(refusal(CallError::Gone, "update")) };
                let properties = properties.reveal();
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

    fn places(&self) -> Vec<Place> {
        self.places.clone()
    }

    fn schemas(&self) -> &Schemas {
        &self.schemas
    }

    async fn refresh(&self, place: &Place, recorded: Recorded) -> Result<Vec<Found>, CallFailure> {
        assert!(self.places.contains(place), "another place was read");
        assert!(recorded.iter().all(|known| known.place == *place), "a place was asked for what is in another");
        tokio::time::sleep(Duration::from_millis(50)).await;
        match self.lock().unreadable.clone() {
            Some(class) => Err(refusal(class, "refresh")),
            None => Ok(()),
        }?;
        self.lock().reads.push(place.clone());
        Ok(self.found(place))
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
        self.lock().handed.push_str(&joined.values().map(|steps| format!("{steps:?}")).collect::<String>());
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
        let first = call.request.first().map(|step| step.place.clone());
        for step in &call.request {
            assert!(self.places.contains(&step.place), "a call went to another place than its step's");
            assert_eq!(Some(&step.place), first.as_ref(), "a call has steps of two places");
            let intended = self.ledger().intended.get(&step.step).cloned();
            let intended = intended.expect("no call is sent before its intent is durable");
            assert_eq!((intended.address, intended.place), (step.address.clone(), step.place.clone()));
        }
        call.request.iter().map(|step| (step.step, inner.perform(step))).collect()
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
        let mut ledger = self.ledger();
        ledger.write()?;
        ledger.intents.extend(intents.iter().cloned());
        ledger.intended.extend(intents.into_iter().map(|intent| (intent.step, intent)));
        Ok(())
    }

    async fn settle(&self, settled: Vec<Settled>) -> Result<(), JournalError> {
        let mut ledger = self.ledger();
        ledger.write()?;
        let left_open = |s: &Settled| matches!(s.outcome, Outcome::Unknown(_));
        ledger.settled.extend(settled.into_iter().filter(|s| !left_open(s)));
        Ok(())
    }
}

impl Ledger {
    fn write(&mut self) -> Result<(), JournalError> {
        self.writes += 1;
        match self.refuse_writes_after {
            Some(most) if self.writes > most => Err(JournalError("no space left on device".into())),
            _ => Ok(()),
        }
    }
}
