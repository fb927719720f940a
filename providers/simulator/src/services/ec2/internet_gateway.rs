//! Internet gateways.

use super::query::{Described, check_form, id, page, select, tag_set};
use super::tagging;
use crate::services::action::Action;
use crate::wire::error::ApiError;
use crate::wire::params::Params;
use crate::wire::xml::Xml;
use crate::world::ec2::Ec2;
use crate::world::ec2::network::InternetGateway;
use crate::world::{Tags, World};

/// The actions on internet gateways.
pub(crate) const ACTIONS: &[Action] = &[
    Action {
        name: "CreateInternetGateway",
        parameters: &[
            "DryRun",
            "TagSpecification.N.ResourceType",
            "TagSpecification.N.Tag.N.Key",
            "TagSpecification.N.Tag.N.Value",
        ],
        run: create,
    },
    Action { name: "DeleteInternetGateway", parameters: &["DryRun", "InternetGatewayId"], run: delete },
    Action { name: "AttachInternetGateway", parameters: &["DryRun", "InternetGatewayId", "VpcId"], run: attach },
    Action { name: "DetachInternetGateway", parameters: &["DryRun", "InternetGatewayId", "VpcId"], run: detach },
    Action {
        name: "DescribeInternetGateways",
        parameters: &["DryRun", "InternetGatewayId.N", "Filter.N.Name", "Filter.N.Value.N", "MaxResults", "NextToken"],
        run: describe,
    },
];

struct WithId<'a>(&'a str, &'a InternetGateway);

impl Described for WithId<'_> {
    const FILTERS: &'static [&'static str] = &["internet-gateway-id", "attachment.vpc-id", "attachment.state"];

    fn filter_values(&self, name: &str) -> Option<Vec<String>> {
        match name {
            "internet-gateway-id" => Some(vec![self.0.to_owned()]),
            "attachment.vpc-id" => Some(self.1.vpc_id.iter().cloned().collect()),
            "attachment.state" => Some(self.1.vpc_id.iter().map(|_| "available".to_owned()).collect()),
            _ => None,
        }
    }

    fn tags(&self) -> &Tags {
        &self.1.tags
    }
}

impl Ec2 {
    fn internet_gateway(&self, id: &str) -> Result<&InternetGateway, ApiError> {
        check_form(id, "igw", "InvalidInternetGatewayId.Malformed")?;
        self.internet_gateways.get(id).ok_or_else(|| not_found(id))
    }
}

fn not_found(id: &str) -> ApiError {
    ApiError::new("InvalidInternetGatewayID.NotFound", format!("The internetGateway ID '{id}' does not exist"))
}

const GATEWAYS_MAX: usize = 5;

fn create(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let tags = tagging::at_creation(params, "internet-gateway")?;
    if world.ec2.internet_gateways.len() >= GATEWAYS_MAX {
        let message = "The maximum number of internet gateways has been reached.";
        return Err(ApiError::new("InternetGatewayLimitExceeded", message));
    }
    let id = world.ids.ec2("igw");
    world.ec2.internet_gateways.insert(id.clone(), InternetGateway { vpc_id: None, tags });
    Ok(Xml::new().inside("internetGateway", show(world, &id)))
}

fn delete(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let id = params.required("InternetGatewayId")?;
    if world.ec2.internet_gateway(id)?.vpc_id.is_some() {
        let message = format!("The internetGateway '{id}' has dependencies and cannot be deleted.");
        return Err(ApiError::new("DependencyViolation", message));
    }
    world.ec2.internet_gateways.remove(id);
    Ok(Xml::returns_true())
}

fn attach(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let id = params.required("InternetGatewayId")?;
    let vpc_id = id_of_vpc(world, params)?;
    if let Some(other) = &world.ec2.internet_gateway(id)?.vpc_id {
        let message = format!("resource {id} is already attached to network {other}");
        return Err(ApiError::new("Resource.AlreadyAssociated", message));
    }
    if world.ec2.internet_gateways.values().any(|gateway| gateway.vpc_id.as_ref() == Some(&vpc_id)) {
        let message = format!("Network {vpc_id} already has an internet gateway attached");
        return Err(ApiError::new("InvalidParameterValue", message));
    }
    if let Some(gateway) = world.ec2.internet_gateways.get_mut(id) {
        gateway.vpc_id = Some(vpc_id);
    }
    Ok(Xml::returns_true())
}

fn detach(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let id = params.required("InternetGatewayId")?;
    let vpc_id = id_of_vpc(world, params)?;
    if world.ec2.internet_gateway(id)?.vpc_id.as_ref() != Some(&vpc_id) {
        let message = format!("resource {id} is not attached to network {vpc_id}");
        return Err(ApiError::new("Gateway.NotAttached", message));
    }
    if world.ec2.has_public_address(&vpc_id) {
        let message = format!(
            "Network {vpc_id} has some mapped public address(es). Please unmap those public address(es) before \
             detaching the gateway."
        );
        return Err(ApiError::new("DependencyViolation", message));
    }
    if let Some(gateway) = world.ec2.internet_gateways.get_mut(id) {
        gateway.vpc_id = None;
    }
    Ok(Xml::returns_true())
}

fn id_of_vpc(world: &World, params: &Params) -> Result<String, ApiError> {
    let vpc_id = id(params, "VpcId", "vpc", "InvalidVpcID.Malformed")?;
    world.ec2.vpc(vpc_id)?;
    Ok(vpc_id.to_owned())
}

fn describe(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let ids = params.list("InternetGatewayId");
    ids.iter().try_for_each(|id| check_form(id, "igw", "InvalidInternetGatewayId.Malformed"))?;
    let found = select(&world.ec2.internet_gateways, &ids, params, WithId, not_found)?;
    let (found, next) = page(params, found, 5, 1000)?;
    let rows: Vec<Xml> = found.iter().map(|(id, _)| show(world, id)).collect();
    Ok(Xml::new().set("internetGatewaySet", rows).optional("nextToken", next))
}

fn show(world: &World, id: &str) -> Xml {
    let Some(gateway) = world.ec2.internet_gateways.get(id) else { return Xml::new() };
    let attachments = gateway.vpc_id.iter().map(|vpc| Xml::new().text("vpcId", vpc).text("state", "available"));
    Xml::new()
        .text("internetGatewayId", id)
        .text("ownerId", &world.account)
        .set("attachmentSet", attachments)
        .and(tag_set(&gateway.tags))
}
