//! What the world is told while we work. The terminal and the JSON lines are two readers of one stream.

use std::time::Duration;

use crate::address::Address;
use crate::kind::Kind;
use crate::resource::CloudId;

/// Something happened to a step.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
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
