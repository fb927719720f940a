//! EC2: query protocol, ids, filters, pages.

pub(crate) mod address;
pub(crate) mod collection;
pub(crate) mod image;
pub(crate) mod instance;
pub(crate) mod instance_type;
pub(crate) mod internet_gateway;
pub(crate) mod key_pair;
pub(crate) mod launch_template;
pub(crate) mod nat_gateway;
pub(crate) mod network_interface;
pub(crate) mod peering;
pub(crate) mod placement_group;
pub(crate) mod query;
pub(crate) mod quota;
pub(crate) mod route_table;
pub(crate) mod security_group;
pub(crate) mod spot;
pub(crate) mod subnet;
pub(crate) mod tagging;
pub(crate) mod volume;
pub(crate) mod vpc;
pub(crate) mod vpc_endpoint;
pub(crate) mod zone;

#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Action;
use crate::world::{Millis, World};
use collection::Collection;

/// All actions, by resource.
pub(crate) const ACTIONS: &[&[Action]] = &[
    vpc::ACTIONS,
    subnet::ACTIONS,
    internet_gateway::ACTIONS,
    address::ACTIONS,
    nat_gateway::ACTIONS,
    route_table::ACTIONS,
    vpc_endpoint::ACTIONS,
    security_group::ACTIONS,
    network_interface::ACTIONS,
    peering::ACTIONS,
    instance::ACTIONS,
    volume::ACTIONS,
    image::ACTIONS,
    instance_type::ACTIONS,
    spot::ACTIONS,
    quota::ACTIONS,
    key_pair::ACTIONS,
    launch_template::ACTIONS,
    placement_group::ACTIONS,
    tagging::ACTIONS,
    zone::ACTIONS,
];

/// What EC2 holds, by id.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Ec2 {
    pub(crate) vpcs: BTreeMap<String, vpc::Vpc>,
    pub(crate) subnets: BTreeMap<String, subnet::Subnet>,
    pub(crate) internet_gateways: BTreeMap<String, internet_gateway::InternetGateway>,
    pub(crate) addresses: BTreeMap<String, address::Address>,
    pub(crate) nat_gateways: BTreeMap<String, nat_gateway::NatGateway>,
    pub(crate) route_tables: BTreeMap<String, route_table::RouteTable>,
    pub(crate) vpc_endpoints: BTreeMap<String, vpc_endpoint::VpcEndpoint>,
    pub(crate) security_groups: BTreeMap<String, security_group::SecurityGroup>,
    pub(crate) security_group_rules: BTreeMap<String, security_group::SecurityGroupRule>,
    pub(crate) network_interfaces: network_interface::NetworkInterfaces,
    pub(crate) instances: Collection<instance::Instance>,
    pub(crate) reservations: BTreeMap<String, instance::Reservation>,
    /// When which instance changes by itself, so that nobody has to look at all of them.
    pub(crate) instance_schedule: BTreeSet<(Millis, String)>,
    pub(crate) volumes: Collection<volume::Volume>,
    pub(crate) spot_requests: Collection<spot::SpotRequest>,
    /// When which Spot request is forgotten.
    pub(crate) spot_schedule: BTreeSet<(Millis, String)>,
    /// By name.
    pub(crate) key_pairs: BTreeMap<String, key_pair::KeyPair>,
    #[serde(default)]
    pub(crate) launch_templates: BTreeMap<String, launch_template::LaunchTemplate>,
    #[serde(default)]
    pub(crate) placement_groups: BTreeMap<String, placement_group::PlacementGroup>,
    /// How many public addresses were given to instances.
    pub(crate) public_ips_made: u64,
    #[serde(default)]
    pub(crate) quotas: quota::Quotas,
    /// How many instances there can be at once, by `type/zone/market`; what is not named has no limit.
    #[serde(default)]
    pub(crate) capacity: BTreeMap<String, u32>,
}

/// Makes the VPC that every account has in every region.
pub(crate) fn make_default_vpc(world: &mut World) {
    vpc::make_default(world);
}

/// Lets happen what EC2 does by itself until now.
pub(crate) fn advance(world: &mut World) {
    nat_gateway::advance(world);
    vpc_endpoint::advance(world);
    instance::advance(world);
    spot::advance(world);
    network_interface::advance(world);
}
