//! EC2: network, firewall and machines.

mod described;
pub(crate) mod elastic_ip;
pub(crate) mod instance;
pub(crate) mod internet_gateway;
pub(crate) mod internet_gateway_attachment;
pub(crate) mod nat_gateway;
pub(crate) mod placement_group;
mod retagging;
pub(crate) mod route;
pub(crate) mod route_table;
pub(crate) mod route_table_association;
pub(crate) mod security_group;
pub(crate) mod security_group_rule;
pub(crate) mod subnet;
pub(crate) mod vpc;
pub(crate) mod vpc_endpoint;

use landfall_engine::provider::{Ask, CallFailure};
use landfall_engine::resource::CloudId;

pub(crate) use retagging::retag_ec2;

use super::{SendResult, updated};
use crate::cloud::Cloud;
use crate::operation::Operation;
use crate::tags;

/// Brings the tags of one resource from what they are to what they should be.
pub(super) async fn retag(cloud: &Cloud, ask: &Ask) -> SendResult {
    let Ask::Update { id, before, properties, .. } = ask else { return Ok(updated()) };
    let (before, after) = (tags::of_properties(before), tags::of_properties(properties));
    retag_ec2(cloud, &[id.to_string()], &before, &after).await?;
    Ok(updated())
}

/// Tells whether an update is asked to set this field.
pub(super) fn sets(ask: &Ask, field: &str) -> bool {
    matches!(ask, Ask::Update { fields, .. } if fields.iter().any(|name| name == field))
}

/// Returns the ids in chunks that fit the filters of one call.
pub(super) fn filter_chunks(ids: &[&CloudId]) -> Vec<Vec<String>> {
    ids.chunks(crate::cloud::FILTER_VALUES_MAX).map(|chunk| chunk.iter().map(|id| id.to_string()).collect()).collect()
}

/// What EC2 promises to answer and did not.
pub(super) fn incomplete(operation: &Operation, missing: &str) -> CallFailure {
    CallFailure {
        class: landfall_engine::provider::CallError::AnswerLost,
        operation: operation.name.to_owned(),
        code: None,
        message: format!("the answer lacks {missing}"),
        request_id: None,
    }
}
