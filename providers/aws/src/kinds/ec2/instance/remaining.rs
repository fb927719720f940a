//! What is left of instances after a teardown, and of what came with them.
//!
//! EC2's list of tags goes on to show terminated instances and closed spot requests, by the thousand after a large
//! teardown. So those in a state that counts are asked for, by the stack's tag; the ids would fill many calls.

use aws_sdk_ec2::types::{Instance as Ec2Instance, SpotInstanceState};
use landfall_engine::kind::Kind;

use super::read::read_filtered;
use super::schema::SCHEMA;
use crate::classify::failure;
use crate::cloud::{Cloud, filter};
use crate::leftover::{Leftover, Leftovers};
use crate::operation::{DESCRIBE_NETWORK_INTERFACES, Operation};

pub(super) const DESCRIBE_SPOT_INSTANCE_REQUESTS: Operation = Operation::new("ec2:DescribeSpotInstanceRequests");
pub(super) const DESCRIBE_VOLUMES: Operation = Operation::new("ec2:DescribeVolumes");

const INSTANCE: &str = "instance";
const VOLUME: &str = "volume";
const INTERFACE: &str = "network-interface";
const SPOT_REQUEST: &str = "spot-instances-request";

/// As what EC2 lists them.
pub(super) const TYPES: &[&str] = &[INSTANCE, VOLUME, INTERFACE, SPOT_REQUEST];

/// Asks what is left of a type, of which the list shows these.
pub(super) async fn of_type(cloud: &Cloud, listed_as: &str, ids: Vec<String>) -> Leftovers {
    match listed_as {
        INSTANCE => instances(cloud).await,
        VOLUME => volumes(cloud).await,
        INTERFACE => interfaces(cloud).await,
        SPOT_REQUEST => spot_requests(cloud).await,
        _ => Ok(ids.iter().map(|id| Leftover::listed(listed_as, id)).collect()),
    }
}

/// A terminated instance stays listed for about an hour.
async fn instances(cloud: &Cloud) -> Leftovers {
    let live = filter("instance-state-name", ["pending", "running", "shutting-down", "stopping", "stopped"]);
    let found = read_filtered(cloud, vec![cloud.of_this_stack(), live]).await?;
    let leftover = |instance: &Ec2Instance| {
        let state = instance.state().and_then(|state| state.name()).map(|name| name.as_str());
        let instance_type = instance.instance_type().map(|instance_type| instance_type.as_str());
        Leftover::new(&SCHEMA.kind, instance.instance_id(), &[state, instance_type])
    };
    Ok(found.iter().map(|(_, instance)| leftover(instance)).collect())
}

/// One that is being deleted already is as good as gone.
async fn volumes(cloud: &Cloud) -> Leftovers {
    let kept = filter("status", ["creating", "available", "in-use", "error"]);
    let call = cloud.ec2.describe_volumes().filters(cloud.of_this_stack()).filters(kept);
    let found = call.into_paginator().items().send().try_collect().await;
    let found: Vec<_> = found.map_err(|e| failure(&DESCRIBE_VOLUMES, e))?;
    let details = |volume: &aws_sdk_ec2::types::Volume| {
        let state = volume.state().map(|state| state.as_str());
        Leftover::new(&Kind::new("ec2.volume"), volume.volume_id(), &[state, volume.availability_zone()])
    };
    Ok(found.iter().map(details).collect())
}

async fn interfaces(cloud: &Cloud) -> Leftovers {
    let call = cloud.ec2.describe_network_interfaces().filters(cloud.of_this_stack());
    let found = call.into_paginator().items().send().try_collect().await;
    let found: Vec<_> = found.map_err(|e| failure(&DESCRIBE_NETWORK_INTERFACES, e))?;
    let details = |interface: &aws_sdk_ec2::types::NetworkInterface| {
        let status = interface.status().map(|status| status.as_str());
        let id = interface.network_interface_id();
        Leftover::new(&Kind::new("ec2.network_interface"), id, &[status, interface.description()])
    };
    Ok(found.iter().map(details).collect())
}

/// A one-time request closes when its instance is terminated, and stays listed. One that is open would launch another;
/// an active one is not counted beside the instance that it has.
async fn spot_requests(cloud: &Cloud) -> Leftovers {
    let call = cloud.ec2.describe_spot_instance_requests().filters(cloud.of_this_stack());
    let pages = call.filters(filter("state", ["open", "disabled"])).into_paginator().items().send();
    let found = pages.try_collect().await;
    let found: Vec<_> = found.map_err(|e| failure(&DESCRIBE_SPOT_INSTANCE_REQUESTS, e))?;
    let details = |request: &aws_sdk_ec2::types::SpotInstanceRequest| {
        let state = request.state().map(SpotInstanceState::as_str);
        Leftover::new(&Kind::new("ec2.spot_instances_request"), request.spot_instance_request_id(), &[state])
    };
    Ok(found.iter().map(details).collect())
}
