//! Asks the account, after a teardown, for anything that is still the stack's.
//!
//! EC2 itself lists whatever carries the stack's tag, of any kind and made by anybody (DescribeTags). So this must know no
//! kinds, shares no mistake with the reads that the teardown was planned from, and finds what landfall never makes. The
//! list shows some things for an hour after they are gone; the kind that knows such a thing is asked whether it is
//! really left. What IAM and CloudWatch Logs have is looked up by the stack's name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use landfall_engine::provider::CallFailure;
use tokio::task::JoinSet;

use crate::classify::failure;
use crate::cloud::{Cloud, filter};
use crate::declared::declared;
use crate::kinds::ResourceKind;
pub use crate::leftover::Leftover;
use crate::operation::{Operation, Sent};
use crate::provider::AwsProvider;
use crate::tags;

const DESCRIBE_TAGS: Operation = Operation::new("ec2:DescribeTags");

/// Those beside the kinds'.
pub(crate) const CALLS: Sent = Sent::always(&[&DESCRIBE_TAGS]);

/// Returns everything that is still the stack's, what costs money first.
///
/// # Errors
/// If one of the calls fails: then it is not known whether anything is left.
pub async fn sweep(provider: &AwsProvider) -> Result<Vec<Leftover>, CallFailure> {
    let mut reads = JoinSet::new();
    for kind in provider.kinds() {
        let (kind, cloud) = (kind.clone(), provider.cloud().clone());
        reads.spawn(async move {
            let (doing, calls) = (doing(&*kind), [kind.calls().sweep]);
            declared(doing, calls, kind.remaining_by_name(&cloud)).await
        });
    }
    for (resource_type, ids) in declared("the sweep", [CALLS], listed_by_tag(provider.cloud())).await? {
        let lists_it = |kind: &&Arc<dyn ResourceKind>| kind.sweep().is_listed_as(&resource_type);
        let (kind, cloud) = (provider.kinds().find(lists_it).cloned(), provider.cloud().clone());
        reads.spawn(async move {
            match kind {
                Some(kind) => {
                    let (doing, calls) = (doing(&*kind), [kind.calls().sweep]);
                    declared(doing, calls, kind.remaining(&cloud, &resource_type, ids)).await
                }
                None => Ok(ids.iter().map(|id| Leftover::listed(&resource_type, id)).collect()),
            }
        });
    }
    let mut all = Vec::new();
    while let Some(read) = reads.join_next().await {
        all.extend(read.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))?);
    }
    let ids: BTreeSet<String> = all.iter().map(|left: &Leftover| left.id.clone()).collect();
    all.retain(|left| left.goes_with.as_ref().is_none_or(|whole| !ids.contains(whole)));
    all.sort_by_cached_key(|left| (cost_rank(&left.kind), left.kind.clone(), left.id.clone()));
    Ok(all)
}

fn doing(kind: &dyn ResourceKind) -> String {
    format!("the sweep for {}", kind.schema().kind)
}

/// Returns the ids of all that EC2 lists with the stack's tag, by their type.
async fn listed_by_tag(cloud: &Cloud) -> Result<BTreeMap<String, Vec<String>>, CallFailure> {
    let call = cloud.ec2.describe_tags().filters(filter("key", [tags::STACK])).filters(filter("value", [&cloud.stack]));
    let mut pages = call.max_results(PAGE).into_paginator().items().send();
    let mut listed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    while let Some(tag) = pages.next().await {
        let tag = tag.map_err(|e| failure(&DESCRIBE_TAGS, e))?;
        let resource_type = tag.resource_type().map(|resource_type| resource_type.as_str()).unwrap_or_default();
        let id = tag.resource_id().unwrap_or_default().to_owned();
        listed.entry(resource_type.to_owned()).or_default().push(id);
    }
    Ok(listed)
}

/// Most tags in one answer.
const PAGE: i32 = 1000;

/// What AWS bills by the hour comes first.
fn cost_rank(kind: &str) -> usize {
    const BILLED: [&str; 5] = ["ec2.instance", "ec2.nat_gateway", "ec2.elastic_ip", "ec2.volume", "ec2.snapshot"];
    BILLED.iter().position(|billed| *billed == kind).unwrap_or(BILLED.len())
}
