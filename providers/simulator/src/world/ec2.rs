//! Everything that EC2 holds.

pub(crate) mod instance;
pub(crate) mod launch;
pub(crate) mod network;
pub(crate) mod network_interface;
pub(crate) mod spot;
pub(crate) mod volume;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::world::collection::Collection;
use crate::world::time::Millis;

/// What EC2 holds, by id.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Ec2 {
    pub(crate) vpcs: BTreeMap<String, network::Vpc>,
    pub(crate) subnets: BTreeMap<String, network::Subnet>,
    pub(crate) internet_gateways: BTreeMap<String, network::InternetGateway>,
    pub(crate) addresses: BTreeMap<String, network::Address>,
    pub(crate) nat_gateways: BTreeMap<String, network::NatGateway>,
    pub(crate) route_tables: BTreeMap<String, network::RouteTable>,
    pub(crate) vpc_endpoints: BTreeMap<String, network::VpcEndpoint>,
    pub(crate) security_groups: BTreeMap<String, network::SecurityGroup>,
    pub(crate) security_group_rules: BTreeMap<String, network::SecurityGroupRule>,
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
    pub(crate) key_pairs: BTreeMap<String, launch::KeyPair>,
    #[serde(default)]
    pub(crate) launch_templates: BTreeMap<String, launch::LaunchTemplate>,
    #[serde(default)]
    pub(crate) placement_groups: BTreeMap<String, launch::PlacementGroup>,
    /// How many public addresses were given to instances.
    pub(crate) public_ips_made: u64,
    #[serde(default)]
    pub(crate) quotas: launch::Quotas,
    /// How many instances there can be at once, by `type/zone/market`; what is not named has no limit.
    #[serde(default)]
    pub(crate) capacity: BTreeMap<String, u32>,
}
