//! Changes of tags, of one resource or of many at once, whatever kinds of EC2's they are.

use landfall_engine::provider::{Ask, CallFailure};

use super::instance::with_belongings;
use crate::classify::failure;
use crate::cloud::Cloud;
use crate::kinds::{SendResult, updated};
use crate::operation::{CREATE_TAGS, DELETE_TAGS};
use crate::tags::{self, Retagging, Tags, to_ec2};

/// CreateTags takes 1,000 resources by its model and 500 by older guides.
const TAGGED_AT_ONCE_MAX: usize = 500;

/// Brings the tags of EC2 resources from one set to another: at most two calls for 500 resources, and one more for 200
/// instances, to learn what belongs to them.
pub(crate) async fn retag_ec2(cloud: &Cloud, ids: &[String], before: &Tags, after: &Tags) -> Result<(), CallFailure> {
    let change = Retagging::between(before, after);
    let ids = with_belongings(cloud, ids).await?;
    for ids in ids.chunks(TAGGED_AT_ONCE_MAX) {
        if !change.set.is_empty() {
            let call = cloud.ec2.create_tags().set_resources(Some(ids.to_vec())).set_tags(Some(to_ec2(&change.set)));
            call.send().await.map_err(|e| failure(&CREATE_TAGS, e))?;
        }
        if !change.remove.is_empty() {
            let keys = change.remove.iter().map(|key| aws_sdk_ec2::types::Tag::builder().key(key).build()).collect();
            let call = cloud.ec2.delete_tags().set_resources(Some(ids.to_vec())).set_tags(Some(keys));
            call.send().await.map_err(|e| failure(&DELETE_TAGS, e))?;
        }
    }
    Ok(())
}

/// Brings the tags of one resource from what they are to what they should be.
pub(super) async fn retag(cloud: &Cloud, ask: &Ask) -> SendResult {
    let Ask::Update { id, before, properties, .. } = ask else { return Ok(updated()) };
    let (before, after) = (tags::of_properties(before), tags::of_properties(properties));
    retag_ec2(cloud, &[id.to_string()], &before, &after).await?;
    Ok(updated())
}
