//! What the journal tells the next run.

use jiff::Timestamp;
use landfall_engine::address::Address;
use landfall_engine::kind::Kind;
use landfall_engine::place::Place;
use landfall_engine::resource::CloudId;
use landfall_engine::step::StepId;

use crate::runs::RunNumber;

/// An intent of which nobody knows whether it took effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenIntent {
    /// The run.
    pub run: RunNumber,
    /// The step of that run's plan.
    pub step: StepId,
    /// The resource.
    pub address: Address,
    /// Its kind.
    pub kind: Kind,
    /// Where.
    pub place: Place,
    /// `create`, `update` or `delete`.
    pub action: String,
    /// The call that may have been sent, such as `ec2:CreateVpc`.
    pub operation: String,
    /// The client token of the call.
    pub token: String,
    /// SHA-256 of what the step asked for, in hexadecimal digits.
    pub digest: String,
    /// The id, for what existed already.
    pub id: Option<CloudId>,
    /// When the intent was written.
    pub since: Timestamp,
    /// Why the answer was lost, if the run lived to see it.
    pub trouble: Option<String>,
}

/// Something that a run has made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Creation {
    /// Where.
    pub address: Address,
    /// Its kind.
    pub kind: Kind,
    /// When its call was answered.
    pub since: Timestamp,
}

/// What the account says about an open intent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntentResolution {
    /// The run.
    pub run: RunNumber,
    /// The step of that run's plan.
    pub step: StepId,
    /// What was found, for people.
    pub text: String,
}
