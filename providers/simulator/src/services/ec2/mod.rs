//! EC2: query protocol, ids, filters, pages.

pub(crate) mod address;
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
pub(crate) mod resource_type;
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

use super::action::Action;
use crate::world::World;

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

/// Lets happen what EC2 does by itself until now.
pub(crate) fn advance(world: &mut World) {
    nat_gateway::advance(world);
    vpc_endpoint::advance(world);
    instance::advance(world);
    spot::advance(world);
    network_interface::advance(world);
}
