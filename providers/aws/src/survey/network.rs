//! A network that exists: what the account says of the ids in the stack file.

use std::collections::BTreeMap;

use landfall_aws_blueprint::stack::{ExistingNetwork, Network};
use landfall_aws_blueprint::{NetworkFacts, SubnetFacts};
use landfall_engine::provider::CallFailure;

use crate::classify::failure;
use crate::cloud::{Cloud, FILTER_VALUES_MAX, filter};
use crate::operation::{DESCRIBE_SECURITY_GROUPS, DESCRIBE_SUBNETS, DESCRIBE_VPCS};

/// Returns what there is to know of the network that the stack names; of one that landfall makes, nothing.
///
/// Only what is not known already is asked, by filters: an id that does not exist would fail a call that names it.
///
/// # Errors
/// If a call fails.
pub(super) async fn ask(cloud: &Cloud, network: &Network, known: &NetworkFacts) -> Result<NetworkFacts, CallFailure> {
    let Network::Existing(network) = network else { return Ok(NetworkFacts::default()) };
    let mut facts = still_named(network, known);
    let unclear = |ids: &[String], is_known: &dyn Fn(&String) -> bool| -> Vec<String> {
        ids.iter().filter(|id| !is_known(id)).cloned().collect()
    };
    let subnets = unclear(&network.subnets, &|id| facts.subnets.contains_key(id));
    let groups = unclear(&network.security_groups, &|id| facts.security_groups.contains_key(id));
    let (vpc, subnets, groups) = tokio::try_join!(
        ask_vpc(cloud, &network.vpc, facts.vpc.clone()),
        ask_subnets(cloud, &subnets),
        ask_groups(cloud, &groups)
    )?;
    facts.vpc = vpc;
    facts.subnets.extend(subnets);
    facts.security_groups.extend(groups);
    Ok(facts)
}

/// Returns what is known of the ids that the stack names now.
fn still_named(network: &ExistingNetwork, known: &NetworkFacts) -> NetworkFacts {
    let mut facts = known.clone();
    facts.vpc = facts.vpc.filter(|vpc| *vpc == network.vpc);
    facts.subnets.retain(|id, _| network.subnets.contains(id));
    facts.security_groups.retain(|id, _| network.security_groups.contains(id));
    facts
}

async fn ask_vpc(cloud: &Cloud, id: &str, known: Option<String>) -> Result<Option<String>, CallFailure> {
    if known.is_some() {
        return Ok(known);
    }
    let call = cloud.ec2.describe_vpcs().filters(filter("vpc-id", [id]));
    let found = call.into_paginator().items().send().try_collect().await;
    let found = found.map_err(|e| failure(&DESCRIBE_VPCS, e))?;
    Ok(found.first().and_then(|vpc| vpc.vpc_id()).map(str::to_owned))
}

async fn ask_subnets(cloud: &Cloud, ids: &[String]) -> Result<BTreeMap<String, SubnetFacts>, CallFailure> {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
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

async fn ask_groups(cloud: &Cloud, ids: &[String]) -> Result<BTreeMap<String, String>, CallFailure> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_of_ids_that_are_not_named_any_more_is_forgotten() {
        let subnet = SubnetFacts { vpc: "vpc-1".to_owned(), zone: "us-east-1a".to_owned(), is_public: true };
        let known = NetworkFacts {
            vpc: Some("vpc-1".to_owned()),
            subnets: ["subnet-1", "subnet-2"].map(|id| (id.to_owned(), subnet.clone())).into(),
            security_groups: ["sg-1", "sg-2"].map(|id| (id.to_owned(), "vpc-1".to_owned())).into(),
        };
        let network = ExistingNetwork {
            vpc: "vpc-2".to_owned(),
            subnets: vec!["subnet-2".to_owned(), "subnet-3".to_owned()],
            security_groups: vec!["sg-1".to_owned()],
        };
        let expected = NetworkFacts {
            vpc: None,
            subnets: [("subnet-2".to_owned(), subnet)].into(),
            security_groups: [("sg-1".to_owned(), "vpc-1".to_owned())].into(),
        };
        assert_eq!(still_named(&network, &known), expected);
    }
}
