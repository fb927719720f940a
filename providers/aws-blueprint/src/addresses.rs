//! Addresses that are written in one place and read in another.
//!
//! Of what has no tag to name it: the blueprint declares them, and the provider's refresh must come to the same ones. Of
//! what shows a choice that was made once: each with its inverse, for where only the account remembers.

use landfall_engine::address::Address;
use landfall_engine::place::Place;

use crate::subnet_layout::Side;

/// Returns the address, in a stack of the region `own`, of what is called `address` in its place: in another region than
/// the stack's own it begins with that region. What belongs to no region is called the same everywhere.
pub fn in_place(address: Address, place: &Place, own: &str) -> Address {
    match place.region().filter(|region| *region != own) {
        Some(region) => Address::of([region].into_iter().chain(address.segments())),
        None => address,
    }
}

/// Returns the address of a subnet.
pub(crate) fn subnet(side: Side, zone: &str) -> Address {
    Address::of(["network", "subnet", side.as_str(), zone])
}

/// Returns the side and the zone of the subnet at an address; the inverse of [`subnet`].
pub(crate) fn side_and_zone(subnet: &Address) -> Option<(Side, &str)> {
    let (side, zone) = subnet.as_str().strip_prefix("network/subnet/")?.split_once('/')?;
    Some((Side::named(side)?, zone))
}

/// Returns the address of a NAT gateway.
pub(crate) fn nat_gateway(zone: &str) -> Address {
    Address::of(["network", "nat-gateway", zone])
}

/// Returns the zone of the NAT gateway at an address; the inverse of [`nat_gateway`].
pub(crate) fn zone_of_nat_gateway(gateway: &Address) -> Option<&str> {
    gateway.as_str().strip_prefix("network/nat-gateway/")
}

/// Returns the address of a cluster's scheduler.
pub(crate) fn scheduler(cluster: &str) -> Address {
    Address::of(["cluster", cluster, "scheduler"])
}

/// Returns what the addresses of a cluster's workers share.
pub(crate) fn workers(cluster: &str) -> Address {
    Address::of(["cluster", cluster, "worker"])
}

/// Returns the address of a cluster's placement group.
pub(crate) fn placement_group(cluster: &str) -> Address {
    Address::of(["cluster", cluster, "placement-group"])
}

/// Tells whether an address is that of a worker, or what the addresses of workers share.
pub(crate) fn is_of_workers(instance: &Address) -> bool {
    instance.segments().nth(2) == Some("worker")
}

/// Returns the address of the attachment of the internet gateway to the VPC.
pub fn internet_gateway_attachment() -> Address {
    Address::of(["network", "internet-gateway-attachment"])
}

/// Returns the address of a route: the table's own name and the destination.
pub fn route(table: &str, destination: &str) -> Address {
    Address::of(["network", "route", table, destination])
}

/// Returns the address of a subnet's association: that of the subnet, in the association's place.
pub fn route_table_association(subnet: &Address) -> Address {
    Address::of(["network", "route-table-association"].into_iter().chain(subnet.segments().skip(2)))
}

/// Returns the address of a security group rule: group, direction, ports and source.
pub fn security_group_rule(
    group: &str,
    direction: &str,
    protocol: &str,
    from: Option<i32>,
    to: Option<i32>,
    source: &str,
) -> Address {
    let what = match (protocol, from, to) {
        ("-1", ..) => "all".to_owned(),
        (protocol, Some(from), Some(to)) if from == to => format!("{protocol}-{from}"),
        (protocol, Some(from), Some(to)) => format!("{protocol}-{from}-{to}"),
        (protocol, ..) => protocol.to_owned(),
    };
    Address::of(["security", "rule", group, direction, &what, source])
}

/// Returns the address of the role in the instance profile.
pub fn instance_profile_role() -> Address {
    Address::of(["identity", "instance-profile-role"])
}

/// Returns the address of the inline policy of this name.
pub fn role_policy(name: &str) -> Address {
    Address::of(["identity", "role-policy", name])
}

/// Returns the address of the attachment of a managed policy, by its name without path.
pub fn role_policy_attachment(policy_arn: &str) -> Address {
    let name = policy_arn.rsplit('/').next().unwrap_or(policy_arn);
    Address::of(["identity", "role-policy-attachment", name])
}

/// Returns the cluster that an address belongs to.
pub fn cluster_of(address: &Address) -> Option<&str> {
    let mut segments = address.segments();
    (segments.next() == Some("cluster")).then(|| segments.next()).flatten()
}

/// Tells whether an address is that of a cluster's worker.
pub fn is_worker(address: &Address) -> bool {
    let segments: Vec<&str> = address.segments().collect();
    matches!(segments.as_slice(), ["cluster", _, "worker", _])
}

/// Tells whether an address is that of a cluster's scheduler.
pub fn is_scheduler(address: &Address) -> bool {
    let segments: Vec<&str> = address.segments().collect();
    matches!(segments.as_slice(), ["cluster", _, "scheduler"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_choices_are_read_as_they_are_written() {
        for side in Side::BOTH {
            assert_eq!(side_and_zone(&subnet(side, "us-east-1a")), Some((side, "us-east-1a")));
        }
        assert_eq!(zone_of_nat_gateway(&nat_gateway("us-east-1a")), Some("us-east-1a"));
        assert_eq!(side_and_zone(&nat_gateway("us-east-1a")), None);
        let (scheduler, workers) = (scheduler("fast"), workers("fast"));
        assert_eq!([&scheduler, &workers, &workers.join("7")].map(cluster_of), [Some("fast"); 3]);
        assert_eq!([&scheduler, &workers, &workers.join("7")].map(is_of_workers), [false, true, true]);
        assert_eq!(cluster_of(&nat_gateway("fast")), None);
    }

    #[test]
    fn an_address_of_another_region_begins_with_it() {
        let named = |place: &Place| in_place(Address::of(["network", "vpc"]), place, "us-east-1").to_string();
        assert_eq!(named(&Place::regional("111122223333", "us-east-1")), "network/vpc");
        assert_eq!(named(&Place::regional("111122223333", "eu-west-1")), "eu-west-1/network/vpc");
        assert_eq!(named(&Place::global("111122223333")), "network/vpc");
    }

    #[test]
    fn attachments_are_named_after_the_policy_without_its_path() {
        for (arn, expected) in [
            ("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", "AmazonS3ReadOnlyAccess"),
            ("arn:aws:iam::aws:policy/job-function/ViewOnlyAccess", "ViewOnlyAccess"),
        ] {
            assert_eq!(role_policy_attachment(arn).as_str(), format!("identity/role-policy-attachment/{expected}"));
        }
    }
}
