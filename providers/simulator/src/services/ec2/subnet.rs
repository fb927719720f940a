//! Subnets.
//!
//! Sources: EC2 API reference (CreateSubnet, DeleteSubnet, ModifySubnetAttribute), VPC user guide "Subnet sizing".

use super::query::{Described, check_form, id, page, select, tag_set};
use super::vpc::read_block;
use super::{tagging, zone};
use crate::services::action::Action;
use crate::wire::error::ApiError;
use crate::wire::params::Params;
use crate::wire::xml::Xml;
use crate::world::ec2::Ec2;
use crate::world::ec2::network::Subnet;
use crate::world::{Tags, World};

/// The actions on subnets.
pub(crate) const ACTIONS: &[Action] = &[
    Action {
        name: "CreateSubnet",
        parameters: &[
            "DryRun",
            "VpcId",
            "CidrBlock",
            "AvailabilityZone",
            "AvailabilityZoneId",
            "TagSpecification.N.ResourceType",
            "TagSpecification.N.Tag.N.Key",
            "TagSpecification.N.Tag.N.Value",
        ],
        run: create,
    },
    Action { name: "DeleteSubnet", parameters: &["DryRun", "SubnetId"], run: delete },
    Action {
        name: "DescribeSubnets",
        parameters: &["DryRun", "SubnetId.N", "Filter.N.Name", "Filter.N.Value.N", "MaxResults", "NextToken"],
        run: describe,
    },
    Action {
        name: "ModifySubnetAttribute",
        parameters: &["SubnetId", "MapPublicIpOnLaunch.Value"],
        run: modify_attribute,
    },
];

struct WithId<'a>(&'a str, &'a Subnet);

impl Described for WithId<'_> {
    const FILTERS: &'static [&'static str] = &[
        "subnet-id",
        "vpc-id",
        "availability-zone",
        "availabilityZone",
        "cidr-block",
        "cidr",
        "cidrBlock",
        "default-for-az",
        "defaultForAz",
        "map-public-ip-on-launch",
        "state",
    ];

    fn filter_values(&self, name: &str) -> Option<Vec<String>> {
        let one = |value: &dyn ToString| Some(vec![value.to_string()]);
        match name {
            "subnet-id" => one(&self.0),
            "vpc-id" => one(&self.1.vpc_id),
            "availability-zone" | "availabilityZone" => one(&self.1.zone),
            "cidr-block" | "cidr" | "cidrBlock" => one(&self.1.cidr_block),
            "default-for-az" | "defaultForAz" => one(&self.1.is_default),
            "map-public-ip-on-launch" => one(&self.1.map_public_ip),
            "state" => one(&"available"),
            _ => None,
        }
    }

    fn tags(&self) -> &Tags {
        &self.1.tags
    }
}

impl Ec2 {
    /// Refuses an id that is malformed or unknown.
    pub(crate) fn subnet(&self, id: &str) -> Result<&Subnet, ApiError> {
        check_form(id, "subnet", "InvalidSubnetID.Malformed")?;
        self.subnets.get(id).ok_or_else(|| not_found(id))
    }
}

fn not_found(id: &str) -> ApiError {
    ApiError::new("InvalidSubnetID.NotFound", format!("The subnet ID '{id}' does not exist"))
}

const SUBNETS_MAX: usize = 200;

fn create(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let vpc_id = id(params, "VpcId", "vpc", "InvalidVpcID.Malformed")?;
    let vpc = world.ec2.vpc(vpc_id)?;
    let cidr_block = read_block(params.required("CidrBlock")?, "cidrBlock")?;
    let zones = zone::names(&world.region);
    let zone = match params.get("AvailabilityZone") {
        Some(zone) if zones.iter().any(|known| known == zone) => zone.to_owned(),
        Some(zone) => {
            let message = format!(
                "Value ({zone}) for parameter availabilityZone is invalid. Subnets can currently only be created in the \
                 following availability zones: {}.",
                zones.join(", ")
            );
            return Err(ApiError::new("InvalidParameterValue", message));
        }
        None => zones.first().cloned().unwrap_or_default(),
    };
    let tags = tagging::at_creation(params, "subnet")?;
    if !(16..=28).contains(&cidr_block.prefix_len()) || !vpc.cidr_block.contains(&cidr_block) {
        return Err(ApiError::new("InvalidSubnet.Range", format!("The CIDR '{cidr_block}' is invalid.")));
    }
    let in_vpc = || world.ec2.subnets.values().filter(|subnet| subnet.vpc_id == vpc_id);
    if in_vpc().any(|other| other.cidr_block.contains(&cidr_block) || cidr_block.contains(&other.cidr_block)) {
        let message = format!("The CIDR '{cidr_block}' conflicts with another subnet");
        return Err(ApiError::new("InvalidSubnet.Conflict", message));
    }
    if in_vpc().count() >= SUBNETS_MAX {
        let message = "The maximum number of subnets has been reached.";
        return Err(ApiError::new("SubnetLimitExceeded", message));
    }
    let subnet = Subnet { vpc_id: vpc_id.to_owned(), zone, cidr_block, is_default: false, map_public_ip: false, tags };
    let id = world.ids.ec2("subnet");
    world.ec2.subnets.insert(id.clone(), subnet);
    Ok(Xml::new().inside("subnet", show(world, &id)))
}

fn delete(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let id = id(params, "SubnetId", "subnet", "InvalidSubnetID.Malformed")?;
    world.ec2.subnet(id)?;
    if world.ec2.network_interfaces.are_in(id) {
        let message = format!("The subnet '{id}' has dependencies and cannot be deleted.");
        return Err(ApiError::new("DependencyViolation", message));
    }
    world.ec2.subnets.remove(id);
    // A deleted subnet takes its association along.
    for table in world.ec2.route_tables.values_mut() {
        table.associations.retain(|_, subnet| subnet != id);
    }
    Ok(Xml::returns_true())
}

fn describe(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let ids = params.list("SubnetId");
    ids.iter().try_for_each(|id| check_form(id, "subnet", "InvalidSubnetID.Malformed"))?;
    let found = select(&world.ec2.subnets, &ids, params, WithId, not_found)?;
    let (found, next) = page(params, found, 5, 1000)?;
    let rows: Vec<Xml> = found.iter().map(|(id, _)| show(world, id)).collect();
    Ok(Xml::new().set("subnetSet", rows).optional("nextToken", next))
}

fn show(world: &World, id: &str) -> Xml {
    let Some(subnet) = world.ec2.subnets.get(id) else { return Xml::new() };
    let arn = format!("arn:{}:ec2:{}:{}:subnet/{id}", world.partition, world.region, world.account);
    Xml::new()
        .text("subnetId", id)
        .text("subnetArn", arn)
        .text("state", "available")
        .text("ownerId", &world.account)
        .text("vpcId", &subnet.vpc_id)
        .text("cidrBlock", subnet.cidr_block)
        .set("ipv6CidrBlockAssociationSet", [])
        .text("availableIpAddressCount", world.ec2.free_address_count(id))
        .text("availabilityZone", &subnet.zone)
        .text("availabilityZoneId", zone::id_of(&world.region, &subnet.zone))
        .text("defaultForAz", subnet.is_default)
        .text("mapPublicIpOnLaunch", subnet.map_public_ip)
        .text("assignIpv6AddressOnCreation", false)
        .and(tag_set(&subnet.tags))
}

fn modify_attribute(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let id = id(params, "SubnetId", "subnet", "InvalidSubnetID.Malformed")?;
    world.ec2.subnet(id)?;
    let Some(map_public_ip) = params.flag("MapPublicIpOnLaunch.Value")? else {
        return Err(ApiError::new("MissingParameter", "The request must contain exactly one attribute"));
    };
    if let Some(subnet) = world.ec2.subnets.get_mut(id) {
        subnet.map_public_ip = map_public_ip;
    }
    Ok(Xml::returns_true())
}
