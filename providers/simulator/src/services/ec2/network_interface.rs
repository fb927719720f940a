//! Network interfaces: they tie instances and NAT gateways to subnets, groups and public addresses, and so decide what
//! can be deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::collection::{Collection, Tagged};
use super::query::{Described, page, select, tag_set};
use super::subnet::Subnet;
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

impl Tagged for NetworkInterface {
    fn tags(&self) -> &Tags {
        &self.tags
    }

    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.tags
    }
}

/// All interfaces, with what would take a look at each of them otherwise.
#[derive(Debug, Clone, Default)]
pub(crate) struct NetworkInterfaces {
    all: Collection<NetworkInterface>,
    /// Which addresses of a subnet are taken.
    taken: BTreeMap<String, BTreeSet<Ipv4Addr>>,
    /// When which interface goes.
    leaving: BTreeSet<(Millis, String)>,
}

impl Deref for NetworkInterfaces {
    type Target = Collection<NetworkInterface>;

    fn deref(&self) -> &Collection<NetworkInterface> {
        &self.all
    }
}

impl NetworkInterfaces {
    /// Adds an interface.
    pub(crate) fn insert(&mut self, id: String, interface: NetworkInterface) {
        if let Ok(ip) = interface.private_ip.parse() {
            self.taken.entry(interface.subnet_id.clone()).or_default().insert(ip);
        }
        if let Some(at) = interface.gone_at {
            self.leaving.insert((at, id.clone()));
        }
        self.all.insert(id, interface);
    }

    /// Removes an interface, and with it what its address was taken for.
    pub(crate) fn remove(&mut self, id: &str) {
        let Some(interface) = self.all.remove(id) else { return };
        if let (Some(taken), Ok(ip)) = (self.taken.get_mut(&interface.subnet_id), interface.private_ip.parse()) {
            taken.remove(&ip);
            if taken.is_empty() {
                self.taken.remove(&interface.subnet_id);
            }
        }
        if let Some(at) = interface.gone_at {
            self.leaving.remove(&(at, id.to_owned()));
        }
    }

    /// Returns an interface, to change its groups or its public address.
    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut NetworkInterface> {
        self.all.get_mut(id)
    }

    /// Changes the tags of an interface.
    pub(crate) fn retag(&mut self, id: &str, change: impl FnOnce(&mut Tags)) {
        self.all.retag(id, change);
    }

    /// Lets an interface go at this time: its owner is gone, and its public address with it.
    pub(crate) fn release(&mut self, id: &str, at: Millis) {
        let Some(interface) = self.all.get_mut(id) else { return };
        interface.public_ip = None;
        interface.gone_at = Some(at);
        self.leaving.insert((at, id.to_owned()));
    }

    /// Tells whether a subnet holds any.
    pub(crate) fn are_in(&self, subnet_id: &str) -> bool {
        self.taken.contains_key(subnet_id)
    }
}

impl Serialize for NetworkInterfaces {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.all.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for NetworkInterfaces {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<NetworkInterfaces, D::Error> {
        let all: BTreeMap<String, NetworkInterface> = BTreeMap::deserialize(deserializer)?;
        let mut interfaces = NetworkInterfaces::default();
        all.into_iter().for_each(|(id, interface)| interfaces.insert(id, interface));
        Ok(interfaces)
    }
}

impl Ec2 {
    /// Returns the first free addresses of a subnet, up to so many. The first four and the last are AWS's own.
    pub(crate) fn free_addresses(&self, subnet_id: &str, count: usize) -> Vec<Ipv4Addr> {
        let Some(subnet) = self.subnets.get(subnet_id) else { return vec![] };
        let mut taken = self.network_interfaces.taken.get(subnet_id).into_iter().flatten().peekable();
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
        usable_count(subnet).saturating_sub(self.network_interfaces.taken.get(subnet_id).map_or(0, BTreeSet::len))
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
    let now = world.now;
    let interfaces = &mut world.ec2.network_interfaces;
    while let Some((_, id)) = interfaces.leaving.first().filter(|(at, _)| *at <= now).cloned() {
        interfaces.remove(&id);
    }
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
