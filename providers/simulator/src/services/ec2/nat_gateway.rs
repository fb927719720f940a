//! NAT gateways: they come up and go slowly, and what is wrong with a request shows only as the state `failed`.
//!
//! Sources: EC2 API reference (CreateNatGateway, NatGateway.failureCode), VPC user guide "Troubleshoot NAT gateways".

use super::query::{Described, check_form, page, select, tag_set};
use super::tagging;
use crate::services::action::Action;
use crate::wire::error::ApiError;
use crate::wire::params::{Params, invalid_value};
use crate::wire::xml::Xml;
use crate::world::ec2::network::{Address, NatGateway, NatGatewayState, Subnet};
use crate::world::ec2::network_interface::NetworkInterface;
use crate::world::{Millis, Tags, World};

/// The actions on NAT gateways.
pub(crate) const ACTIONS: &[Action] = &[
    Action {
        name: "CreateNatGateway",
        parameters: &[
            "DryRun",
            "SubnetId",
            "AllocationId",
            "ConnectivityType",
            "ClientToken",
            "TagSpecification.N.ResourceType",
            "TagSpecification.N.Tag.N.Key",
            "TagSpecification.N.Tag.N.Value",
        ],
        run: create,
    },
    Action { name: "DeleteNatGateway", parameters: &["DryRun", "NatGatewayId"], run: delete },
    Action {
        name: "DescribeNatGateways",
        parameters: &["DryRun", "NatGatewayId.N", "Filter.N.Name", "Filter.N.Value.N", "MaxResults", "NextToken"],
        run: describe,
    },
];

impl NatGatewayState {
    fn name(&self) -> &'static str {
        match self {
            NatGatewayState::Pending => "pending",
            NatGatewayState::Available => "available",
            NatGatewayState::Failed { .. } => "failed",
            NatGatewayState::Deleting => "deleting",
            NatGatewayState::Deleted => "deleted",
        }
    }
}

struct WithId<'a>(&'a str, &'a NatGateway);

impl Described for WithId<'_> {
    const FILTERS: &'static [&'static str] = &["nat-gateway-id", "state", "subnet-id", "vpc-id"];

    fn filter_values(&self, name: &str) -> Option<Vec<String>> {
        let value = match name {
            "nat-gateway-id" => self.0,
            "state" => self.1.state.name(),
            "subnet-id" => &self.1.subnet_id,
            "vpc-id" => &self.1.vpc_id,
            _ => return None,
        };
        Some(vec![value.to_owned()])
    }

    fn tags(&self) -> &Tags {
        &self.1.tags
    }
}

fn not_found(id: &str) -> ApiError {
    ApiError::new("NatGatewayNotFound", format!("NAT gateway {id} was not found"))
}

const GATEWAYS_IN_ZONE_MAX: usize = 5;

fn create(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    if let Some(other) = params.get("ConnectivityType").filter(|kind| *kind != "public") {
        return Err(invalid_value("connectivityType", other));
    }
    let subnet_id = params.required("SubnetId")?.to_owned();
    let subnet = world.ec2.subnet(&subnet_id)?.clone();
    let allocation_id = params.required("AllocationId")?.to_owned();
    let address = super::address::existing(world, &allocation_id)?.clone();
    let tags = tagging::at_creation(params, "natgateway")?;
    let is_counted = |gateway: &&NatGateway| {
        let zone = world.ec2.subnets.get(&gateway.subnet_id).map(|other| &other.zone);
        !matches!(gateway.state, NatGatewayState::Failed { .. } | NatGatewayState::Deleted)
            && zone == Some(&subnet.zone)
    };
    if world.ec2.nat_gateways.values().filter(is_counted).count() >= GATEWAYS_IN_ZONE_MAX {
        let message = "Performing this operation would exceed the limit of 5 NAT gateways";
        return Err(ApiError::new("NatGatewayLimitExceeded", message));
    }
    let id = world.ids.ec2("nat");
    let gateway = NatGateway {
        vpc_id: subnet.vpc_id.clone(),
        subnet_id: subnet_id.clone(),
        allocation_id: allocation_id.clone(),
        public_ip: address.public_ip.clone(),
        network_interface_id: None,
        private_ip: None,
        state: NatGatewayState::Pending,
        changes_at: world.now + world.delays.nat_gateway_create,
        created_at: world.now,
        tags,
    };
    world.ec2.nat_gateways.insert(id.clone(), gateway);
    if let Some((code, text)) = impediment(world, &subnet_id, &subnet.vpc_id, &address) {
        let kept = world.now + world.delays.record_kept;
        if let Some(gateway) = world.ec2.nat_gateways.get_mut(&id) {
            gateway.state = NatGatewayState::Failed { code: code.to_owned(), message: text };
            gateway.changes_at = kept;
        }
    } else {
        take_interface(world, &id, &subnet, &subnet_id, &address.public_ip);
    }
    // The answer shows the request as accepted, whatever becomes of it.
    Ok(answer(params, show(&id, &world.ec2.nat_gateways[&id], true)))
}

fn answer(params: &Params, shown: Xml) -> Xml {
    Xml::new().optional("clientToken", params.get("ClientToken")).inside("natGateway", shown)
}

/// Answers a creation again that was done before.
pub(crate) fn created_again(world: &World, params: &Params, id: &str) -> Option<Xml> {
    world.ec2.nat_gateways.get(id).map(|gateway| answer(params, show(id, gateway, false)))
}

/// What makes the gateway fail after the call was accepted.
fn impediment(world: &World, subnet_id: &str, vpc_id: &str, address: &Address) -> Option<(&'static str, String)> {
    if !world.ec2.internet_gateways.values().any(|gateway| gateway.vpc_id.as_deref() == Some(vpc_id)) {
        return Some(("Gateway.NotAttached", format!("Network {vpc_id} has no Internet gateway attached")));
    }
    if address.association_id.is_some() || address.held_by_nat.is_some() {
        let text = format!("Elastic IP address {} is already associated", address.public_ip);
        return Some(("Resource.AlreadyAssociated", text));
    }
    if world.ec2.free_address(subnet_id).is_none() {
        let text = format!("Subnet {subnet_id} has insufficient free addresses to create this NAT gateway");
        return Some(("InsufficientFreeAddressesInSubnet", text));
    }
    None
}

fn take_interface(world: &mut World, id: &str, subnet: &Subnet, subnet_id: &str, public_ip: &str) {
    let interface_id = world.ids.ec2("eni");
    let association_id = world.ids.ec2("eipassoc");
    let private_ip = world.ec2.free_address(subnet_id).unwrap_or_default();
    let interface = NetworkInterface {
        vpc_id: subnet.vpc_id.clone(),
        subnet_id: subnet_id.to_owned(),
        zone: subnet.zone.clone(),
        private_ip: private_ip.clone(),
        public_ip: Some(public_ip.to_owned()),
        group_ids: vec![],
        interface_type: "nat_gateway".to_owned(),
        description: format!("Interface for NAT Gateway {id}"),
        instance_id: None,
        gone_at: None,
        tags: Tags::new(),
    };
    world.ec2.network_interfaces.insert(interface_id.clone(), interface);
    let Some(gateway) = world.ec2.nat_gateways.get_mut(id) else { return };
    gateway.network_interface_id = Some(interface_id.clone());
    gateway.private_ip = Some(private_ip);
    if let Some(address) = world.ec2.addresses.get_mut(&gateway.allocation_id) {
        address.network_interface_id = Some(interface_id);
        address.association_id = Some(association_id);
        address.held_by_nat = Some(id.to_owned());
    }
}

fn delete(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let id = params.required("NatGatewayId")?;
    check_form(id, "nat", "NatGatewayMalformed")?;
    let until = world.now + world.delays.nat_gateway_delete;
    let Some(gateway) = world.ec2.nat_gateways.get_mut(id).filter(|g| g.state != NatGatewayState::Deleted) else {
        return Err(not_found(id));
    };
    if gateway.state != NatGatewayState::Deleting {
        gateway.state = NatGatewayState::Deleting;
        gateway.changes_at = until;
    }
    advance(world);
    Ok(Xml::new().text("natGatewayId", id))
}

/// Lets NAT gateways come up and go. Routes to a deleted one turn into black holes; its address is free some seconds
/// later.
pub(crate) fn advance(world: &mut World) {
    let (now, kept, held) = (world.now, world.delays.record_kept, world.delays.elastic_ip_release);
    let due: Vec<String> =
        world.ec2.nat_gateways.iter().filter(|(_, g)| g.changes_at <= now).map(|(id, _)| id.clone()).collect();
    for id in due {
        let Some(gateway) = world.ec2.nat_gateways.get_mut(&id) else { continue };
        match gateway.state {
            NatGatewayState::Pending => {
                gateway.state = NatGatewayState::Available;
                gateway.changes_at = Millis::MAX;
            }
            NatGatewayState::Deleting => {
                let at = gateway.changes_at;
                gateway.state = NatGatewayState::Deleted;
                gateway.changes_at = at + kept;
                let (interface, allocation) = (gateway.network_interface_id.clone(), gateway.allocation_id.clone());
                if let Some(interface) = interface {
                    world.ec2.network_interfaces.remove(&interface);
                }
                let mine = |address: &&mut Address| address.held_by_nat.as_ref() == Some(&id);
                if let Some(address) = world.ec2.addresses.get_mut(&allocation).filter(mine) {
                    address.network_interface_id = None;
                    address.association_id = None;
                    address.held_by_nat = None;
                    address.held_until = at + held;
                }
            }
            NatGatewayState::Failed { .. } | NatGatewayState::Deleted => {
                world.ec2.nat_gateways.remove(&id);
            }
            NatGatewayState::Available => {}
        }
    }
}

fn describe(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let ids = params.list("NatGatewayId");
    ids.iter().try_for_each(|id| check_form(id, "nat", "NatGatewayMalformed"))?;
    let found = select(&world.ec2.nat_gateways, &ids, params, WithId, not_found)?;
    let (found, next) = page(params, found, 5, 1000)?;
    let rows: Vec<Xml> = found.iter().map(|(id, gateway)| show(id, gateway.1, false)).collect();
    Ok(Xml::new().set("natGatewaySet", rows).optional("nextToken", next))
}

fn show(id: &str, gateway: &NatGateway, as_accepted: bool) -> Xml {
    let address = Xml::new()
        .text("allocationId", &gateway.allocation_id)
        .optional("networkInterfaceId", gateway.network_interface_id.as_ref().filter(|_| !as_accepted))
        .optional("privateIp", gateway.private_ip.as_ref().filter(|_| !as_accepted))
        .optional("publicIp", Some(&gateway.public_ip).filter(|_| !as_accepted))
        .text("isPrimary", true);
    let failure = match &gateway.state {
        NatGatewayState::Failed { code, message } if !as_accepted => {
            Xml::new().text("failureCode", code).text("failureMessage", message)
        }
        _ => Xml::new(),
    };
    let state = if as_accepted { "pending" } else { gateway.state.name() };
    Xml::new()
        .text("natGatewayId", id)
        .text("subnetId", &gateway.subnet_id)
        .text("vpcId", &gateway.vpc_id)
        .text("state", state)
        .text("connectivityType", "public")
        .text("createTime", crate::world::iso(gateway.created_at))
        .and(failure)
        .set("natGatewayAddressSet", [address])
        .and(tag_set(&gateway.tags))
}
