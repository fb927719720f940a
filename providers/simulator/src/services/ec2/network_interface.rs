//! Network interfaces: they tie instances and NAT gateways to subnets, groups and public addresses, and so decide what
//! can be deleted.

use serde::{Deserialize, Serialize};

use super::query::{Described, page, select, tag_set};
use super::{Action, Ec2};
use crate::wire::error::ApiError;
use crate::wire::params::Params;
use crate::wire::xml::Xml;
use crate::world::{Millis, Tags, World};

/// The actions on network interfaces.
pub(crate) const ACTIONS: &[Action] = &[Action {
    name: "DescribeNetworkInterfaces",
    parameters: &["DryRun", "NetworkInterfaceId.N", "Filter.N.Name", "Filter.N.Value.N", "MaxResults", "NextToken"],
    run: describe,
}];

/// A network interface.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct NetworkInterface {
    pub(crate) vpc_id: String,
    pub(crate) subnet_id: String,
    pub(crate) zone: String,
    pub(crate) private_ip: String,
    /// The address by which the internet reaches it: an elastic one, or one that comes and goes with an instance.
    pub(crate) public_ip: Option<String>,
    pub(crate) group_ids: Vec<String>,
    /// `interface` for an instance's, `nat_gateway` for one that only its NAT gateway can let go of.
    pub(crate) interface_type: String,
    pub(crate) description: String,
    pub(crate) instance_id: Option<String>,
    /// When one that lingers after its owner is gone; `None` while the owner lives.
    pub(crate) gone_at: Option<Millis>,
    pub(crate) tags: Tags,
}

impl Described for NetworkInterface {
    fn filter_values(&self, name: &str) -> Option<Vec<String>> {
        let one = |value: &str| Some(vec![value.to_owned()]);
        match name {
            "vpc-id" => one(&self.vpc_id),
            "subnet-id" => one(&self.subnet_id),
            "availability-zone" => one(&self.zone),
            "interface-type" => one(&self.interface_type),
            "group-id" => Some(self.group_ids.clone()),
            "attachment.instance-id" => Some(self.instance_id.iter().cloned().collect()),
            "association.public-ip" => Some(self.public_ip.iter().cloned().collect()),
            "private-ip-address" => one(&self.private_ip),
            "description" => one(&self.description),
            "status" => one("in-use"),
            _ => None,
        }
    }

    fn tags(&self) -> &Tags {
        &self.tags
    }
}

impl Ec2 {
    /// Returns a free address of a subnet, and none if it is full. The first four and the last are AWS's own.
    pub(crate) fn free_address(&self, subnet_id: &str) -> Option<String> {
        let block = self.subnets.get(subnet_id)?.cidr_block;
        let taken: std::collections::BTreeSet<&str> = self
            .network_interfaces
            .values()
            .filter(|i| i.subnet_id == subnet_id)
            .map(|i| i.private_ip.as_str())
            .collect();
        let count = (1_usize << (32 - block.prefix_len())).saturating_sub(5);
        // `hosts` leaves out the network's and the broadcast address; the next three are AWS's as well.
        block.hosts().skip(3).take(count).map(|ip| ip.to_string()).find(|ip| !taken.contains(ip.as_str()))
    }

    /// Returns how many addresses of a subnet are free.
    pub(crate) fn free_address_count(&self, subnet_id: &str) -> usize {
        let Some(subnet) = self.subnets.get(subnet_id) else { return 0 };
        let all = (1_usize << (32 - subnet.cidr_block.prefix_len())).saturating_sub(5);
        all.saturating_sub(self.network_interfaces.values().filter(|i| i.subnet_id == subnet_id).count())
    }

    /// Tells whether anything in the VPC is reached by a public address.
    pub(crate) fn has_public_address(&self, vpc_id: &str) -> bool {
        self.network_interfaces.values().any(|i| i.vpc_id == vpc_id && i.public_ip.is_some())
    }
}

/// Lets interfaces go whose owner is gone.
pub(crate) fn advance(world: &mut World) {
    let now = world.now;
    world.ec2.network_interfaces.retain(|_, interface| interface.gone_at.is_none_or(|at| at > now));
}

fn describe(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let missing = |id: &str| {
        ApiError::new("InvalidNetworkInterfaceID.NotFound", format!("The networkInterface ID '{id}' does not exist"))
    };
    let found = select(&world.ec2.network_interfaces, &params.list("NetworkInterfaceId"), params, missing)?;
    let (found, next) = page(params, found, 5, 1000)?;
    let account = world.account.clone();
    let rows = found.into_iter().map(|(id, interface)| show(id, interface, &account));
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
