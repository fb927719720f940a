//! What each kind of resource answers, and the pieces that those answers are made of.

use std::future::Future;
use std::pin::Pin;

use landfall_engine::attribute::Claim;
use landfall_engine::kind::Schema;
use landfall_engine::provider::{Answer, Ask, CallFailure, Polled};
use landfall_engine::resource::{CloudId, Literals};
use landfall_engine::snapshot::Recorded;
use landfall_engine::until::Until;

use super::seen::{AddressIndex, Seen, tagged_address};
use crate::cloud::Cloud;
use crate::leftover::{Leftover, Leftovers};
use crate::operation::Calls;

/// A future of this crate's: the kinds are trait objects, so their futures are boxed.
pub(crate) type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// One kind of resource.
pub(crate) trait ResourceKind: Send + Sync {
    /// What the engine must know of the kind.
    fn schema(&self) -> Schema;

    /// The operations that it sends. One that is sent and not declared here fails a test; permissions, the reference and
    /// the forecast of calls are made of these.
    fn calls(&self) -> Calls;

    /// Finds all of the stack's in the account. A kind that is seen in another kind's answer is read there, and
    /// returns nothing here.
    fn read<'a>(&'a self, cloud: &'a Cloud, recorded: &'a Recorded) -> Pending<'a, Result<Vec<Seen>, CallFailure>> {
        let _ = (cloud, recorded);
        Box::pin(async { Ok(vec![]) })
    }

    /// Tells whether most stacks have none, so that it is read only for a stack that has one or asks for one: a plan
    /// without changes stays cheap for the others. An addition of such a kind to a stack without any is then no drift;
    /// the sweep finds it all the same.
    fn is_optional(&self) -> bool {
        false
    }

    /// How the sweep finds what a teardown left of the kind.
    fn sweep(&self) -> Sweep;

    /// Asks which of these are really left: EC2's list of tags shows some things for an hour after they are gone. A kind
    /// of which nothing is remembered takes the list's word.
    fn remaining<'a>(&'a self, cloud: &'a Cloud, listed_as: &'a str, ids: Vec<String>) -> Pending<'a, Leftovers> {
        let _ = cloud;
        Box::pin(async move { Ok(ids.iter().map(|id| Leftover::listed(listed_as, id)).collect()) })
    }

    /// Looks for what bears the stack's name and tag, where EC2 lists no tags of it.
    fn remaining_by_name<'a>(&'a self, cloud: &'a Cloud) -> Pending<'a, Leftovers> {
        let _ = cloud;
        Box::pin(async { Ok(vec![]) })
    }

    /// Tells which resource of the stack a thing says it is; by its tag, unless the kind has another way.
    fn claim(&self, seen: &Seen, addresses: &AddressIndex<'_>) -> Claim {
        let _ = addresses;
        tagged_address(seen).map_or(Claim::Nothing, Claim::Address)
    }

    /// Steps of equal key can go out as one call of at most so many; `None` goes alone.
    fn batch(&self, ask: &Ask) -> Option<(String, usize)> {
        let _ = ask;
        None
    }

    /// Sends what can go out as one call: asks of equal batch key, or a single one. One answer for each, in order.
    fn send<'a>(&'a self, cloud: &'a Cloud, token: &'a str, asks: &'a [Ask]) -> Pending<'a, Vec<SendResult>>;

    /// Asks about many at once that were not ready, or not gone, when their call was answered.
    fn poll<'a>(
        &'a self,
        cloud: &'a Cloud,
        ids: &'a [CloudId],
        until: Until,
    ) -> Pending<'a, Result<Vec<Polled>, CallFailure>> {
        let _ = (cloud, until);
        let arrived = ids.iter().map(|id| Polled::Arrived(id.clone(), Literals::new())).collect();
        Box::pin(async move { Ok(arrived) })
    }
}

/// What became of one ask of a call.
pub(crate) type SendResult = Result<Answer, CallFailure>;

/// How the sweep finds what a teardown left of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sweep {
    /// EC2 lists it by its tag, as resources of these types (API reference, DescribeTags, filter `resource-type`).
    ListedAs(&'static [&'static str]),
    /// It bears the stack's name.
    ByName,
    /// It has no tag and no name, and cannot be without a resource of this kind.
    With(&'static str),
}

impl Sweep {
    /// Tells whether EC2 lists things of the kind as resources of this type.
    pub(crate) fn is_listed_as(self, resource_type: &str) -> bool {
        matches!(self, Sweep::ListedAs(types) if types.contains(&resource_type))
    }
}

/// Tells whether an update is asked to set this field.
pub(crate) fn sets(ask: &Ask, field: &str) -> bool {
    matches!(ask, Ask::Update { fields, .. } if fields.iter().any(|name| name == field))
}

/// Sends the single ask of a call.
pub(crate) fn alone<'a, F>(asks: &'a [Ask], send: impl FnOnce(&'a Ask) -> F) -> Pending<'a, Vec<SendResult>>
where
    F: Future<Output = SendResult> + Send + 'a,
{
    let answers = asks.first().map(send);
    Box::pin(async move {
        match answers {
            Some(answer) => vec![answer.await],
            None => vec![],
        }
    })
}

/// A resource that was made, and can be used at once.
pub(crate) fn created(id: impl Into<String>, outputs: Literals) -> Answer {
    Answer::Created { id: CloudId::from(id.into()), outputs, ready: true }
}

/// A change that gave no new id and no new outputs.
pub(crate) fn updated() -> Answer {
    Answer::Updated { id: None, outputs: Literals::new() }
}

/// A resource that is gone.
pub(crate) const DELETED: Answer = Answer::Deleted { gone: true };
