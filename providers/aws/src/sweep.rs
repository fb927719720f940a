//! Asks the account, after a teardown, for anything that is still the stack's.
//!
//! This reads with queries of its own, by the stack's tag and name alone: it must not share a mistake with the reads
//! that the teardown was planned from, and it asks for kinds as well that landfall never makes itself (volumes and
//! network interfaces come with instances, and cost money when they stay).

use aws_sdk_ec2::types::Instance;
use landfall_engine::provider::{CallError, CallFailure};
use serde::Serialize;

use crate::classify::failure;
use crate::cloud::{Cloud, filter};
use crate::provider::AwsProvider;
use crate::tags;

/// Something that is still there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Leftover {
    /// Its kind, such as `ec2.volume`.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// What it is like, in a few words.
    pub detail: String,
}

impl Leftover {
    fn new(kind: &str, id: Option<&str>, details: &[Option<&str>]) -> Leftover {
        let known: Vec<&str> = details.iter().copied().flatten().collect();
        Leftover { kind: kind.to_owned(), id: id.unwrap_or_default().to_owned(), detail: known.join(", ") }
    }
}

type Leftovers = Result<Vec<Leftover>, CallFailure>;

/// Asks EC2 for all things of one kind: every page of a call, each item as a [`Leftover`].
macro_rules! all_of {
    ($operation:literal, $call:expr, $item:ident => $kind:literal, $id:expr, [$($detail:expr),*]) => {
        async {
            let items: Vec<_> = $call
                .into_paginator()
                .items()
                .send()
                .try_collect()
                .await
                .map_err(|e| failure($operation, e))?;
            Leftovers::Ok(items.iter().map(|$item| Leftover::new($kind, $id, &[$($detail),*])).collect())
        }
    };
}

/// Returns everything that is still the stack's, what costs money first.
///
/// # Errors
/// If one of the calls fails: then it is not known whether anything is left.
pub async fn sweep(provider: &AwsProvider) -> Result<Vec<Leftover>, CallFailure> {
    let cloud = provider.cloud();
    let ec2 = &cloud.ec2;
    let ours = || cloud.of_this_stack();

    let nat_gateways = all_of!("ec2:DescribeNatGateways",
        ec2.describe_nat_gateways().filter(ours()).filter(filter("state", ["pending", "available", "deleting"])),
        nat => "ec2.nat_gateway", nat.nat_gateway_id(), [nat.state().map(|s| s.as_str()), nat.subnet_id()]);
    let volumes = all_of!("ec2:DescribeVolumes",
        ec2.describe_volumes().filters(ours()).filters(filter("status", ["creating", "available", "in-use", "error"])),
        volume => "ec2.volume", volume.volume_id(), [volume.state().map(|s| s.as_str()), volume.availability_zone()]);
    let interfaces = all_of!("ec2:DescribeNetworkInterfaces",
        ec2.describe_network_interfaces().filters(ours()),
        eni => "ec2.network_interface", eni.network_interface_id(), [eni.status().map(|s| s.as_str()), eni.description()]);
    let endpoints = all_of!("ec2:DescribeVpcEndpoints",
        ec2.describe_vpc_endpoints().filters(ours()),
        endpoint => "ec2.vpc_endpoint", endpoint.vpc_endpoint_id(),
        [endpoint.state().map(|s| s.as_str()), endpoint.service_name()]);
    let groups = all_of!("ec2:DescribeSecurityGroups",
        ec2.describe_security_groups().filters(ours()),
        group => "ec2.security_group", group.group_id(), [group.group_name(), group.vpc_id()]);
    let subnets = all_of!("ec2:DescribeSubnets",
        ec2.describe_subnets().filters(ours()),
        subnet => "ec2.subnet", subnet.subnet_id(), [subnet.cidr_block(), subnet.availability_zone()]);
    let tables = all_of!("ec2:DescribeRouteTables",
        ec2.describe_route_tables().filters(ours()),
        table => "ec2.route_table", table.route_table_id(), [table.vpc_id()]);
    let gateways = all_of!("ec2:DescribeInternetGateways",
        ec2.describe_internet_gateways().filters(ours()),
        gateway => "ec2.internet_gateway", gateway.internet_gateway_id(),
        [gateway.attachments().first().and_then(|attachment| attachment.vpc_id())]);
    let vpcs = all_of!("ec2:DescribeVpcs",
        ec2.describe_vpcs().filters(ours()),
        vpc => "ec2.vpc", vpc.vpc_id(), [vpc.cidr_block()]);

    let found = tokio::try_join!(
        instances(cloud),
        nat_gateways,
        addresses(cloud),
        volumes,
        interfaces,
        endpoints,
        groups,
        subnets,
        tables,
        gateways,
        vpcs,
        role(cloud),
        instance_profile(cloud),
        log_group(cloud),
    )?;
    let (a, b, c, d, e, f, g, h, i, j, k, l, m, n) = found;
    Ok([a, b, c, d, e, f, g, h, i, j, k, l, m, n].concat())
}

/// A terminated instance stays listed for about an hour.
async fn instances(cloud: &Cloud) -> Leftovers {
    let live = ["pending", "running", "shutting-down", "stopping", "stopped"];
    let call =
        cloud.ec2.describe_instances().filters(cloud.of_this_stack()).filters(filter("instance-state-name", live));
    let pages = call.into_paginator().items().send();
    let reservations = pages.try_collect().await.map_err(|e| failure("ec2:DescribeInstances", e))?;
    let leftover = |instance: &Instance| {
        let state = instance.state().and_then(|state| state.name()).map(|name| name.as_str());
        let instance_type = instance.instance_type().map(|instance_type| instance_type.as_str());
        Leftover::new("ec2.instance", instance.instance_id(), &[state, instance_type])
    };
    Ok(reservations.iter().flat_map(|reservation| reservation.instances()).map(leftover).collect())
}

/// DescribeAddresses knows no pages.
async fn addresses(cloud: &Cloud) -> Leftovers {
    let call = cloud.ec2.describe_addresses().filters(cloud.of_this_stack());
    let answer = call.send().await.map_err(|e| failure("ec2:DescribeAddresses", e))?;
    let found = answer.addresses().iter();
    Ok(found.map(|a| Leftover::new("ec2.elastic_ip", a.allocation_id(), &[a.public_ip()])).collect())
}

async fn role(cloud: &Cloud) -> Leftovers {
    let call = cloud.iam.get_role().role_name(&cloud.stack);
    let answer = unless_gone(call.send().await.map_err(|e| failure("iam:GetRole", e)))?;
    let role = answer.as_ref().and_then(|answer| answer.role());
    let ours = role.filter(|role| are_of_stack(cloud, role.tags()));
    Ok(ours.map(|role| Leftover::new("iam.role", Some(role.arn()), &[])).into_iter().collect())
}

async fn instance_profile(cloud: &Cloud) -> Leftovers {
    let call = cloud.iam.get_instance_profile().instance_profile_name(&cloud.stack);
    let answer = unless_gone(call.send().await.map_err(|e| failure("iam:GetInstanceProfile", e)))?;
    let profile = answer.as_ref().and_then(|answer| answer.instance_profile());
    let ours = profile.filter(|profile| are_of_stack(cloud, profile.tags()));
    Ok(ours.map(|profile| Leftover::new("iam.instance_profile", Some(profile.arn()), &[])).into_iter().collect())
}

async fn log_group(cloud: &Cloud) -> Leftovers {
    let pages = cloud.logs.describe_log_groups().log_group_name_prefix(&cloud.stack).into_paginator().items().send();
    let groups = pages.try_collect().await.map_err(|e| failure("logs:DescribeLogGroups", e))?;
    if !groups.iter().any(|group| group.log_group_name() == Some(&cloud.stack)) {
        return Ok(vec![]);
    }
    let arn = format!("arn:{}:logs:{}:{}:log-group:{}", cloud.partition, cloud.region, cloud.account, cloud.stack);
    let call = cloud.logs.list_tags_for_resource().resource_arn(&arn);
    let answer = unless_gone(call.send().await.map_err(|e| failure("logs:ListTagsForResource", e)))?;
    let tags = answer.as_ref().and_then(|answer| answer.tags());
    let ours = tags.is_some_and(|tags| tags.iter().any(|(key, value)| is_stack_tag(cloud, key, value)));
    Ok(ours.then(|| Leftover::new("logs.log_group", Some(&arn), &[])).into_iter().collect())
}

fn are_of_stack(cloud: &Cloud, tags: &[aws_sdk_iam::types::Tag]) -> bool {
    tags::are_of_stack(cloud, |key| tags.iter().find(|tag| tag.key() == key).map(|tag| tag.value()))
}

fn is_stack_tag(cloud: &Cloud, key: &str, value: &str) -> bool {
    key == tags::STACK && value == cloud.stack
}

fn unless_gone<T>(answer: Result<T, CallFailure>) -> Result<Option<T>, CallFailure> {
    match answer {
        Err(failure) if failure.class == CallError::Gone => Ok(None),
        other => other.map(Some),
    }
}
