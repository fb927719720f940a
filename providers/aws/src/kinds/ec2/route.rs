//! `ec2.route`: one entry of a route table. It has no id and no tags; the table and the destination name it.

use aws_sdk_ec2::types::{Route as Ec2Route, RouteOrigin};
use landfall_aws_blueprint::addresses;
use landfall_engine::attribute::Claim;
use landfall_engine::kind::{DiesWith, Field, Schema};
use landfall_engine::provider::{Ask, CallError, CallFailure};
use landfall_engine::resource::Literals;
use serde::{Deserialize, Serialize};

use crate::classify::{failure, not_yet_visible};
use crate::cloud::Cloud;
use crate::kinds::{AddressIndex, DELETED, Pending, ResourceKind, Seen, SendResult, Sweep, alone, created, updated};
use crate::operation::{Calls, Operation, Sent, arn};
use crate::shape::{read_shape, shape_of};

const CREATE_ROUTE: Operation = Operation::new("ec2:CreateRoute").on(&[arn::ROUTE_TABLE]).by_resource_tag();
const DELETE_ROUTE: Operation = Operation::new("ec2:DeleteRoute").on(&[arn::ROUTE_TABLE]).by_resource_tag();
const REPLACE_ROUTE: Operation = Operation::new("ec2:ReplaceRoute").on(&[arn::ROUTE_TABLE]).by_resource_tag();

const SCHEMA: Schema = {
    let mut schema = Schema::new(
        "ec2.route",
        &[Field::new("route_table_id").immutable(), Field::new("destination").immutable(), Field::new("target")],
    );
    // A table's deletion deletes its routes, but a NAT gateway or an internet gateway must not wait for the table.
    schema.dies_with = Some(DiesWith { container: "route_table_id", unless_refers: &["target"] });
    schema
};

/// A route that is in the way, somebody's or our own of a run that broke off, is replaced.
const CALLS: Calls =
    Calls::new(Sent::always(&[&CREATE_ROUTE]).sometimes(&[&REPLACE_ROUTE]), Sent::always(&[&DELETE_ROUTE]))
        .update(&[("target", Sent::always(&[&REPLACE_ROUTE]))]);

/// The kind.
pub(crate) struct Route;

#[derive(Debug, Serialize, Deserialize)]
struct Shape {
    route_table_id: String,
    /// A block of either family, or a prefix list.
    destination: String,
    /// The id of whatever the traffic goes to.
    target: String,
}

impl ResourceKind for Route {
    fn schema(&self) -> Schema {
        SCHEMA
    }

    fn calls(&self) -> Calls {
        CALLS
    }

    fn sweep(&self) -> Sweep {
        Sweep::With("ec2.route_table")
    }

    fn claim(&self, seen: &Seen, addresses: &AddressIndex<'_>) -> Claim {
        let Ok(shape) = read_shape::<Shape>(&seen.resource.properties) else { return Claim::Nothing };
        match addresses.name_of(&shape.route_table_id) {
            Some(table) => Claim::Address(addresses::route(table, &shape.destination)),
            None => Claim::Nothing,
        }
    }

    fn send<'a>(&'a self, cloud: &'a Cloud, _token: &'a str, asks: &'a [Ask]) -> Pending<'a, Vec<SendResult>> {
        alone(asks, move |ask| async move {
            match ask {
                Ask::Create { properties } => create(cloud, &shape_of(properties, &CREATE_ROUTE)?).await,
                Ask::Update { properties, .. } => replace(cloud, &shape_of(properties, &REPLACE_ROUTE)?).await,
                Ask::Delete { properties, .. } => delete(cloud, &shape_of(properties, &DELETE_ROUTE)?).await,
            }
        })
    }
}

async fn create(cloud: &Cloud, wanted: &Shape) -> SendResult {
    let (destination, target) = (Destination::of(&wanted.destination), Target::of(&wanted.target));
    let call = cloud
        .ec2
        .create_route()
        .route_table_id(&wanted.route_table_id)
        .set_destination_cidr_block(destination.ipv4)
        .set_destination_ipv6_cidr_block(destination.ipv6)
        .set_destination_prefix_list_id(destination.prefix_list)
        .set_nat_gateway_id(target.nat_gateway)
        .set_gateway_id(target.gateway);
    match call.customize().config_override(cloud.ec2_once()).send().await {
        Ok(_) => Ok(created(id(wanted), Literals::new())),
        // Somebody else's route to the same destination, or our own of a run that broke off before it was recorded.
        Err(error) if aws_sdk_ec2::error::ProvideErrorMetadata::code(&error) == Some("RouteAlreadyExists") => {
            replace(cloud, wanted).await?;
            Ok(created(id(wanted), Literals::new()))
        }
        Err(error) => Err(not_yet_visible(failure(&CREATE_ROUTE, error))),
    }
}

async fn replace(cloud: &Cloud, wanted: &Shape) -> SendResult {
    let (destination, target) = (Destination::of(&wanted.destination), Target::of(&wanted.target));
    let call = cloud
        .ec2
        .replace_route()
        .route_table_id(&wanted.route_table_id)
        .set_destination_cidr_block(destination.ipv4)
        .set_destination_ipv6_cidr_block(destination.ipv6)
        .set_destination_prefix_list_id(destination.prefix_list)
        .set_nat_gateway_id(target.nat_gateway)
        .set_gateway_id(target.gateway);
    call.send().await.map_err(|e| not_yet_visible(failure(&REPLACE_ROUTE, e)))?;
    Ok(updated())
}

async fn delete(cloud: &Cloud, existing: &Shape) -> SendResult {
    let destination = Destination::of(&existing.destination);
    let call = cloud
        .ec2
        .delete_route()
        .route_table_id(&existing.route_table_id)
        .set_destination_cidr_block(destination.ipv4)
        .set_destination_ipv6_cidr_block(destination.ipv6)
        .set_destination_prefix_list_id(destination.prefix_list);
    call.send().await.map_err(|e| gone_with_its_table(failure(&DELETE_ROUTE, e)))?;
    Ok(DELETED)
}

fn gone_with_its_table(mut failure: CallFailure) -> CallFailure {
    if failure.code.as_deref().is_some_and(|code| code.starts_with("InvalidRouteTable")) {
        failure.class = CallError::Gone;
    }
    failure
}

/// The parameters of a route's destination, of which a call is given one.
#[derive(Default)]
struct Destination {
    ipv4: Option<String>,
    ipv6: Option<String>,
    prefix_list: Option<String>,
}

impl Destination {
    fn of(text: &str) -> Destination {
        let (given, none) = (Some(text.to_owned()), Destination::default());
        match text {
            _ if text.starts_with("pl-") => Destination { prefix_list: given, ..none },
            _ if text.contains(':') => Destination { ipv6: given, ..none },
            _ => Destination { ipv4: given, ..none },
        }
    }
}

/// The parameters of a route's target, of which a call is given one.
struct Target {
    nat_gateway: Option<String>,
    gateway: Option<String>,
}

impl Target {
    fn of(id: &str) -> Target {
        let given = Some(id.to_owned());
        match id.starts_with("nat-") {
            true => Target { nat_gateway: given, gateway: None },
            false => Target { nat_gateway: None, gateway: given },
        }
    }
}

fn id(shape: &Shape) -> String {
    format!("{}/{}", shape.route_table_id, shape.destination)
}

/// Returns a route as its table's description shows it; `None` for those that come with the table: the local one, and
/// those that a gateway endpoint adds and takes away by itself.
pub(super) fn seen(table: &str, route: &Ec2Route) -> Option<Seen> {
    if route.origin() == Some(&RouteOrigin::CreateRouteTable) || route.gateway_id() == Some("local") {
        return None;
    }
    if route.gateway_id().is_some_and(|gateway| gateway.starts_with("vpce-")) {
        return None;
    }
    let destination =
        route.destination_cidr_block().or(route.destination_ipv6_cidr_block()).or(route.destination_prefix_list_id())?;
    let target = [
        route.nat_gateway_id(),
        route.gateway_id(),
        route.transit_gateway_id(),
        route.vpc_peering_connection_id(),
        route.network_interface_id(),
        route.instance_id(),
        route.egress_only_internet_gateway_id(),
        route.local_gateway_id(),
        route.carrier_gateway_id(),
    ];
    let shape = Shape {
        route_table_id: table.to_owned(),
        destination: destination.to_owned(),
        target: target.into_iter().flatten().next().unwrap_or("unknown").to_owned(),
    };
    Some(Seen::new(SCHEMA.kind, id(&shape), &shape))
}
