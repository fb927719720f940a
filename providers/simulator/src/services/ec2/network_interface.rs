//! Network interfaces: they tie instances and NAT gateways to subnets, groups and public addresses, and so decide what
//! can be deleted.

use std::net::Ipv4Addr;

use super::query::{Described, page, select, tag_set};
use crate::services::action::Action;
use crate::wire::error::ApiError;
use crate::wire::params::Params;
use crate::wire::xml::Xml;
use crate::world::ec2::Ec2;
use crate::world::ec2::network::Subnet;
use crate::world::ec2::network_interface::NetworkInterface;
use crate::world::{Tags, World};

/// The actions on network interfaces.
pub(crate) const ACTIONS: &[Action] = &[Action {
    name: "DescribeNetworkInterfaces",
    parameters: &["DryRun", "NetworkInterfaceId.N", "Filter.N.Name", "Filter.N.Value.N", "MaxResults", "NextToken"],
    run: describe,
}];

struct WithId<'a>(&'a str, &'a NetworkInterface);

impl Described for WithId<'_> {
    const FILTERS: &'static [&'static str] = &[
        "network-interface-id",
        "vpc-id",
        "subnet-id",
        "availability-zone",
        "interface-type",
        "group-id",
        "attachment.instance-id",
        "association.public-ip",
        "private-ip-address",
        "description",
        "status",
    ];

    fn filter_values(&self, name: &str) -> Option<Vec<String>> {
        let one = |value: &str| Some(vec![value.to_owned()]);
        match name {
            "network-interface-id" => one(self.0),
            "vpc-id" => one(&self.1.vpc_id),
            "subnet-id" => one(&self.1.subnet_id),
            "availability-zone" => one(&self.1.zone),
            "interface-type" => one(&self.1.interface_type),
            "group-id" => Some(self.1.group_ids.clone()),
            "attachment.instance-id" => Some(self.1.instance_id.iter().cloned().collect()),
            "association.public-ip" => Some(self.1.public_ip.iter().cloned().collect()),
            "private-ip-address" => one(&self.1.private_ip),
            "description" => one(&self.1.description),
            "status" => one("in-use"),
            _ => None,
        }
    }

    fn tags(&self) -> &Tags {
        &self.1.tags
    }
}

impl Ec2 {
    /// Returns the first free addresses of a subnet, up to so many. The first four and the last are AWS's own.
    pub(crate) fn free_addresses(&self, subnet_id: &str, count: usize) -> Vec<Ipv4Addr> {
        let Some(subnet) = self.subnets.get(subnet_id) else { return vec![] };
        let mut taken = self.network_interfaces.addresses_in(subnet_id).iter().peekable();
        // `hosts` leaves out the network's and the broadcast address; the next three are AWS's as well.
        let usable = subnet.cidr_block.hosts().skip(3).take(usable_count(subnet));
        // Both are in order.
        let is_free = |ip: &Ipv4Addr| {
            while taken.next_if(|other| *other < ip).is_some() {}
            taken.next_if_eq(&ip).is_none()
        };
        usable.filter(is_free).take(count).collect()
    }

    /// Returns a free address of a subnet, and none if it is full.
    pub(crate) fn free_address(&self, subnet_id: &str) -> Option<String> {
        self.free_addresses(subnet_id, 1).first().map(ToString::to_string)
    }

    /// Returns how many addresses of a subnet are free.
    pub(crate) fn free_address_count(&self, subnet_id: &str) -> usize {
        let Some(subnet) = self.subnets.get(subnet_id) else { return 0 };
        usable_count(subnet).saturating_sub(self.network_interfaces.addresses_in(subnet_id).len())
    }

    /// Tells whether anything in the VPC is reached by a public address.
    pub(crate) fn has_public_address(&self, vpc_id: &str) -> bool {
        self.network_interfaces.values().any(|i| i.vpc_id == vpc_id && i.public_ip.is_some())
    }
}

fn usable_count(subnet: &Subnet) -> usize {
    (1_usize << (32 - subnet.cidr_block.prefix_len())).saturating_sub(5)
}

/// Lets interfaces go whose owner is gone.
pub(crate) fn advance(world: &mut World) {
    world.ec2.network_interfaces.remove_released(world.now);
}

fn describe(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let missing = |id: &str| {
        ApiError::new("InvalidNetworkInterfaceID.NotFound", format!("The networkInterface ID '{id}' does not exist"))
    };
    let ids = params.list("NetworkInterfaceId");
    let found = select(&*world.ec2.network_interfaces, &ids, params, WithId, missing)?;
    let (found, next) = page(params, found, 5, 1000)?;
    let account = world.account.clone();
    let rows = found.into_iter().map(|(id, interface)| show(id, interface.1, &account));
    Ok(Xml::new().set("networkInterfaceSet", rows).optional("nextToken", next))
}

fn show(id: &str, interface: &NetworkInterface, account: &str) -> Xml {
    let attachment = Xml::new()
        .text("attachmentId", id.replacen("eni-", "eni-attach-", 1))
        .optional("instanceId", interface.instance_id.as_ref())
        .text("deviceIndex", 0)
        .text("status", "attached")
        .text("deleteOnTermination", true);
    let shown = Xml::new()
        .text("networkInterfaceId", id)
        .text("subnetId", &interface.subnet_id)
        .text("vpcId", &interface.vpc_id)
        .text("availabilityZone", &interface.zone)
        .text("description", &interface.description)
        .text("ownerId", account)
        .text("requesterManaged", interface.interface_type != "interface")
        .text("status", "in-use")
        .text("interfaceType", &interface.interface_type)
        .text("privateIpAddress", &interface.private_ip)
        .set("groupSet", interface.group_ids.iter().map(|group| Xml::new().text("groupId", group)))
        .inside("attachment", attachment);
    let shown = match &interface.public_ip {
        Some(ip) => shown.inside("association", Xml::new().text("publicIp", ip)),
        None => shown,
    };
    shown.and(tag_set(&interface.tags))
}
