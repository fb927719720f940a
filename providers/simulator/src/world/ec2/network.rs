//! What a network is made of, but for its interfaces.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::{IpNet, Ipv4Net};
use serde::{Deserialize, Serialize};

use crate::world::tags::Tags;
use crate::world::time::Millis;

/// A virtual private cloud.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Vpc {
    pub(crate) cidr_block: Ipv4Net,
    pub(crate) is_default: bool,
    pub(crate) dns_support: bool,
    pub(crate) dns_hostnames: bool,
    pub(crate) usage_metrics: bool,
    pub(crate) network_acl_id: String,
    pub(crate) tags: Tags,
}

/// A subnet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Subnet {
    pub(crate) vpc_id: String,
    pub(crate) zone: String,
    pub(crate) cidr_block: Ipv4Net,
    pub(crate) is_default: bool,
    pub(crate) map_public_ip: bool,
    pub(crate) tags: Tags,
}

/// An internet gateway, at a VPC or not.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct InternetGateway {
    pub(crate) vpc_id: Option<String>,
    pub(crate) tags: Tags,
}

/// A route table.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RouteTable {
    pub(crate) vpc_id: String,
    /// Whether it is its VPC's main table.
    pub(crate) is_main: bool,
    pub(crate) main_association_id: Option<String>,
    pub(crate) routes: Vec<Route>,
    /// The subnets that use it, by the id of the association.
    pub(crate) associations: BTreeMap<String, String>,
    pub(crate) tags: Tags,
}

/// A route, besides the local one that every table has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Route {
    /// A block of either family, or the prefix list of a gateway endpoint.
    pub(crate) destination: String,
    pub(crate) target: String,
}

/// An elastic IP.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Address {
    pub(crate) public_ip: String,
    /// The interface that it leads to.
    pub(crate) network_interface_id: Option<String>,
    pub(crate) association_id: Option<String>,
    /// The NAT gateway that holds it; only the gateway's end lets go of it.
    pub(crate) held_by_nat: Option<String>,
    /// Until when it cannot be released after its NAT gateway is gone.
    pub(crate) held_until: Millis,
    pub(crate) tags: Tags,
}

/// A NAT gateway.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct NatGateway {
    pub(crate) vpc_id: String,
    pub(crate) subnet_id: String,
    pub(crate) allocation_id: String,
    pub(crate) public_ip: String,
    pub(crate) network_interface_id: Option<String>,
    pub(crate) private_ip: Option<String>,
    pub(crate) state: NatGatewayState,
    /// When the state changes by itself; for `failed` and `deleted`, when the record goes.
    pub(crate) changes_at: Millis,
    pub(crate) created_at: Millis,
    pub(crate) tags: Tags,
}

/// Where a NAT gateway is in its life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum NatGatewayState {
    Pending,
    Available,
    Failed { code: String, message: String },
    Deleting,
    Deleted,
}

/// A gateway endpoint.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct VpcEndpoint {
    pub(crate) vpc_id: String,
    pub(crate) service_name: String,
    pub(crate) route_table_ids: BTreeSet<String>,
    /// When one that is being deleted will be gone.
    pub(crate) gone_at: Option<Millis>,
    pub(crate) created_at: Millis,
    pub(crate) tags: Tags,
}

/// A security group.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SecurityGroup {
    pub(crate) vpc_id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) tags: Tags,
}

/// One source, or destination, and a range of ports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SecurityGroupRule {
    pub(crate) group_id: String,
    pub(crate) is_egress: bool,
    /// `tcp`, `udp`, `icmp`, another number, or `-1` for everything.
    pub(crate) protocol: String,
    /// -1 where the protocol has no ports.
    pub(crate) from_port: i64,
    pub(crate) to_port: i64,
    pub(crate) cidr: Option<IpNet>,
    pub(crate) source_group_id: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) tags: Tags,
}
