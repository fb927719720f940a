//! Rediscovers, from the account, choices that were made once: where the state is lost, what runs must not be moved because
//! Amazon published an image or a zone was added since.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{Instance, Subnet};
use ipnet::Ipv4Net;
use landfall_aws_blueprint::Placement;
use landfall_aws_blueprint::stack::{Nat, Network, Stack};
use landfall_engine::provider::CallFailure;

use crate::classify::failure;
use crate::cloud::{Cloud, filter};
use crate::operation::{DESCRIBE_INSTANCES, DESCRIBE_NAT_GATEWAYS, DESCRIBE_SUBNETS};
use crate::tags::{self, ADDRESS};

/// What the stack's resources tell of earlier choices.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Rediscovered {
    /// The image of each architecture, of clusters that name none.
    pub(crate) images: BTreeMap<String, String>,
    /// The same for workers with a GPU.
    pub(crate) gpu_images: BTreeMap<String, String>,
    pub(crate) placement: Placement,
}

/// Asks three kinds of resources that carry the stack's tag. In an account without the stack nothing is rediscovered.
pub(crate) async fn rediscover(cloud: &Cloud, stack: &Stack) -> Result<Rediscovered, CallFailure> {
    let (instances, subnets, nat_zone) =
        tokio::try_join!(read_instances(cloud), read_subnets(cloud), read_nat_zone(cloud))?;
    let mut rediscovered = Rediscovered::default();
    for instance in &instances {
        rediscover_instance(stack, instance, &mut rediscovered);
    }
    // Of a network that exists nothing was chosen.
    let Network::Made(network) = &stack.network else { return Ok(rediscovered) };
    for subnet in &subnets {
        let Some((side, zone)) = subnet_of_tag(subnet) else { continue };
        let Some(cidr_block) = subnet.cidr_block().and_then(|text| text.parse::<Ipv4Net>().ok()) else { continue };
        if let Some(block) = block_number(network.cidr, cidr_block, &side) {
            rediscovered.placement.blocks.insert(zone, block);
        }
    }
    rediscovered.placement.nat = nat_zone.filter(|_| network.nat == Nat::Single);
    Ok(rediscovered)
}

fn rediscover_instance(stack: &Stack, instance: &Instance, rediscovered: &mut Rediscovered) {
    let tags = tags::from_ec2(instance.tags());
    let Some((name, role)) = tags.get(ADDRESS).and_then(|address| {
        let mut parts = address.strip_prefix("cluster/")?.split('/');
        Some((parts.next()?, parts.next()?))
    }) else {
        return;
    };
    if let Some(zone) = instance.placement().and_then(|placement| placement.availability_zone()) {
        rediscovered.placement.clusters.insert(name.to_owned(), zone.to_owned());
    }
    let declared = stack.clusters.iter().find(|(cluster, _)| cluster.as_str() == name).map(|(_, cluster)| cluster);
    let names_image = declared.is_some_and(|cluster| cluster.image_id.is_some());
    let is_worker_with_gpu = role == "worker" && declared.is_some_and(|cluster| cluster.gpu);
    let images = if is_worker_with_gpu { &mut rediscovered.gpu_images } else { &mut rediscovered.images };
    if let (false, Some(architecture), Some(image)) = (names_image, instance.architecture(), instance.image_id()) {
        images.insert(architecture.as_str().to_owned(), image.to_owned());
    }
}

/// Returns the side and the zone that a subnet's tag names.
fn subnet_of_tag(subnet: &Subnet) -> Option<(String, String)> {
    let tags = tags::from_ec2(subnet.tags());
    let (side, zone) = tags.get(ADDRESS)?.strip_prefix("network/subnet/")?.split_once('/')?;
    Some((side.to_owned(), zone.to_owned()))
}

/// Returns which block of its half of the network a subnet is: public ones take the first half, private ones the second.
fn block_number(network: Ipv4Net, subnet: Ipv4Net, side: &str) -> Option<u32> {
    if !network.contains(&subnet) {
        return None;
    }
    let size = 32 - u32::from(subnet.prefix_len());
    let number = (u32::from(subnet.network()) - u32::from(network.network())) >> size;
    let half = 1_u32 << (subnet.prefix_len() - network.prefix_len()).saturating_sub(1);
    if side == "private" { number.checked_sub(half) } else { Some(number) }
}

async fn read_instances(cloud: &Cloud) -> Result<Vec<Instance>, CallFailure> {
    let alive = filter("instance-state-name", ["pending", "running", "stopping", "stopped"]);
    let call = cloud.ec2.describe_instances().filters(cloud.of_this_stack()).filters(alive);
    let reservations = call.into_paginator().items().send().try_collect().await;
    let reservations = reservations.map_err(|e| failure(&DESCRIBE_INSTANCES, e))?;
    let mut all: Vec<Instance> = reservations.into_iter().flat_map(|r| r.instances.unwrap_or_default()).collect();
    // Of two images the one that was launched last counts: it is put in last.
    all.sort_by_key(|instance| instance.launch_time().map(|time| time.secs()));
    Ok(all)
}

async fn read_subnets(cloud: &Cloud) -> Result<Vec<Subnet>, CallFailure> {
    let call = cloud.ec2.describe_subnets().filters(cloud.of_this_stack());
    call.into_paginator().items().send().try_collect().await.map_err(|e| failure(&DESCRIBE_SUBNETS, e))
}

async fn read_nat_zone(cloud: &Cloud) -> Result<Option<String>, CallFailure> {
    let alive = filter("state", ["pending", "available"]);
    let call = cloud.ec2.describe_nat_gateways().filter(cloud.of_this_stack()).filter(alive);
    let found = call.into_paginator().items().send().try_collect().await;
    let found = found.map_err(|e| failure(&DESCRIBE_NAT_GATEWAYS, e))?;
    let address = found.first().and_then(|gateway| tags::from_ec2(gateway.tags()).get(ADDRESS).cloned());
    Ok(address.and_then(|address| address.strip_prefix("network/nat-gateway/").map(str::to_owned)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(text: &str) -> Ipv4Net {
        text.parse().expect("a network")
    }

    #[test]
    fn the_image_of_workers_with_a_gpu_is_recalled_apart() {
        let text = "name = \"acme\"\nregion = \"us-east-1\"\n[cluster.fast]\ngpu = 1\n";
        let stack = landfall_aws_blueprint::stack::parse(text).expect("a sound stack file");
        let instance = |address: &str, image: &str| {
            let tag = aws_sdk_ec2::types::Tag::builder().key(ADDRESS).value(address).build();
            let x86 = aws_sdk_ec2::types::ArchitectureValues::X8664;
            Instance::builder().image_id(image).architecture(x86).tags(tag).build()
        };
        let mut rediscovered = Rediscovered::default();
        rediscover_instance(&stack, &instance("cluster/fast/scheduler", "ami-1"), &mut rediscovered);
        rediscover_instance(&stack, &instance("cluster/fast/worker", "ami-2"), &mut rediscovered);
        assert_eq!((&*rediscovered.images["x86_64"], &*rediscovered.gpu_images["x86_64"]), ("ami-1", "ami-2"));
    }

    #[test]
    fn the_block_of_a_subnet_follows_from_its_addresses() {
        let network = net("10.0.0.0/16");
        assert_eq!(block_number(network, net("10.0.0.0/20"), "public"), Some(0));
        assert_eq!(block_number(network, net("10.0.48.0/20"), "public"), Some(3));
        assert_eq!(block_number(network, net("10.0.176.0/20"), "private"), Some(3));
        assert_eq!(block_number(network, net("10.9.0.0/20"), "public"), None, "of another network");
        assert_eq!(block_number(network, net("10.0.0.0/20"), "private"), None, "not in its half");
    }
}
