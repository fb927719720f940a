//! Elastic IPs. DescribeAddresses knows no pages.

use super::query::{Described, check_form, select, tag_set};
use super::tagging;
use crate::services::action::Action;
use crate::wire::error::ApiError;
use crate::wire::params::{Params, invalid_value};
use crate::wire::xml::Xml;
use crate::world::ec2::network::Address;
use crate::world::{Tags, World};

/// The actions on elastic IPs.
pub(crate) const ACTIONS: &[Action] = &[
    Action {
        name: "AllocateAddress",
        parameters: &[
            "DryRun",
            "Domain",
            "TagSpecification.N.ResourceType",
            "TagSpecification.N.Tag.N.Key",
            "TagSpecification.N.Tag.N.Value",
        ],
        run: allocate,
    },
    Action { name: "ReleaseAddress", parameters: &["DryRun", "AllocationId", "NetworkBorderGroup"], run: release },
    Action {
        name: "AssociateAddress",
        parameters: &["DryRun", "AllocationId", "InstanceId", "NetworkInterfaceId", "AllowReassociation"],
        run: associate,
    },
    Action { name: "DisassociateAddress", parameters: &["DryRun", "AssociationId"], run: disassociate },
    Action {
        name: "DescribeAddresses",
        parameters: &["DryRun", "AllocationId.N", "PublicIp.N", "Filter.N.Name", "Filter.N.Value.N"],
        run: describe,
    },
    Action {
        name: "DescribeAddressesAttribute",
        parameters: &["DryRun", "AllocationId.N", "Attribute", "MaxResults", "NextToken"],
        run: |_, _| Ok(Xml::new().set("addressSet", [])),
    },
];

struct WithId<'a>(&'a str, &'a Address);

impl Described for WithId<'_> {
    const FILTERS: &'static [&'static str] =
        &["allocation-id", "public-ip", "association-id", "network-interface-id", "domain"];

    fn filter_values(&self, name: &str) -> Option<Vec<String>> {
        match name {
            "allocation-id" => Some(vec![self.0.to_owned()]),
            "public-ip" => Some(vec![self.1.public_ip.clone()]),
            "association-id" => Some(self.1.association_id.iter().cloned().collect()),
            "network-interface-id" => Some(self.1.network_interface_id.iter().cloned().collect()),
            "domain" => Some(vec!["vpc".to_owned()]),
            _ => None,
        }
    }

    fn tags(&self) -> &Tags {
        &self.1.tags
    }
}

const ADDRESSES_MAX: usize = 5;

/// Refuses an allocation id that is malformed or unknown.
pub(crate) fn existing<'a>(world: &'a World, id: &str) -> Result<&'a Address, ApiError> {
    check_form(id, "eipalloc", "InvalidAllocationID.Malformed")?;
    world.ec2.addresses.get(id).ok_or_else(|| not_found(id))
}

fn not_found(id: &str) -> ApiError {
    ApiError::new("InvalidAllocationID.NotFound", format!("The allocation ID '{id}' does not exist"))
}

fn allocate(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    if let Some(other) = params.get("Domain").filter(|domain| *domain != "vpc") {
        return Err(invalid_value("domain", other));
    }
    let tags = tagging::at_creation(params, "elastic-ip")?;
    if world.ec2.addresses.len() >= ADDRESSES_MAX {
        let message = "The maximum number of addresses has been reached.";
        return Err(ApiError::new("AddressLimitExceeded", message));
    }
    let id = world.ids.ec2("eipalloc");
    let public_ip = format!("198.51.100.{}", 1 + free_octet(world));
    let address = Address {
        public_ip: public_ip.clone(),
        network_interface_id: None,
        association_id: None,
        held_by_nat: None,
        held_until: 0,
        tags,
    };
    world.ec2.addresses.insert(id.clone(), address);
    let border = &world.region;
    Ok(Xml::new()
        .text("publicIp", public_ip)
        .text("domain", "vpc")
        .text("allocationId", id)
        .text("publicIpv4Pool", "amazon")
        .text("networkBorderGroup", border))
}

fn free_octet(world: &World) -> usize {
    let is_free = |octet: &usize| {
        let ip = format!("198.51.100.{}", 1 + octet);
        !world.ec2.addresses.values().any(|address| address.public_ip == ip)
    };
    (0..253).find(is_free).unwrap_or_default()
}

fn release(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let id = params.required("AllocationId")?;
    let address = existing(world, id)?;
    if address.held_by_nat.is_some() || address.held_until > world.now {
        let message = "You do not have permission to access the specified resource.";
        return Err(ApiError::new("AuthFailure", message));
    }
    if address.association_id.is_some() {
        let message = format!("Address {} is in use.", address.public_ip);
        return Err(ApiError::new("InvalidIPAddress.InUse", message));
    }
    world.ec2.addresses.remove(id);
    Ok(Xml::returns_true())
}

fn associate(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let id = params.required("AllocationId")?;
    let address = existing(world, id)?;
    if address.association_id.is_some() && params.flag("AllowReassociation")? == Some(false) {
        let message = format!("resource {id} is already associated");
        return Err(ApiError::new("Resource.AlreadyAssociated", message));
    }
    if address.held_by_nat.is_some() {
        let message = "You do not have permission to access the specified resource.";
        return Err(ApiError::new("AuthFailure", message));
    }
    let interface_id = match (params.get("NetworkInterfaceId"), params.get("InstanceId")) {
        (Some(interface), None) => interface.to_owned(),
        (None, Some(instance)) => {
            let of_instance =
                world.ec2.network_interfaces.iter().find(|(_, i)| i.instance_id.as_deref() == Some(instance));
            let missing =
                || ApiError::new("InvalidInstanceID.NotFound", format!("The instance ID '{instance}' does not exist"));
            of_instance.map(|(id, _)| id.clone()).ok_or_else(missing)?
        }
        _ => return Err(ApiError::new("InvalidParameterCombination", "Name either an instance or an interface.")),
    };
    let Some(interface) = world.ec2.network_interfaces.get(&interface_id) else {
        let message = format!("The networkInterface ID '{interface_id}' does not exist");
        return Err(ApiError::new("InvalidNetworkInterfaceID.NotFound", message));
    };
    let vpc_id = interface.vpc_id.clone();
    if !world.ec2.internet_gateways.values().any(|gateway| gateway.vpc_id.as_ref() == Some(&vpc_id)) {
        let message = format!("Network {vpc_id} is not attached to any internet gateway");
        return Err(ApiError::new("Gateway.NotAttached", message));
    }
    let association_id = world.ids.ec2("eipassoc");
    let public_ip = address_of(world, id, &interface_id, &association_id);
    if let Some(interface) = world.ec2.network_interfaces.get_mut(&interface_id) {
        interface.public_ip = public_ip;
    }
    Ok(Xml::returns_true().text("associationId", association_id))
}

fn address_of(world: &mut World, id: &str, interface_id: &str, association_id: &str) -> Option<String> {
    let address = world.ec2.addresses.get_mut(id)?;
    address.network_interface_id = Some(interface_id.to_owned());
    address.association_id = Some(association_id.to_owned());
    Some(address.public_ip.clone())
}

fn disassociate(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let association = params.required("AssociationId")?;
    let found = world.ec2.addresses.iter().find(|(_, a)| a.association_id.as_deref() == Some(association));
    let Some((id, address)) = found else {
        let message = format!("The association ID '{association}' does not exist");
        return Err(ApiError::new("InvalidAssociationID.NotFound", message));
    };
    if address.held_by_nat.is_some() {
        let message = "You do not have permission to access the specified resource.";
        return Err(ApiError::new("AuthFailure", message));
    }
    let (id, interface_id) = (id.clone(), address.network_interface_id.clone());
    if let Some(address) = world.ec2.addresses.get_mut(&id) {
        address.association_id = None;
        address.network_interface_id = None;
    }
    if let Some(interface) = interface_id.and_then(|id| world.ec2.network_interfaces.get_mut(&id)) {
        interface.public_ip = None;
    }
    Ok(Xml::returns_true())
}

fn describe(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let ids = params.list("AllocationId");
    ids.iter().try_for_each(|id| check_form(id, "eipalloc", "InvalidAllocationID.Malformed"))?;
    let mut found = select(&world.ec2.addresses, &ids, params, WithId, not_found)?;
    let ips = params.list("PublicIp");
    if let Some(unknown) = ips.iter().find(|ip| !world.ec2.addresses.values().any(|address| address.public_ip == **ip))
    {
        return Err(ApiError::new("InvalidAddress.NotFound", format!("Address '{unknown}' not found.")));
    }
    found.retain(|(_, address)| ips.is_empty() || ips.contains(&address.1.public_ip.as_str()));
    let rows: Vec<Xml> = found.iter().map(|(id, address)| show(world, id, address.1)).collect();
    Ok(Xml::new().set("addressesSet", rows))
}

fn show(world: &World, id: &str, address: &Address) -> Xml {
    let interface = address.network_interface_id.as_ref().and_then(|id| world.ec2.network_interfaces.get(id));
    Xml::new()
        .text("publicIp", &address.public_ip)
        .text("allocationId", id)
        .text("domain", "vpc")
        .optional("associationId", address.association_id.as_ref())
        .optional("networkInterfaceId", address.network_interface_id.as_ref())
        .optional("instanceId", interface.and_then(|i| i.instance_id.as_ref()))
        .optional("privateIpAddress", interface.map(|i| &i.private_ip))
        .optional("networkInterfaceOwnerId", interface.map(|_| &world.account))
        .text("publicIpv4Pool", "amazon")
        .text("networkBorderGroup", &world.region)
        .and(tag_set(&address.tags))
}
