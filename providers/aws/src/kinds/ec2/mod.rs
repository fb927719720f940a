//! EC2: network, firewall and machines.

mod described;
pub(crate) mod elastic_ip;
pub(crate) mod instance;
pub(crate) mod internet_gateway;
pub(crate) mod internet_gateway_attachment;
pub(crate) mod nat_gateway;
pub(crate) mod placement_group;
mod retagging;
pub(crate) mod route;
pub(crate) mod route_table;
pub(crate) mod route_table_association;
pub(crate) mod security_group;
pub(crate) mod security_group_rule;
pub(crate) mod subnet;
pub(crate) mod vpc;
pub(crate) mod vpc_endpoint;

pub(crate) use retagging::retag_ec2;
