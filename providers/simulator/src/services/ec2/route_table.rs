//! Route tables, their routes and associations.
//!
//! Sources: EC2 API reference (CreateRoute, ReplaceRoute, DeleteRoute, AssociateRouteTable,
//! ReplaceRouteTableAssociation, DeleteRouteTable), VPC user guide "Route tables".

use std::collections::BTreeMap;

use ipnet::IpNet;

use super::query::{Described, check_form, id, page, select, tag_set};
use super::tagging;
use crate::services::action::Action;
use crate::wire::error::ApiError;
use crate::wire::params::Params;
use crate::wire::xml::Xml;
use crate::world::ec2::Ec2;
use crate::world::ec2::network::{NatGatewayState, Route, RouteTable};
use crate::world::{Tags, World};

/// The actions on route tables.
pub(crate) const ACTIONS: &[Action] = &[
    Action {
        name: "CreateRouteTable",
        parameters: &[
            "DryRun",
            "VpcId",
            "ClientToken",
            "TagSpecification.N.ResourceType",
            "TagSpecification.N.Tag.N.Key",
            "TagSpecification.N.Tag.N.Value",
        ],
        run: create,
    },
    Action { name: "DeleteRouteTable", parameters: &["DryRun", "RouteTableId"], run: delete },
    Action {
        name: "DescribeRouteTables",
        parameters: &["DryRun", "RouteTableId.N", "Filter.N.Name", "Filter.N.Value.N", "MaxResults", "NextToken"],
        run: describe,
    },
    Action { name: "CreateRoute", parameters: ROUTE, run: create_route },
    Action { name: "ReplaceRoute", parameters: ROUTE, run: replace_route },
    Action {
        name: "DeleteRoute",
        parameters: &[
            "DryRun",
            "RouteTableId",
            "DestinationCidrBlock",
            "DestinationIpv6CidrBlock",
            "DestinationPrefixListId",
        ],
        run: delete_route,
    },
    Action { name: "AssociateRouteTable", parameters: &["DryRun", "RouteTableId", "SubnetId"], run: associate },
    Action { name: "DisassociateRouteTable", parameters: &["DryRun", "AssociationId"], run: disassociate },
    Action {
        name: "ReplaceRouteTableAssociation",
        parameters: &["DryRun", "AssociationId", "RouteTableId"],
        run: replace_association,
    },
];

const ROUTE: &[&str] = &[
    "DryRun",
    "RouteTableId",
    "DestinationCidrBlock",
    "DestinationIpv6CidrBlock",
    "GatewayId",
    "NatGatewayId",
    "NetworkInterfaceId",
    "InstanceId",
];

impl Route {
    /// Returns a route to a target.
    pub(crate) fn to(destination: &str, target: &str) -> Route {
        Route { destination: destination.to_owned(), target: target.to_owned() }
    }

    /// An endpoint makes its own route and takes it away again.
    fn is_of_endpoint(&self) -> bool {
        self.target.starts_with("vpce-")
    }

    fn is_black_hole(&self, ec2: &Ec2) -> bool {
        if self.target.starts_with("nat-") {
            let gateway = ec2.nat_gateways.get(&self.target);
            return gateway
                .is_none_or(|g| matches!(g.state, NatGatewayState::Deleted | NatGatewayState::Failed { .. }));
        }
        self.target.starts_with("igw-")
            && ec2.internet_gateways.get(&self.target).is_none_or(|gateway| gateway.vpc_id.is_none())
    }
}

struct WithId<'a>(&'a str, &'a RouteTable);

impl Described for WithId<'_> {
    const FILTERS: &'static [&'static str] = &[
        "route-table-id",
        "vpc-id",
        "association.main",
        "association.subnet-id",
        "association.route-table-id",
        "association.route-table-association-id",
        "route.destination-cidr-block",
        "route.nat-gateway-id",
        "route.gateway-id",
    ];

    fn filter_values(&self, name: &str) -> Option<Vec<String>> {
        let table = self.1;
        let targets = |prefix: &str| {
            Some(table.routes.iter().filter(|r| r.target.starts_with(prefix)).map(|r| r.target.clone()).collect())
        };
        match name {
            "route-table-id" => Some(vec![self.0.to_owned()]),
            "vpc-id" => Some(vec![table.vpc_id.clone()]),
            "association.main" => Some(vec![table.is_main.to_string()]),
            "association.subnet-id" => Some(table.associations.values().cloned().collect()),
            "association.route-table-id" => Some(vec![self.0.to_owned()]),
            "association.route-table-association-id" => {
                Some(table.associations.keys().chain(&table.main_association_id).cloned().collect())
            }
            "route.destination-cidr-block" => Some(table.routes.iter().map(|r| r.destination.clone()).collect()),
            "route.nat-gateway-id" => targets("nat-"),
            "route.gateway-id" => targets("igw-"),
            _ => None,
        }
    }

    fn tags(&self) -> &Tags {
        &self.1.tags
    }
}

fn not_found(id: &str) -> ApiError {
    ApiError::new("InvalidRouteTableID.NotFound", format!("The routeTable ID '{id}' does not exist"))
}

impl Ec2 {
    /// Refuses an id that is malformed or unknown.
    pub(crate) fn route_table(&self, id: &str) -> Result<&RouteTable, ApiError> {
        check_form(id, "rtb", "InvalidRouteTableId.Malformed")?;
        self.route_tables.get(id).ok_or_else(|| not_found(id))
    }
}

/// Makes the table that comes with a VPC.
pub(crate) fn make_main(world: &mut World, vpc_id: &str) {
    let id = world.ids.ec2("rtb");
    let association = world.ids.ec2("rtbassoc");
    let table = RouteTable {
        vpc_id: vpc_id.to_owned(),
        is_main: true,
        main_association_id: Some(association),
        routes: vec![],
        associations: BTreeMap::new(),
        tags: Tags::new(),
    };
    world.ec2.route_tables.insert(id, table);
}

fn create(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let vpc_id = id(params, "VpcId", "vpc", "InvalidVpcID.Malformed")?;
    world.ec2.vpc(vpc_id)?;
    let tags = tagging::at_creation(params, "route-table")?;
    let table = RouteTable {
        vpc_id: vpc_id.to_owned(),
        is_main: false,
        main_association_id: None,
        routes: vec![],
        associations: BTreeMap::new(),
        tags,
    };
    let id = world.ids.ec2("rtb");
    world.ec2.route_tables.insert(id.clone(), table);
    Ok(answer(world, params, &id))
}

fn answer(world: &World, params: &Params, id: &str) -> Xml {
    Xml::new().inside("routeTable", show(world, id)).optional("clientToken", params.get("ClientToken"))
}

/// Answers a creation again that was done before.
pub(crate) fn created_again(world: &World, params: &Params, id: &str) -> Option<Xml> {
    world.ec2.route_tables.contains_key(id).then(|| answer(world, params, id))
}

fn delete(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let id = params.required("RouteTableId")?;
    let table = world.ec2.route_table(id)?;
    if table.is_main || !table.associations.is_empty() {
        let message = format!("The routeTable '{id}' has dependencies and cannot be deleted.");
        return Err(ApiError::new("DependencyViolation", message));
    }
    world.ec2.route_tables.remove(id);
    for endpoint in world.ec2.vpc_endpoints.values_mut() {
        endpoint.route_table_ids.remove(id);
    }
    Ok(Xml::returns_true())
}

fn describe(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let ids = params.list("RouteTableId");
    ids.iter().try_for_each(|id| check_form(id, "rtb", "InvalidRouteTableId.Malformed"))?;
    let found = select(&world.ec2.route_tables, &ids, params, WithId, not_found)?;
    let (found, next) = page(params, found, 5, 100)?;
    let rows: Vec<Xml> = found.iter().map(|(id, _)| show(world, id)).collect();
    Ok(Xml::new().set("routeTableSet", rows).optional("nextToken", next))
}

fn show(world: &World, id: &str) -> Xml {
    let Some(table) = world.ec2.route_tables.get(id) else { return Xml::new() };
    let local = world.ec2.vpcs.get(&table.vpc_id).map(|vpc| vpc.cidr_block.to_string());
    let local = local.map(|block| {
        Xml::new()
            .text("destinationCidrBlock", block)
            .text("gatewayId", "local")
            .text("state", "active")
            .text("origin", "CreateRouteTable")
    });
    let routes = local.into_iter().chain(table.routes.iter().map(|route| show_route(world, route)));
    let association = |association: &str, subnet: Option<&String>| {
        Xml::new()
            .text("routeTableAssociationId", association)
            .text("routeTableId", id)
            .optional("subnetId", subnet)
            .text("main", subnet.is_none())
            .inside("associationState", Xml::new().text("state", "associated"))
    };
    let main = table.main_association_id.iter().map(|id| association(id, None));
    let explicit = table.associations.iter().map(|(id, subnet)| association(id, Some(subnet)));
    Xml::new()
        .text("routeTableId", id)
        .text("vpcId", &table.vpc_id)
        .text("ownerId", &world.account)
        .set("routeSet", routes)
        .set("associationSet", main.chain(explicit))
        .set("propagatingVgwSet", [])
        .and(tag_set(&table.tags))
}

fn show_route(world: &World, route: &Route) -> Xml {
    let destination = match &route.destination {
        list if list.starts_with("pl-") => "destinationPrefixListId",
        block if block.contains(':') => "destinationIpv6CidrBlock",
        _ => "destinationCidrBlock",
    };
    let target = match route.target.split('-').next() {
        Some("nat") => "natGatewayId",
        Some("eni") => "networkInterfaceId",
        _ => "gatewayId",
    };
    let state = if route.is_black_hole(&world.ec2) { "blackhole" } else { "active" };
    Xml::new()
        .text(destination, &route.destination)
        .text(target, &route.target)
        .text("state", state)
        .text("origin", "CreateRoute")
}

/// Reads the destination; host bits are cleared.
fn destination(params: &Params) -> Result<String, ApiError> {
    let names = ["DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"];
    let given: Vec<(&str, &str)> = names.iter().filter_map(|name| Some((*name, params.get(name)?))).collect();
    let [(name, text)] = given[..] else {
        let message = "The request must contain exactly one of destinationCidrBlock, destinationIpv6CidrBlock";
        return Err(ApiError::new("MissingParameter", message));
    };
    if text.starts_with("pl-") {
        return Ok(text.to_owned());
    }
    let invalid = || {
        let message = format!("Value ({text}) for parameter {name} is invalid. This is not a valid CIDR block.");
        ApiError::new("InvalidParameterValue", message)
    };
    let block: IpNet = text.parse().map_err(|_| invalid())?;
    let is_of_family = matches!(block, IpNet::V6(_)) == (name == "DestinationIpv6CidrBlock");
    if is_of_family { Ok(block.trunc().to_string()) } else { Err(invalid()) }
}

fn target(world: &World, params: &Params, vpc_id: &str) -> Result<String, ApiError> {
    let names = ["GatewayId", "NatGatewayId", "NetworkInterfaceId", "InstanceId"];
    let given: Vec<(&str, &str)> = names.iter().filter_map(|name| Some((*name, params.get(name)?))).collect();
    let [(name, id)] = given[..] else {
        let message = "The request must contain exactly one of gatewayId, natGatewayId, networkInterfaceId";
        return Err(ApiError::new("MissingParameter", message));
    };
    let ec2 = &world.ec2;
    let unknown = |code: &str, what: &str| ApiError::new(code, format!("The {what} ID '{id}' does not exist"));
    match name {
        "GatewayId" => match ec2.internet_gateways.get(id) {
            Some(gateway) if gateway.vpc_id.as_deref() == Some(vpc_id) => Ok(id.to_owned()),
            Some(_) => {
                let message = format!("route table and network gateway {id} belong to different networks");
                Err(ApiError::new("InvalidParameterValue", message))
            }
            None => Err(unknown("InvalidGatewayID.NotFound", "gateway")),
        },
        "NatGatewayId" => match ec2.nat_gateways.get(id).filter(|g| g.state != NatGatewayState::Deleted) {
            Some(_) => Ok(id.to_owned()),
            None => Err(unknown("InvalidNatGatewayID.NotFound", "natGateway")),
        },
        "NetworkInterfaceId" if ec2.network_interfaces.contains_key(id) => Ok(id.to_owned()),
        "NetworkInterfaceId" => Err(unknown("InvalidNetworkInterfaceID.NotFound", "networkInterface")),
        _ => {
            let of_instance = ec2.network_interfaces.iter().find(|(_, i)| i.instance_id.as_deref() == Some(id));
            of_instance
                .map(|(interface, _)| interface.clone())
                .ok_or_else(|| unknown("InvalidInstanceID.NotFound", "instance"))
        }
    }
}

fn create_route(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let id = params.required("RouteTableId")?;
    let table = world.ec2.route_table(id)?;
    let destination = destination(params)?;
    let target = target(world, params, &table.vpc_id)?;
    let local = world.ec2.vpcs.get(&table.vpc_id).map(|vpc| vpc.cidr_block.to_string());
    if table.routes.iter().any(|route| route.destination == destination) || local.as_ref() == Some(&destination) {
        let message = format!("The route identified by {destination} already exists.");
        return Err(ApiError::new("RouteAlreadyExists", message));
    }
    if table.routes.len() >= ROUTES_MAX {
        return Err(ApiError::new("RouteLimitExceeded", "The maximum number of routes has been reached."));
    }
    if let Some(table) = world.ec2.route_tables.get_mut(id) {
        table.routes.push(Route { destination, target });
    }
    Ok(Xml::returns_true())
}

const ROUTES_MAX: usize = 50;

fn replace_route(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let id = params.required("RouteTableId")?;
    let table = world.ec2.route_table(id)?;
    let destination = destination(params)?;
    let target = target(world, params, &table.vpc_id)?;
    let Some(place) = table.routes.iter().position(|r| r.destination == destination && !r.is_of_endpoint()) else {
        let message = format!("There is no route defined for '{destination}' in the route table.");
        return Err(ApiError::new("InvalidParameterValue", message));
    };
    if let Some(table) = world.ec2.route_tables.get_mut(id) {
        table.routes[place].target = target;
    }
    Ok(Xml::returns_true())
}

fn delete_route(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let id = params.required("RouteTableId")?;
    let table = world.ec2.route_table(id)?;
    let destination = destination(params)?;
    if world.ec2.vpcs.get(&table.vpc_id).is_some_and(|vpc| vpc.cidr_block.to_string() == destination) {
        let message = format!("cannot remove local route {destination} in route table {id}");
        return Err(ApiError::new("InvalidParameterValue", message));
    }
    let Some(place) = table.routes.iter().position(|route| route.destination == destination) else {
        let message = format!("no route with destination-cidr-block {destination} in route table {id}");
        return Err(ApiError::new("InvalidRoute.NotFound", message));
    };
    if table.routes[place].is_of_endpoint() {
        let message = format!("cannot remove VPC endpoint route {destination} in route table {id}");
        return Err(ApiError::new("InvalidParameterValue", message));
    }
    if let Some(table) = world.ec2.route_tables.get_mut(id) {
        table.routes.remove(place);
    }
    Ok(Xml::returns_true())
}

fn associate(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let table_id = params.required("RouteTableId")?;
    let subnet_id = params.required("SubnetId")?;
    let table = world.ec2.route_table(table_id)?;
    let subnet = world.ec2.subnet(subnet_id)?;
    if table.vpc_id != subnet.vpc_id {
        let message = format!("Route table {table_id} and subnet {subnet_id} belong to different networks");
        return Err(ApiError::new("InvalidParameterValue", message));
    }
    let is_taken = |table: &RouteTable| table.associations.values().any(|other| other == subnet_id);
    if world.ec2.route_tables.values().any(is_taken) {
        let message =
            format!("the specified association for route table {table_id} conflicts with an existing association");
        return Err(ApiError::new("Resource.AlreadyAssociated", message));
    }
    let association = world.ids.ec2("rtbassoc");
    if let Some(table) = world.ec2.route_tables.get_mut(table_id) {
        table.associations.insert(association.clone(), subnet_id.to_owned());
    }
    Ok(associated(&association))
}

fn associated(association: &str) -> Xml {
    Xml::new().text("associationId", association).inside("associationState", Xml::new().text("state", "associated"))
}

fn unknown_association(association: &str) -> ApiError {
    ApiError::new("InvalidAssociationID.NotFound", format!("The association ID '{association}' does not exist"))
}

fn disassociate(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let association = params.required("AssociationId")?;
    if world.ec2.route_tables.values().any(|t| t.main_association_id.as_deref() == Some(association)) {
        let message = format!("cannot disassociate the main route table association {association}");
        return Err(ApiError::new("InvalidParameterValue", message));
    }
    let table = world.ec2.route_tables.values_mut().find(|table| table.associations.contains_key(association));
    let table = table.ok_or_else(|| unknown_association(association))?;
    table.associations.remove(association);
    Ok(Xml::returns_true())
}

fn replace_association(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let association = params.required("AssociationId")?;
    let table_id = params.required("RouteTableId")?;
    let vpc_id = world.ec2.route_table(table_id)?.vpc_id.clone();
    let old = world.ec2.route_tables.values_mut().find(|table| table.associations.contains_key(association));
    let old = old.ok_or_else(|| unknown_association(association))?;
    if old.vpc_id != vpc_id {
        let message = format!("Route table {table_id} belongs to a different network");
        return Err(ApiError::new("InvalidParameterValue", message));
    }
    let subnet = old.associations.remove(association).unwrap_or_default();
    let new = world.ids.ec2("rtbassoc");
    if let Some(table) = world.ec2.route_tables.get_mut(table_id) {
        table.associations.insert(new.clone(), subnet);
    }
    Ok(Xml::new().text("newAssociationId", &new).inside("associationState", Xml::new().text("state", "associated")))
}
