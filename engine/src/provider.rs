//! What the engine asks of a cloud.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use crate::address::Address;
use crate::attribute::Found;
use crate::call_properties::CallProperties;
use crate::kind::{Kind, Schemas};
use crate::place::Place;
use crate::resource::{CloudId, Literals};
use crate::snapshot::Recorded;
use crate::step::StepId;
use crate::until::Until;

/// A cloud, in one place or some: as a rule a region, and what belongs to no region of its account.
pub trait Provider: Send + Sync + 'static {
    /// The provider's own form of a request.
    type Request: Send + 'static;

    /// Returns the places that this provider works in.
    fn places(&self) -> Vec<Place>;

    /// Returns the kinds that this provider knows.
    fn schemas(&self) -> &Schemas;

    /// Finds everything of the stack in one of its places, in bulk: a few calls for each kind. `recorded` is what the
    /// state has of that place.
    fn refresh(
        &self,
        place: &Place,
        recorded: Recorded,
    ) -> impl Future<Output = Result<Vec<Found>, CallFailure>> + Send;

    /// Joins steps of one place that one call can do. Pure; each step is in the answer exactly once.
    fn batch(&self, ready: Vec<ReadyStep>) -> Vec<Call<Self::Request>>;

    /// Says what a step will cost, before it is known what it refers to. Pure; agrees with [`Provider::batch`].
    fn cost(&self, _step: &ReadyStep) -> Cost {
        Cost::ONE
    }

    /// Returns how many of a kind one poll asks about.
    fn polled_at_once(&self) -> usize {
        usize::MAX
    }

    /// Says whether a call may go, before its intent is noted. What it pays with is then taken at once; a call that must
    /// wait keeps its place, and its steps come again.
    fn admit(&self, _call: &Call<Self::Request>) -> Admission {
        Admission::Now
    }

    /// Sends a call and returns what became of each of its steps.
    fn send(&self, call: Call<Self::Request>) -> impl Future<Output = Vec<StepAnswer>> + Send;

    /// Asks about many resources of one kind at once.
    fn poll(
        &self,
        kind: &Kind,
        ids: &[CloudId],
        until: Until,
    ) -> impl Future<Output = Result<Vec<Polled>, CallFailure>> + Send;

    /// Returns how many calls were sent so far, repetitions included.
    fn calls_sent(&self) -> u64;
}

/// A step whose references are known: it can be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadyStep {
    /// The step.
    pub step: StepId,
    /// The resource.
    pub address: Address,
    /// Its kind.
    pub kind: Kind,
    /// Where.
    pub place: Place,
    /// What is asked.
    pub ask: Ask,
}

/// What is asked of the cloud.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// Make it.
    Create {
        /// With these properties; those that the creating call cannot set come in an update afterwards.
        properties: CallProperties,
    },
    /// Change it in place.
    Update {
        /// Its id.
        id: CloudId,
        /// What it is like, as far as is known.
        before: Literals,
        /// What it should be like.
        properties: CallProperties,
        /// The fields to set.
        fields: Vec<String>,
        /// Its outputs.
        outputs: Literals,
    },
    /// Delete it.
    Delete {
        /// Its id.
        id: CloudId,
        /// What it is like, as far as is known.
        properties: CallProperties,
        /// Its outputs.
        outputs: Literals,
    },
}

impl Ask {
    /// Returns the word for it in the journal.
    pub fn action(&self) -> &'static str {
        match self {
            Ask::Create { .. } => "create",
            Ask::Update { .. } => "update",
            Ask::Delete { .. } => "delete",
        }
    }
}

/// One request for one or many steps, as a value: it can be counted and journaled before it is sent.
#[derive(Debug)]
pub struct Call<R> {
    /// The operation and permission, such as `ec2:RunInstances`.
    pub operation: &'static str,
    /// The steps that it does.
    pub steps: Vec<StepId>,
    /// The client token, set by the engine: the same steps of the same run make the same token.
    pub token: String,
    /// The request.
    pub request: R,
}

/// What a step costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    /// How many requests its call takes if nothing goes wrong.
    pub requests: usize,
    /// Steps of an equal key share a call; `None` goes alone.
    pub shared: Option<SharedCall>,
}

/// A call that many steps can share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedCall {
    /// What they have in common.
    pub key: String,
    /// How many at most.
    pub at_most: usize,
}

impl Cost {
    /// Returns the cost of a step that goes alone and takes one request.
    pub const ONE: Cost = Cost { requests: 1, shared: None };
}

/// Whether a call may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Yes.
    Now,
    /// Not before this time has passed.
    After {
        /// How long, as far as is known now.
        wait: Duration,
        /// Why, for people.
        why: &'static str,
    },
}

/// What became of one step of a call.
pub type StepAnswer = (StepId, Result<Answer, CallFailure>);

/// A call took effect.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Made.
    Created {
        /// Its id.
        id: CloudId,
        /// Its outputs, as far as the answer holds them.
        outputs: Literals,
        /// Whether it must be waited for.
        ready: bool,
    },
    /// Changed.
    Updated {
        /// Its id, if the change gave it a new one.
        id: Option<CloudId>,
        /// Its outputs, if the change gave it new ones.
        outputs: Literals,
    },
    /// Deleted.
    Deleted {
        /// Whether it is gone already, or must be waited for.
        gone: bool,
    },
}

/// How far a resource is that was waited for.
#[derive(Debug, Clone, PartialEq)]
pub enum Polled {
    /// It came to the awaited end; with the outputs that it has now.
    Arrived(CloudId, Literals),
    /// It will never come to it, for this reason.
    Failed(CloudId, String),
}

/// A call that did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct CallFailure {
    /// What the engine makes of it.
    pub class: CallError,
    /// The operation, such as `ec2:CreateVpc`.
    pub operation: String,
    /// The cloud's own code.
    pub code: Option<String>,
    /// The cloud's own words.
    pub message: String,
    /// What the cloud calls this request, for its support.
    pub request_id: Option<String>,
}

impl fmt::Display for CallFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.operation)?;
        if let Some(code) = &self.code {
            write!(f, " answered {code}")?;
        }
        write!(f, ": {}", self.message)?;
        if let Some(id) = &self.request_id {
            write!(f, " (request {id})")?;
        }
        Ok(())
    }
}

/// What the engine makes of a failed call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallError {
    /// Nothing happened; ask again later.
    Throttled {
        /// How long the cloud asks to wait.
        retry_after: Option<Duration>,
    },
    /// Something made a moment ago is not seen everywhere yet; ask again, with a bound.
    NotYetVisible,
    /// It does not exist any more.
    Gone,
    /// Something still hangs on it.
    Blocked,
    /// The cloud has no capacity for it at the moment.
    NoCapacity,
    /// The account may have no more of these.
    Quota,
    /// The caller may not do this.
    Denied,
    /// There are no credentials, or they are not good.
    Credentials,
    /// The cloud could not be reached; nothing was sent.
    Unreachable,
    /// Asking again gives the same answer.
    Refused,
    /// It may have happened; look before asking again.
    AnswerLost,
}
