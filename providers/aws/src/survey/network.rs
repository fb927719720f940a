//! A network that exists: what the account says of the ids in the stack file.

use std::collections::{BTreeMap, BTreeSet};

use landfall_aws_blueprint::facts::Questions;
use landfall_aws_blueprint::{NetworkFacts, SubnetFacts};
use landfall_engine::provider::CallFailure;

use crate::classify::failure;
use crate::cloud::{Cloud, FILTER_VALUES_MAX, filter};
use crate::operation::{DESCRIBE_SECURITY_GROUPS, DESCRIBE_SUBNETS, DESCRIBE_VPCS};
use crate::shape::text;

/// Returns what there is of the VPC, subnets and security groups that are asked about. Nothing asked, no call.
///
/// Filters are asked: an id that does not exist would fail a call that names it.
///
/// # Errors
/// If a call fails.
pub(super) async fn ask(cloud: &Cloud, asked: &Questions) -> Result<NetworkFacts, CallFailure> {
    let (vpc, subnets, security_groups) = tokio::try_join!(
        ask_vpc(cloud, asked.vpc.as_deref()),
        ask_subnets(cloud, &asked.subnets),
        ask_groups(cloud, &asked.security_groups)
    )?;
    Ok(NetworkFacts { vpc, subnets, security_groups })
}

async fn ask_vpc(cloud: &Cloud, id: Option<&str>) -> Result<Option<String>, CallFailure> {
    let Some(id) = id else { return Ok(None) };
    let call = cloud.ec2.describe_vpcs().filters(filter("vpc-id", [id]));
    let found = call.into_paginator().items().send().try_collect().await;
    let found = found.map_err(|e| failure(&DESCRIBE_VPCS, e))?;
    Ok(found.first().and_then(|vpc| vpc.vpc_id()).map(str::to_owned))
}

async fn ask_subnets(cloud: &Cloud, ids: &BTreeSet<String>) -> Result<BTreeMap<String, SubnetFacts>, CallFailure> {
    let ids: Vec<&String> = ids.iter().collect();
    let mut all = BTreeMap::new();
    for ids in ids.chunks(FILTER_VALUES_MAX) {
        let call = cloud.ec2.describe_subnets().filters(filter("subnet-id", ids));
        let found = call.into_paginator().items().send().try_collect().await;
        for subnet in found.map_err(|e| failure(&DESCRIBE_SUBNETS, e))? {
            let facts = SubnetFacts {
                vpc: text(subnet.vpc_id()),
                zone: text(subnet.availability_zone()),
                is_public: subnet.map_public_ip_on_launch().unwrap_or(false),
            };
            all.insert(text(subnet.subnet_id()), facts);
        }
    }
    Ok(all)
}

async fn ask_groups(cloud: &Cloud, ids: &BTreeSet<String>) -> Result<BTreeMap<String, String>, CallFailure> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    // No more than an instance can have, so one call does.
    let call = cloud.ec2.describe_security_groups().filters(filter("group-id", ids));
    let found = call.into_paginator().items().send().try_collect().await;
    let found = found.map_err(|e| failure(&DESCRIBE_SECURITY_GROUPS, e))?;
    let pair = |group: aws_sdk_ec2::types::SecurityGroup| Some((group.group_id?, group.vpc_id.unwrap_or_default()));
    Ok(found.into_iter().filter_map(pair).collect())
}
