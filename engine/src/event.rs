//! What a run tells while it works. Whoever listens decides what of it is shown, kept or passed on.

use std::time::Duration;

use crate::address::Address;
use crate::apply::Interrupt;
use crate::kind::Kind;
use crate::resource::CloudId;

/// Something happened in a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Something happened to a step.
    Step(StepEvent),
    /// A call leaves for the cloud; its intents are durable.
    CallSent {
        /// The operation, such as `ec2:RunInstances`.
        operation: &'static str,
        /// The resources that it is about.
        addresses: Vec<Address>,
    },
    /// The user's wish to stop was heard.
    Cancelling(Interrupt),
}

/// Something happened to a step.
#[derive(Debug, Clone, PartialEq)]
pub struct StepEvent {
    /// The resource.
    pub address: Address,
    /// Its kind.
    pub kind: Kind,
    /// What is being done.
    pub action: &'static str,
    /// How far it is.
    pub status: Status,
    /// The id, once there is one.
    pub id: Option<CloudId>,
}

/// How far a step is.
#[derive(Debug, Clone, PartialEq)]
pub enum Status {
    /// Its call was sent.
    Started,
    /// Its call was answered; the resource is not ready (or not gone) yet.
    Waiting,
    /// Its call must be repeated, for this reason.
    Retrying(String),
    /// Its call is not sent yet, because the cloud would refuse it now for this reason.
    Held(String),
    /// Done, after this time.
    Done(Duration),
    /// Failed.
    Failed(String),
    /// Not started, because of this failure.
    Skipped(String),
}
