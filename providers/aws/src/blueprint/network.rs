//! `network/…`: VPC, gateways, subnets, route tables, S3 endpoint.

use landfall_engine::address::Address;
use landfall_engine::kind::Kind;
use landfall_engine::resource::{Reference, Resource, Value};
use landfall_engine::snapshot::Declared;
use landfall_engine::stack::{Nat, Stack, WorkerPlacement};

use super::labels::Labels;
use super::placement::{subnets_of, zones};
use crate::kinds::address as of;
use crate::survey::Facts;

const EVERYWHERE: &str = "0.0.0.0/0";

/// Returns the address of the network.
pub(super) fn vpc() -> Address {
    Address::of(["network", "vpc"])
}

/// Returns the address of a subnet; `side` is `public` or `private`.
pub(super) fn subnet(side: &str, zone: &str) -> Address {
    Address::of(["network", "subnet", side, zone])
}

/// Returns what an instance in the subnet must wait for to reach the internet.
pub(super) fn way_out(stack: &Stack, side: &str, zone: &str) -> [Address; 2] {
    let table = if side == "private" { private_table(stack, zone) } else { "public".to_owned() };
    [of::route(&table, EVERYWHERE), of::route_table_association(&subnet(side, zone))]
}

/// Returns the address of the gateway's attachment: nothing with a public address may outlive it.
pub(super) fn attachment() -> Address {
    of::internet_gateway_attachment()
}

fn table(name: &str) -> Address {
    Address::of(["network", "route-table", name])
}

fn nat_gateway(zone: &str) -> Address {
    Address::of(["network", "nat-gateway", zone])
}

/// The private route table of a zone: one for each NAT gateway.
fn private_table(stack: &Stack, zone: &str) -> String {
    match stack.network.nat {
        Nat::Single => "private".to_owned(),
        Nat::PerZone => format!("private-{zone}"),
    }
}

pub(super) fn declare(stack: &Stack, facts: &Facts, labels: &Labels<'_>, declared: &mut Declared) {
    let zones = zones(stack, facts);
    declare_vpc(stack, labels, declared);
    declare_internet_gateway(labels, declared);
    let mut tables = vec![declare_table("public", labels, declared)];
    declare_route("public", Reference::id(&internet_gateway()), &[attachment()], declared);
    for zone in &zones {
        declare_subnet("public", zone, stack, facts, labels, declared);
        declare_association("public", zone, &table("public"), declared);
    }
    if stack.network.workers == WorkerPlacement::Private {
        tables.extend(declare_private_tables(stack, facts, &zones, labels, declared));
        for zone in &zones {
            declare_subnet("private", zone, stack, facts, labels, declared);
            declare_association("private", zone, &table(&private_table(stack, zone)), declared);
        }
    }
    if stack.network.s3_endpoint {
        let address = Address::of(["network", "vpc-endpoint", "s3"]);
        let tables = tables.iter().map(|table| Reference::id(table).into()).collect();
        declared.add(
            Resource::new(address.clone(), Kind::new("ec2.vpc_endpoint"))
                .with("vpc_id", Reference::id(&vpc()))
                .with("service_name", format!("com.amazonaws.{}.s3", stack.region))
                .with("route_table_ids", Value::List(tables))
                .with("tags", labels.tags(&address, "s3")),
        );
    }
}

fn declare_vpc(stack: &Stack, labels: &Labels<'_>, declared: &mut Declared) {
    declared.add(
        Resource::new(vpc(), Kind::new("ec2.vpc"))
            .with("cidr_block", stack.network.cidr.to_string())
            .with("enable_dns_support", true)
            .with("enable_dns_hostnames", true)
            .with("tags", labels.tags(&vpc(), "")),
    );
}

fn internet_gateway() -> Address {
    Address::of(["network", "internet-gateway"])
}

fn declare_internet_gateway(labels: &Labels<'_>, declared: &mut Declared) {
    let gateway = internet_gateway();
    declared
        .add(Resource::new(gateway.clone(), Kind::new("ec2.internet_gateway")).with("tags", labels.tags(&gateway, "")));
    declared.add(
        Resource::new(attachment(), Kind::new("ec2.internet_gateway_attachment"))
            .with("internet_gateway_id", Reference::id(&gateway))
            .with("vpc_id", Reference::id(&vpc())),
    );
}

fn declare_table(name: &str, labels: &Labels<'_>, declared: &mut Declared) -> Address {
    let address = table(name);
    declared.add(
        Resource::new(address.clone(), Kind::new("ec2.route_table"))
            .with("vpc_id", Reference::id(&vpc()))
            .with("tags", labels.tags(&address, name)),
    );
    address
}

fn declare_route(name: &str, target: Reference, needs: &[Address], declared: &mut Declared) {
    let route = Resource::new(of::route(name, EVERYWHERE), Kind::new("ec2.route"))
        .with("route_table_id", Reference::id(&table(name)))
        .with("destination", EVERYWHERE)
        .with("target", target);
    declared.add(needs.iter().fold(route, |route, needed| route.depending_on(needed.clone())));
}

fn declare_subnet(side: &str, zone: &str, stack: &Stack, facts: &Facts, labels: &Labels<'_>, declared: &mut Declared) {
    // A zone without a block was reported as a network that is too small.
    let Some((public, private)) = subnets_of(stack, facts, zone) else { return };
    let block = if side == "public" { public } else { private };
    let address = subnet(side, zone);
    declared.add(
        Resource::new(address.clone(), Kind::new("ec2.subnet"))
            .with("vpc_id", Reference::id(&vpc()))
            .with("availability_zone", zone)
            .with("cidr_block", block.to_string())
            .with("tags", labels.tags(&address, &format!("{side}-{zone}"))),
    );
}

fn declare_association(side: &str, zone: &str, table: &Address, declared: &mut Declared) {
    let subnet = subnet(side, zone);
    declared.add(
        Resource::new(of::route_table_association(&subnet), Kind::new("ec2.route_table_association"))
            .with("subnet_id", Reference::id(&subnet))
            .with("route_table_id", Reference::id(table)),
    );
}

/// A NAT gateway costs money whether it is used or not, so there is none while no cluster is declared; the tables stay.
fn declare_private_tables(
    stack: &Stack,
    facts: &Facts,
    zones: &[String],
    labels: &Labels<'_>,
    declared: &mut Declared,
) -> Vec<Address> {
    let places: Vec<String> = match stack.network.nat {
        Nat::Single => facts.placement.nat.iter().cloned().collect(),
        Nat::PerZone => zones.to_vec(),
    };
    let mut tables = Vec::new();
    for zone in &places {
        let name = private_table(stack, zone);
        tables.push(declare_table(&name, labels, declared));
        if !stack.clusters.is_empty() {
            declare_nat_gateway(zone, labels, declared);
            declare_route(&name, Reference::id(&nat_gateway(zone)), &[], declared);
        }
    }
    tables
}

fn declare_nat_gateway(zone: &str, labels: &Labels<'_>, declared: &mut Declared) {
    let elastic_ip = Address::of(["network", "elastic-ip", zone]);
    declared.add(
        Resource::new(elastic_ip.clone(), Kind::new("ec2.elastic_ip"))
            .with("tags", labels.tags(&elastic_ip, &format!("nat-{zone}"))),
    );
    let gateway = nat_gateway(zone);
    let public = subnet("public", zone);
    declared.add(
        Resource::new(gateway.clone(), Kind::new("ec2.nat_gateway"))
            .with("subnet_id", Reference::id(&public))
            .with("allocation_id", Reference::id(&elastic_ip))
            .with("tags", labels.tags(&gateway, zone))
            // Without a gateway on the network it fails to come up, and while it lives that one cannot be detached.
            .depending_on(attachment()),
    );
}
