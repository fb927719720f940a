//! What carries the stack's tag, as far as it shows choices that were made before.

use aws_sdk_ec2::types::{Instance, Tag};
use landfall_aws_blueprint::facts::{TaggedInstance, TaggedResources, TaggedSubnet};
use landfall_engine::address::Address;
use landfall_engine::provider::CallFailure;

use crate::classify::failure;
use crate::cloud::{Cloud, filter};
use crate::operation::{DESCRIBE_INSTANCES, DESCRIBE_NAT_GATEWAYS, DESCRIBE_SUBNETS};
use crate::tags::{self, ADDRESS};

/// Reads three kinds of resources. Nothing asked, no call.
pub(super) async fn ask(cloud: &Cloud, is_asked: bool) -> Result<TaggedResources, CallFailure> {
    if !is_asked {
        return Ok(TaggedResources::default());
    }
    let (instances, subnets, nat_gateways) =
        tokio::try_join!(read_instances(cloud), read_subnets(cloud), read_nat_gateways(cloud))?;
    Ok(TaggedResources { instances, subnets, nat_gateways })
}

/// Returns the address in the tags, if there is one.
fn address(tags: &[Tag]) -> Option<Address> {
    Address::new(tags::from_ec2(tags).remove(ADDRESS)?).ok()
}

async fn read_instances(cloud: &Cloud) -> Result<Vec<TaggedInstance>, CallFailure> {
    let alive = filter("instance-state-name", ["pending", "running", "stopping", "stopped"]);
    let call = cloud.ec2.describe_instances().filters(cloud.of_this_stack()).filters(alive);
    let reservations = call.into_paginator().items().send().try_collect().await;
    let reservations = reservations.map_err(|e| failure(&DESCRIBE_INSTANCES, e))?;
    Ok(reservations.iter().flat_map(|reservation| reservation.instances()).filter_map(instance).collect())
}

fn instance(instance: &Instance) -> Option<TaggedInstance> {
    let zone = instance.placement().and_then(|placement| placement.availability_zone());
    Some(TaggedInstance {
        address: address(instance.tags())?,
        launched: instance.launch_time().map(|time| time.secs()).unwrap_or_default(),
        zone: zone.map(str::to_owned),
        architecture: instance.architecture().map(|architecture| architecture.as_str().to_owned()),
        image: instance.image_id().map(str::to_owned),
    })
}

async fn read_subnets(cloud: &Cloud) -> Result<Vec<TaggedSubnet>, CallFailure> {
    let call = cloud.ec2.describe_subnets().filters(cloud.of_this_stack());
    let found = call.into_paginator().items().send().try_collect().await;
    let found = found.map_err(|e| failure(&DESCRIBE_SUBNETS, e))?;
    let subnet = |subnet: &aws_sdk_ec2::types::Subnet| {
        Some(TaggedSubnet { address: address(subnet.tags())?, cidr_block: subnet.cidr_block()?.parse().ok()? })
    };
    Ok(found.iter().filter_map(subnet).collect())
}

async fn read_nat_gateways(cloud: &Cloud) -> Result<Vec<Address>, CallFailure> {
    let alive = filter("state", ["pending", "available"]);
    let call = cloud.ec2.describe_nat_gateways().filter(cloud.of_this_stack()).filter(alive);
    let found = call.into_paginator().items().send().try_collect().await;
    let found = found.map_err(|e| failure(&DESCRIBE_NAT_GATEWAYS, e))?;
    Ok(found.iter().filter_map(|gateway| address(gateway.tags())).collect())
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{ArchitectureValues, Placement};

    use super::*;

    #[test]
    fn an_instance_is_read_with_what_was_chosen_for_it() {
        let tag = |value: &str| Tag::builder().key(ADDRESS).value(value).build();
        let tagged = |value: &str| {
            Instance::builder()
                .image_id("ami-1")
                .architecture(ArchitectureValues::X8664)
                .launch_time(aws_smithy_types::DateTime::from_secs(7))
                .placement(Placement::builder().availability_zone("us-east-1b").build())
                .tags(tag(value))
                .build()
        };
        let expected = TaggedInstance {
            address: Address::new("cluster/fast/worker").expect("an address"),
            launched: 7,
            zone: Some("us-east-1b".to_owned()),
            architecture: Some("x86_64".to_owned()),
            image: Some("ami-1".to_owned()),
        };
        assert_eq!(instance(&tagged("cluster/fast/worker")), Some(expected));
        assert_eq!(instance(&tagged("no address $")), None);
        assert_eq!(instance(&Instance::builder().image_id("ami-1").build()), None);
    }
}
