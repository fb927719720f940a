//! An account that answers at once, and a journal that counts its transactions.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use landfall_engine::attribute::Found;
use landfall_engine::journal::{Intent, Journal, JournalError, Settled};
use landfall_engine::kind::{Kind, Schemas};
use landfall_engine::place::Place;
use landfall_engine::provider::{Answer, Ask, Call, CallFailure, Polled, Provider, ReadyStep, StepAnswer};
use landfall_engine::resource::{CloudId, Literals};
use landfall_engine::snapshot::Recorded;
use landfall_engine::step::StepId;
use landfall_engine::until::Until;
use serde_json::json;

use crate::stack::{INSTANCE, global, regional, schemas};

/// So many instances fit into one launch, as with landfall's own.
const LAUNCH: usize = 100;
/// So many into one termination.
const TERMINATION: usize = 1000;

/// An account in which every call takes effect at once.
#[derive(Debug)]
pub struct Cloud {
    schemas: Schemas,
    calls: AtomicU64,
    handed: AtomicU64,
}

impl Cloud {
    /// Returns an account.
    pub fn new() -> Cloud {
        Cloud { schemas: schemas(), calls: AtomicU64::new(0), handed: AtomicU64::new(0) }
    }

    /// Returns how many steps were handed over to be joined to calls, each time that they were.
    pub fn steps_handed(&self) -> u64 {
        self.handed.load(Ordering::Relaxed)
    }
}

impl Default for Cloud {
    fn default() -> Self {
        Cloud::new()
    }
}

impl Provider for Cloud {
    type Request = Vec<StepAnswer>;

    fn places(&self) -> Vec<Place> {
        vec![regional(), global()]
    }

    fn schemas(&self) -> &Schemas {
        &self.schemas
    }

    async fn refresh(&self, _place: &Place, _recorded: Recorded) -> Result<Vec<Found>, CallFailure> {
        Ok(vec![])
    }

    /// Instances of one cluster that are to be made share calls, and all that are to go.
    fn batch(&self, ready: Vec<ReadyStep>) -> Vec<Call<Vec<StepAnswer>>> {
        self.handed.fetch_add(ready.len() as u64, Ordering::Relaxed);
        let mut joined: BTreeMap<String, (usize, Vec<ReadyStep>)> = BTreeMap::new();
        for step in ready {
            let (key, most) = match &step.ask {
                Ask::Create { properties } if step.kind == INSTANCE => {
                    (format!("launch {}", json!(**properties)), LAUNCH)
                }
                Ask::Delete { .. } if step.kind == INSTANCE => ("terminate".to_owned(), TERMINATION),
                _ => (format!("alone {}", step.step.0), 1),
            };
            joined.entry(key).or_insert_with(|| (most, vec![])).1.push(step);
        }
        let calls = joined.into_values().flat_map(|(most, mut steps)| {
            steps.sort_by(|a, b| a.address.cmp(&b.address));
            steps.chunks(most).map(call).collect::<Vec<_>>()
        });
        calls.collect()
    }

    async fn send(&self, call: Call<Vec<StepAnswer>>) -> Vec<StepAnswer> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        call.request
    }

    async fn poll(&self, _kind: &Kind, _ids: &[CloudId], _until: Until) -> Result<Vec<Polled>, CallFailure> {
        Ok(vec![])
    }

    fn calls_sent(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }
}

fn call(steps: &[ReadyStep]) -> Call<Vec<StepAnswer>> {
    Call {
        operation: "bench:Call",
        steps: steps.iter().map(|step| step.step).collect(),
        token: String::new(),
        request: steps.iter().map(|step| (step.step, Ok(answer(step.step, &step.ask)))).collect(),
    }
}

fn answer(step: StepId, ask: &Ask) -> Answer {
    let number = step.0;
    match ask {
        Ask::Create { .. } => {
            let ip = format!("10.{}.{}.{}", number >> 16, (number >> 8) & 255, number & 255);
            let outputs =
                Literals::from_iter([("name".to_owned(), json!("acme")), ("private_ip".to_owned(), json!(ip))]);
            Answer::Created { id: format!("i-{number:017x}").into(), outputs, ready: true }
        }
        Ask::Update { .. } => Answer::Updated { id: None, outputs: Literals::new() },
        Ask::Delete { .. } => Answer::Deleted { gone: true },
    }
}

/// A journal that counts the transactions of another.
#[derive(Debug)]
pub struct Counted<J> {
    journal: J,
    transactions: AtomicU64,
}

impl<J> Counted<J> {
    /// Returns the journal with its count at 0.
    pub fn new(journal: J) -> Counted<J> {
        Counted { journal, transactions: AtomicU64::new(0) }
    }

    /// Returns how many there were so far.
    pub fn transactions(&self) -> u64 {
        self.transactions.load(Ordering::Relaxed)
    }
}

impl<J: Journal> Journal for Counted<J> {
    async fn intend(&self, intents: Vec<Intent>) -> Result<(), JournalError> {
        self.transactions.fetch_add(1, Ordering::Relaxed);
        self.journal.intend(intents).await
    }

    async fn settle(&self, settled: Vec<Settled>) -> Result<(), JournalError> {
        self.transactions.fetch_add(1, Ordering::Relaxed);
        self.journal.settle(settled).await
    }
}

/// A journal that forgets: what is left to measure is the loop.
#[derive(Debug, Default, Clone, Copy)]
pub struct Forgetful;

impl Journal for Forgetful {
    async fn intend(&self, _intents: Vec<Intent>) -> Result<(), JournalError> {
        Ok(())
    }

    async fn settle(&self, _settled: Vec<Settled>) -> Result<(), JournalError> {
        Ok(())
    }
}
