//! Gateway endpoints, and the routes that they make.
//!
//! Sources: EC2 API reference (CreateVpcEndpoint, ModifyVpcEndpoint, DeleteVpcEndpoints), PrivateLink guide "Gateway
//! endpoints".

use std::collections::{BTreeMap, BTreeSet};

use super::query::{Described, Filters, check_form, id, page, select, tag_set};
use super::tagging;
use crate::services::action::Action;
use crate::wire::error::ApiError;
use crate::wire::params::{Params, invalid_value};
use crate::wire::xml::Xml;
use crate::world::ec2::network::{Route, VpcEndpoint};
use crate::world::{Tags, World};

/// The actions on endpoints.
pub(crate) const ACTIONS: &[Action] = &[
    Action {
        name: "CreateVpcEndpoint",
        parameters: &[
            "DryRun",
            "VpcId",
            "VpcEndpointType",
            "ServiceName",
            "RouteTableId.N",
            "PrivateDnsEnabled",
            "ClientToken",
            "TagSpecification.N.ResourceType",
            "TagSpecification.N.Tag.N.Key",
            "TagSpecification.N.Tag.N.Value",
        ],
        run: create,
    },
    Action {
        name: "ModifyVpcEndpoint",
        parameters: &["DryRun", "VpcEndpointId", "AddRouteTableId.N", "RemoveRouteTableId.N"],
        run: modify,
    },
    Action { name: "DeleteVpcEndpoints", parameters: &["DryRun", "VpcEndpointId.N"], run: delete },
    Action {
        name: "DescribeVpcEndpoints",
        parameters: &["DryRun", "VpcEndpointId.N", "Filter.N.Name", "Filter.N.Value.N", "MaxResults", "NextToken"],
        run: describe,
    },
    Action {
        name: "DescribePrefixLists",
        parameters: &["DryRun", "PrefixListId.N", "Filter.N.Name", "Filter.N.Value.N", "MaxResults", "NextToken"],
        run: describe_prefix_lists,
    },
    Action {
        name: "DescribeVpcEndpointServices",
        parameters: &["DryRun", "ServiceName.N", "Filter.N.Name", "Filter.N.Value.N", "MaxResults", "NextToken"],
        run: describe_services,
    },
];

struct WithId<'a>(&'a str, &'a VpcEndpoint);

impl Described for WithId<'_> {
    const FILTERS: &'static [&'static str] =
        &["vpc-endpoint-id", "vpc-id", "service-name", "vpc-endpoint-state", "vpc-endpoint-type"];

    fn filter_values(&self, name: &str) -> Option<Vec<String>> {
        let value = match name {
            "vpc-endpoint-id" => self.0,
            "vpc-id" => &self.1.vpc_id,
            "service-name" => &self.1.service_name,
            "vpc-endpoint-state" => self.1.state(),
            "vpc-endpoint-type" => "Gateway",
            _ => return None,
        };
        Some(vec![value.to_owned()])
    }

    fn tags(&self) -> &Tags {
        &self.1.tags
    }
}

impl VpcEndpoint {
    fn state(&self) -> &'static str {
        if self.gone_at.is_some() { "deleting" } else { "available" }
    }
}

/// The services that have gateway endpoints, and their prefix lists.
const SERVICES: [(&str, &str); 2] = [("s3", "pl-63a5400a"), ("dynamodb", "pl-02cd2c6b")];

fn prefix_list(service_name: &str) -> Option<&'static str> {
    let short = service_name.rsplit('.').next()?;
    SERVICES.iter().find(|(name, _)| *name == short).map(|(_, list)| *list)
}

fn not_found(id: &str) -> ApiError {
    ApiError::new("InvalidVpcEndpointId.NotFound", format!("The Vpc Endpoint Id '{id}' does not exist"))
}

fn create(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let vpc_id = id(params, "VpcId", "vpc", "InvalidVpcID.Malformed")?.to_owned();
    world.ec2.vpc(&vpc_id)?;
    if let Some(other) = params.get("VpcEndpointType").filter(|kind| *kind != "Gateway") {
        return Err(invalid_value("VpcEndpointType", other));
    }
    if params.flag("PrivateDnsEnabled")? == Some(true) {
        return Err(ApiError::new("InvalidParameter", "Private DNS can only be enabled for interface endpoints."));
    }
    let service_name = params.required("ServiceName")?.to_owned();
    let is_of_region = service_name.starts_with(&format!("com.amazonaws.{}.", world.region));
    let Some(list) = prefix_list(&service_name).filter(|_| is_of_region) else {
        let message = format!("The Vpc Endpoint Service '{service_name}' does not exist");
        return Err(ApiError::new("InvalidServiceName", message));
    };
    let tables: BTreeSet<String> = params.list("RouteTableId").into_iter().map(str::to_owned).collect();
    tables.iter().try_for_each(|table| check_table(world, table, &vpc_id, list))?;
    let tags = tagging::at_creation(params, "vpc-endpoint")?;
    let id = world.ids.ec2("vpce");
    tables.iter().for_each(|table| add_route(world, table, list, &id));
    let created_at = world.now;
    let endpoint = VpcEndpoint { vpc_id, service_name, route_table_ids: tables, gone_at: None, created_at, tags };
    world.ec2.vpc_endpoints.insert(id.clone(), endpoint);
    Ok(answer(world, params, &id))
}

fn answer(world: &World, params: &Params, id: &str) -> Xml {
    Xml::new().inside("vpcEndpoint", show(world, id)).optional("clientToken", params.get("ClientToken"))
}

/// Answers a creation again that was done before.
pub(crate) fn created_again(world: &World, params: &Params, id: &str) -> Option<Xml> {
    world.ec2.vpc_endpoints.contains_key(id).then(|| answer(world, params, id))
}

fn check_table(world: &World, table_id: &str, vpc_id: &str, list: &str) -> Result<(), ApiError> {
    let table = world.ec2.route_table(table_id)?;
    if table.vpc_id != vpc_id {
        let message = format!("Route table {table_id} does not belong to {vpc_id}");
        return Err(ApiError::new("InvalidParameter", message));
    }
    if table.routes.iter().any(|route| route.destination == list) {
        let message = format!("route table {table_id} already has a route with destination-prefix-list-id {list}");
        return Err(ApiError::new("RouteAlreadyExists", message));
    }
    Ok(())
}

fn add_route(world: &mut World, table: &str, list: &str, endpoint: &str) {
    if let Some(table) = world.ec2.route_tables.get_mut(table) {
        table.routes.push(Route::to(list, endpoint));
    }
}

fn modify(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let id = params.required("VpcEndpointId")?;
    check_form(id, "vpce", "InvalidVpcEndpointId.Malformed")?;
    let endpoint =
        world.ec2.vpc_endpoints.get(id).filter(|e| e.gone_at.is_none()).ok_or_else(|| not_found(id))?.clone();
    let list = prefix_list(&endpoint.service_name).unwrap_or_default();
    let added: Vec<String> = params.list("AddRouteTableId").into_iter().map(str::to_owned).collect();
    let removed: Vec<String> = params.list("RemoveRouteTableId").into_iter().map(str::to_owned).collect();
    let new = added.iter().filter(|table| !endpoint.route_table_ids.contains(*table));
    new.clone().try_for_each(|table| check_table(world, table, &endpoint.vpc_id, list))?;
    removed.iter().try_for_each(|table| world.ec2.route_table(table).map(drop))?;
    let new: Vec<String> = new.cloned().collect();
    new.iter().for_each(|table| add_route(world, table, list, id));
    for table in &removed {
        if let Some(table) = world.ec2.route_tables.get_mut(table) {
            table.routes.retain(|route| route.target != id);
        }
    }
    if let Some(endpoint) = world.ec2.vpc_endpoints.get_mut(id) {
        endpoint.route_table_ids.extend(new);
        endpoint.route_table_ids.retain(|table| !removed.contains(table));
    }
    Ok(Xml::returns_true())
}

/// Answers 200 whatever happens; what could not be deleted is in the list.
fn delete(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let until = world.now + world.delays.endpoint_delete;
    let mut failed = Vec::new();
    for id in params.list("VpcEndpointId") {
        match world.ec2.vpc_endpoints.get_mut(id) {
            Some(endpoint) => {
                endpoint.gone_at.get_or_insert(until);
            }
            None => {
                let message = format!("The Vpc Endpoint Id '{id}' does not exist");
                let error = Xml::new().text("code", "InvalidVpcEndpoint.NotFound").text("message", message);
                failed.push(Xml::new().text("resourceId", id).inside("error", error));
            }
        }
    }
    advance(world);
    Ok(Xml::new().set("unsuccessful", failed))
}

/// Lets endpoints go, and their routes with them.
pub(crate) fn advance(world: &mut World) {
    let now = world.now;
    let gone: Vec<String> = world
        .ec2
        .vpc_endpoints
        .iter()
        .filter(|(_, endpoint)| endpoint.gone_at.is_some_and(|at| at <= now))
        .map(|(id, _)| id.clone())
        .collect();
    for id in gone {
        world.ec2.vpc_endpoints.remove(&id);
        for table in world.ec2.route_tables.values_mut() {
            table.routes.retain(|route| route.target != id);
        }
    }
}

fn describe(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let ids = params.list("VpcEndpointId");
    ids.iter().try_for_each(|id| check_form(id, "vpce", "InvalidVpcEndpointId.Malformed"))?;
    let found = select(&world.ec2.vpc_endpoints, &ids, params, WithId, not_found)?;
    let (found, next) = page(params, found, 1, 1000)?;
    let rows: Vec<Xml> = found.iter().map(|(id, _)| show(world, id)).collect();
    Ok(Xml::new().set("vpcEndpointSet", rows).optional("nextToken", next))
}

const FULL_ACCESS: &str =
    r#"{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;

fn show(world: &World, id: &str) -> Xml {
    let Some(endpoint) = world.ec2.vpc_endpoints.get(id) else { return Xml::new() };
    Xml::new()
        .text("vpcEndpointId", id)
        .text("vpcEndpointType", "Gateway")
        .text("vpcId", &endpoint.vpc_id)
        .text("serviceName", &endpoint.service_name)
        .text("state", endpoint.state())
        .text("policyDocument", FULL_ACCESS)
        .texts("routeTableIdSet", "item", &endpoint.route_table_ids)
        .set("subnetIdSet", [])
        .set("groupSet", [])
        .set("networkInterfaceIdSet", [])
        .set("dnsEntrySet", [])
        .text("privateDnsEnabled", false)
        .text("requesterManaged", false)
        .text("creationTimestamp", crate::world::iso(endpoint.created_at))
        .text("ownerId", &world.account)
        .and(tag_set(&endpoint.tags))
}

struct PrefixList {
    id: &'static str,
    name: String,
}

impl Described for PrefixList {
    const FILTERS: &'static [&'static str] = &["prefix-list-id", "prefix-list-name"];

    fn filter_values(&self, name: &str) -> Option<Vec<String>> {
        match name {
            "prefix-list-id" => Some(vec![self.id.to_owned()]),
            "prefix-list-name" => Some(vec![self.name.clone()]),
            _ => None,
        }
    }
}

fn describe_prefix_lists(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let region = &world.region;
    let lists: BTreeMap<String, PrefixList> = SERVICES
        .iter()
        .map(|(service, id)| {
            let name = format!("com.amazonaws.{region}.{service}");
            ((*id).to_owned(), PrefixList { id, name })
        })
        .collect();
    let missing =
        |id: &str| ApiError::new("InvalidPrefixListId.NotFound", format!("The prefix list ID '{id}' does not exist"));
    let found = select(&lists, &params.list("PrefixListId"), params, |_, list| list, missing)?;
    let (found, next) = page(params, found, 1, 1000)?;
    let rows: Vec<Xml> = found
        .iter()
        .map(|(id, list)| {
            Xml::new().text("prefixListId", id).text("prefixListName", &list.name).texts(
                "cidrSet",
                "item",
                ["52.216.0.0/15"],
            )
        })
        .collect();
    Ok(Xml::new().set("prefixListSet", rows).optional("nextToken", next))
}

/// A service that has gateway endpoints, by its name.
struct EndpointService<'a>(&'a str);

impl Described for EndpointService<'_> {
    const FILTERS: &'static [&'static str] = &["service-name", "service-type", "owner"];

    fn filter_values(&self, name: &str) -> Option<Vec<String>> {
        let value = match name {
            "service-name" => self.0,
            "service-type" => "Gateway",
            "owner" => "amazon",
            _ => return None,
        };
        Some(vec![value.to_owned()])
    }
}

fn describe_services(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let region = &world.region;
    let asked = params.list("ServiceName");
    let names: Vec<String> = SERVICES.iter().map(|(service, _)| format!("com.amazonaws.{region}.{service}")).collect();
    if let Some(unknown) = asked.iter().find(|name| !names.iter().any(|known| known == **name)) {
        let message = format!("The Vpc Endpoint Service '{unknown}' does not exist");
        return Err(ApiError::new("InvalidServiceName", message));
    }
    let filters = Filters::of(params)?;
    let mut shown: Vec<&String> = Vec::new();
    for name in names.iter().filter(|name| asked.is_empty() || asked.contains(&name.as_str())) {
        if filters.select(&EndpointService(name))? {
            shown.push(name);
        }
    }
    let details = shown.iter().map(|name| {
        Xml::new()
            .text("serviceName", name)
            .set("serviceType", [Xml::new().text("serviceType", "Gateway")])
            .texts("availabilityZoneSet", "item", super::zone::names(region))
            .text("owner", "amazon")
            .text("vpcEndpointPolicySupported", true)
            .text("acceptanceRequired", false)
            .text("managesVpcEndpoints", false)
    });
    Ok(Xml::new().texts("serviceNameSet", "item", &shown).set("serviceDetailSet", details))
}
