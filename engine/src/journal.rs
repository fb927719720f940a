//! The write-ahead journal: what apply promises to have written before and after each call.
//!
//! The protocol has three rules. No call is sent before its intents are durable. No step starts before the outcomes of
//! the steps that it waits for are durable. Steps that do not wait for each other share a commit.

use std::future::Future;
use std::sync::Arc;

use crate::address::Address;
use crate::kind::Kind;
use crate::place::Place;
use crate::resource::CloudId;
use crate::snapshot::{Recorded, RecordedResource};
use crate::step::StepId;

/// What is about to be done to one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// The step.
    pub step: StepId,
    /// The resource.
    pub address: Address,
    /// Its kind.
    pub kind: Kind,
    /// Where.
    pub place: Place,
    /// `create`, `update` or `delete`.
    pub action: &'static str,
    /// The call that will be sent, such as `ec2:CreateVpc`.
    pub operation: String,
    /// The client token of the call.
    pub token: String,
    /// SHA-256 of what the step asks for, in hexadecimal digits.
    pub digest: String,
    /// The id, for what exists already.
    pub id: Option<CloudId>,
}

/// What came of a step, and what the state says from now on.
#[derive(Debug, Clone, PartialEq)]
pub struct Settled {
    /// The step.
    pub step: StepId,
    /// What came of it.
    pub outcome: Outcome,
    /// Changes of the state.
    pub records: Vec<Record>,
}

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It took effect.
    Done,
    /// It took effect and the resource is not ready, or not gone, yet.
    Accepted,
    /// It took no effect.
    Failed(String),
    /// Nobody knows: the answer was lost. The intent stays open, the next run looks.
    Unknown(String),
}

/// One change of the state.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// The resource at its address is this.
    Put(Arc<RecordedResource>),
    /// The resource at this address has got a successor; it lives on until it is removed by its id.
    Depose(Address),
    /// The resource of this address is gone that had this id in this place.
    Remove(Address, Place, CloudId),
}

impl Recorded {
    /// Carries a change out.
    pub fn apply(&mut self, record: &Record) {
        match record {
            Record::Put(resource) => {
                self.resources.insert(resource.address.clone(), resource.clone());
            }
            Record::Depose(address) => self.deposed.extend(self.resources.remove(address)),
            Record::Remove(address, place, id) => {
                if self.resources.get(address).is_some_and(|known| known.id == *id && known.place == *place) {
                    self.resources.remove(address);
                }
                self.deposed.retain(|old| !(old.address == *address && old.id == *id && old.place == *place));
            }
        }
    }
}

/// The journal could not be written. Nothing may be sent any more.
#[derive(Debug, thiserror::Error)]
#[error("the state could not be written")]
pub struct JournalError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Where intents and outcomes become durable.
pub trait Journal: Send + Sync {
    /// Returns when the intents are durable.
    fn intend(&self, intents: Vec<Intent>) -> impl Future<Output = Result<(), JournalError>> + Send;

    /// Returns when the outcomes and the changes of the state are durable.
    fn settle(&self, settled: Vec<Settled>) -> impl Future<Output = Result<(), JournalError>> + Send;
}
