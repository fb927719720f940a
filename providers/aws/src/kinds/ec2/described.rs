//! What the kinds of EC2 that are described by filters have in common: finding the stack's by its tag and those that
//! lost it by their ids, and telling which are left after a teardown.

use std::collections::HashSet;
use std::future::Future;

use aws_sdk_ec2::types::Filter;
use landfall_engine::kind::{Kind, Schema};
use landfall_engine::provider::CallFailure;
use landfall_engine::resource::CloudId;
use landfall_engine::snapshot::Recorded;

use crate::cloud::{Cloud, FILTER_VALUES_MAX, filter, filter_chunks};
use crate::kinds::Seen;
use crate::leftover::{Leftover, Leftovers};

/// A kind that EC2 describes by filters.
pub(super) trait Described {
    /// The kind's schema.
    const SCHEMA: Schema;
    /// The filter that takes ids.
    const ID_FILTER: &'static str;
    /// An item of the answer.
    type Item: Send + Sync;

    /// Asks for all that pass the filter, whatever state they are in.
    fn describe(cloud: &Cloud, by: Filter) -> impl Future<Output = Result<Vec<Self::Item>, CallFailure>> + Send;

    /// Returns an item's id.
    fn id(item: &Self::Item) -> Option<&str>;

    /// Returns the resources that an item shows: itself, unless it is on its way out, and what is described with it.
    fn seen(item: &Self::Item) -> Vec<Seen>;

    /// Returns the resources of all items. A kind overrides this if it takes more calls to see all of them.
    fn seen_all(cloud: &Cloud, items: Vec<Self::Item>) -> impl Future<Output = Result<Vec<Seen>, CallFailure>> + Send {
        let _ = cloud;
        async move { Ok(items.iter().flat_map(Self::seen).collect()) }
    }

    /// Returns what is left after a teardown if this item is; `None` if it is only remembered. This shares no judgement
    /// with [`Described::seen`]: what the teardown overlooked must be found.
    fn leftover(item: &Self::Item) -> Option<Leftover>;
}

/// Finds all of the stack's by its tag, and the recorded ones that do not carry it any more by their ids: a tag may have
/// been taken away, so nothing is called gone before it was looked up.
pub(super) async fn read_described<D: Described>(cloud: &Cloud, recorded: &Recorded) -> Result<Vec<Seen>, CallFailure> {
    let mut items = D::describe(cloud, cloud.of_this_stack()).await?;
    let found = items.iter().filter_map(D::id).map(CloudId::from).collect();
    for ids in filter_chunks(&not_found(&D::SCHEMA.kind, recorded, &found)) {
        items.extend(D::describe(cloud, filter(D::ID_FILTER, ids)).await?);
    }
    D::seen_all(cloud, items).await
}

/// Asks which of these are left.
pub(super) async fn described_leftovers<D: Described>(cloud: &Cloud, ids: Vec<String>) -> Leftovers {
    let mut all = Vec::new();
    for ids in ids.chunks(FILTER_VALUES_MAX) {
        all.extend(D::describe(cloud, filter(D::ID_FILTER, ids)).await?.iter().filter_map(D::leftover));
    }
    Ok(all)
}

/// Returns the recorded ids of a kind that are not among those found.
pub(super) fn not_found<'a>(kind: &Kind, recorded: &'a Recorded, found: &HashSet<CloudId>) -> Vec<&'a CloudId> {
    let of_kind = recorded.iter().filter(|known| known.kind == *kind);
    of_kind.map(|known| &known.id).filter(|id| !found.contains(*id)).collect()
}
