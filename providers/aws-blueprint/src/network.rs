//! `network/…`: VPC, gateways, subnets, route tables, S3 endpoint; or nothing, where the network exists already.

use crate::stack::{ExistingNetwork, MadeNetwork, Nat, Network, Stack, WorkerPlacement};
use landfall_engine::address::Address;
use landfall_engine::kind::Kind;
use landfall_engine::resource::{Reference, Value};
use landfall_engine::snapshot::Declared;

use crate::addresses::{self as of, nat_gateway, subnet};
use crate::facts::{Facts, zones};
use crate::labels::Labels;
use crate::subnet_layout::{Side, SubnetLayout};

const EVERYWHERE: &str = "0.0.0.0/0";

fn vpc() -> Address {
    Address::of(["network", "vpc"])
}

/// Returns the id of the VPC, as far as it is known.
pub(crate) fn vpc_id(stack: &Stack) -> Value {
    match &stack.network {
        Network::Made(_) => Reference::id(&vpc()).into(),
        Network::Existing(network) => network.vpc.as_str().into(),
    }
}

/// Where instances stand, and what they need of the network.
pub(crate) struct Site {
    /// The id of the subnet.
    pub(crate) subnet_id: Value,
    /// Whether they get public addresses.
    pub(crate) is_public: bool,
    /// What must outlive them.
    pub(crate) depends_on: Option<Address>,
    /// What they must wait for to reach the internet.
    pub(crate) starts_after: Vec<Address>,
}

/// Returns where the scheduler and the workers of a cluster in this zone stand. `None` if no subnet is in the zone, which
/// was reported.
pub(crate) fn sites(stack: &Stack, facts: &Facts, zone: &str) -> Option<[Site; 2]> {
    match &stack.network {
        Network::Made(network) => {
            let side = match network.workers {
                WorkerPlacement::Private => Side::Private,
                WorkerPlacement::Public => Side::Public,
            };
            Some([Side::Public, side].map(|side| made_site(network, side, zone)))
        }
        Network::Existing(network) => existing_sites(network, facts, zone),
    }
}

fn made_site(network: &MadeNetwork, side: Side, zone: &str) -> Site {
    let subnet = subnet(side, zone);
    let table = match side {
        Side::Public => "public".to_owned(),
        Side::Private => private_table(network, zone),
    };
    Site {
        subnet_id: Reference::id(&subnet).into(),
        is_public: side == Side::Public,
        // Nothing with a public address may outlive the gateway's attachment.
        depends_on: (side == Side::Public).then(attachment),
        starts_after: vec![of::route(&table, EVERYWHERE), of::route_table_association(&subnet)],
    }
}

/// The first subnet of the zone; for the scheduler the first that gives public addresses, if there is one: people want
/// to reach it.
fn existing_sites(network: &ExistingNetwork, facts: &Facts, zone: &str) -> Option<[Site; 2]> {
    let known = |id: &String| facts.network.subnets.get(id).map(|subnet| (id.clone(), subnet));
    let in_zone: Vec<_> = network.subnets.iter().filter_map(known).filter(|(_, subnet)| subnet.zone == zone).collect();
    let first = in_zone.first()?;
    let for_scheduler = in_zone.iter().find(|(_, subnet)| subnet.is_public).unwrap_or(first);
    Some([for_scheduler, first].map(|(id, subnet)| Site {
        subnet_id: id.as_str().into(),
        is_public: subnet.is_public,
        depends_on: None,
        starts_after: vec![],
    }))
}

fn attachment() -> Address {
    of::internet_gateway_attachment()
}

fn table(name: &str) -> Address {
    Address::of(["network", "route-table", name])
}

/// The private route table of a zone: one for each NAT gateway.
fn private_table(network: &MadeNetwork, zone: &str) -> String {
    match network.nat {
        Nat::Single => "private".to_owned(),
        Nat::PerZone => format!("private-{zone}"),
    }
}

pub(crate) fn declare(stack: &Stack, facts: &Facts, labels: &Labels<'_>, declared: &mut Declared) {
    let Network::Made(network) = &stack.network else { return };
    let zones = zones(stack, facts);
    // A network that is too small was reported.
    let Ok(layout) = SubnetLayout::for_zones(network.cidr, zones.len()) else { return };
    declare_vpc(network, labels, declared);
    declare_internet_gateway(labels, declared);
    let mut tables = vec![declare_table("public", labels, declared)];
    declare_route("public", Reference::id(&internet_gateway()), &[attachment()], labels, declared);
    for zone in &zones {
        declare_subnet(Side::Public, zone, layout, facts, labels, declared);
        declare_association(Side::Public, zone, &table("public"), labels, declared);
    }
    if network.workers == WorkerPlacement::Private {
        tables.extend(declare_private_tables(stack, network, facts, &zones, labels, declared));
        for zone in &zones {
            declare_subnet(Side::Private, zone, layout, facts, labels, declared);
            declare_association(Side::Private, zone, &table(&private_table(network, zone)), labels, declared);
        }
    }
    if network.s3_endpoint {
        let address = Address::of(["network", "vpc-endpoint", "s3"]);
        let tables = tables.iter().map(|table| Reference::id(table).into()).collect();
        declared.add(
            labels
                .regional(address.clone(), Kind::new("ec2.vpc_endpoint"))
                .with("vpc_id", Reference::id(&vpc()))
                .with("service_name", format!("com.amazonaws.{}.s3", stack.region))
                .with("route_table_ids", Value::List(tables))
                .with("tags", labels.tags(&address, "s3")),
        );
    }
}

fn declare_vpc(network: &MadeNetwork, labels: &Labels<'_>, declared: &mut Declared) {
    declared.add(
        labels
            .regional(vpc(), Kind::new("ec2.vpc"))
            .with("cidr_block", network.cidr.to_string())
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
    declared.add(
        labels.regional(gateway.clone(), Kind::new("ec2.internet_gateway")).with("tags", labels.tags(&gateway, "")),
    );
    declared.add(
        labels
            .regional(attachment(), Kind::new("ec2.internet_gateway_attachment"))
            .with("internet_gateway_id", Reference::id(&gateway))
            .with("vpc_id", Reference::id(&vpc())),
    );
}

fn declare_table(name: &str, labels: &Labels<'_>, declared: &mut Declared) -> Address {
    let address = table(name);
    declared.add(
        labels
            .regional(address.clone(), Kind::new("ec2.route_table"))
            .with("vpc_id", Reference::id(&vpc()))
            .with("tags", labels.tags(&address, name)),
    );
    address
}

fn declare_route(name: &str, target: Reference, needs: &[Address], labels: &Labels<'_>, declared: &mut Declared) {
    let route = labels
        .regional(of::route(name, EVERYWHERE), Kind::new("ec2.route"))
        .with("route_table_id", Reference::id(&table(name)))
        .with("destination", EVERYWHERE)
        .with("target", target);
    declared.add(needs.iter().fold(route, |route, needed| route.depending_on(needed.clone())));
}

fn declare_subnet(
    side: Side,
    zone: &str,
    layout: SubnetLayout,
    facts: &Facts,
    labels: &Labels<'_>,
    declared: &mut Declared,
) {
    let block = facts.placement.blocks.get(zone).and_then(|block| layout.subnet(side, *block));
    // There is one for each zone, once the facts are settled for this stack.
    let Some(cidr_block) = block else { return };
    let address = subnet(side, zone);
    declared.add(
        labels
            .regional(address.clone(), Kind::new("ec2.subnet"))
            .with("vpc_id", Reference::id(&vpc()))
            .with("availability_zone", zone)
            .with("cidr_block", cidr_block.to_string())
            .with("tags", labels.tags(&address, &format!("{}-{zone}", side.as_str()))),
    );
}

fn declare_association(side: Side, zone: &str, table: &Address, labels: &Labels<'_>, declared: &mut Declared) {
    let subnet = subnet(side, zone);
    declared.add(
        labels
            .regional(of::route_table_association(&subnet), Kind::new("ec2.route_table_association"))
            .with("subnet_id", Reference::id(&subnet))
            .with("route_table_id", Reference::id(table)),
    );
}

/// A NAT gateway costs money whether it is used or not, so there is none while no cluster is declared; the tables stay.
fn declare_private_tables(
    stack: &Stack,
    network: &MadeNetwork,
    facts: &Facts,
    zones: &[String],
    labels: &Labels<'_>,
    declared: &mut Declared,
) -> Vec<Address> {
    let places: Vec<String> = match network.nat {
        Nat::Single => facts.placement.nat.iter().cloned().collect(),
        Nat::PerZone => zones.to_vec(),
    };
    let mut tables = Vec::new();
    for zone in &places {
        let name = private_table(network, zone);
        tables.push(declare_table(&name, labels, declared));
        if !stack.clusters.is_empty() {
            declare_nat_gateway(zone, labels, declared);
            declare_route(&name, Reference::id(&nat_gateway(zone)), &[], labels, declared);
        }
    }
    tables
}

fn declare_nat_gateway(zone: &str, labels: &Labels<'_>, declared: &mut Declared) {
    let elastic_ip = Address::of(["network", "elastic-ip", zone]);
    declared.add(
        labels
            .regional(elastic_ip.clone(), Kind::new("ec2.elastic_ip"))
            .with("tags", labels.tags(&elastic_ip, &format!("nat-{zone}"))),
    );
    let gateway = nat_gateway(zone);
    let public = subnet(Side::Public, zone);
    declared.add(
        labels
            .regional(gateway.clone(), Kind::new("ec2.nat_gateway"))
            .with("subnet_id", Reference::id(&public))
            .with("allocation_id", Reference::id(&elastic_ip))
            .with("tags", labels.tags(&gateway, zone))
            // Without a gateway on the network it fails to come up, and while it lives that one cannot be detached.
            .depending_on(attachment()),
    );
}
