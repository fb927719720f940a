//! The rules of `[network]`: one that landfall makes, or one that exists already.

use super::decode::{Reading, Table, Value};
use super::{ExistingNetwork, MadeNetwork, Nat, Network, WorkerPlacement, Zones};
use super::{cidr, defaults, identifiers, keys};
use crate::subnet_layout::SubnetLayout;

/// Keys of a network that landfall makes. One that exists has all of this already.
const OF_MADE: [&str; 4] = ["cidr", "workers", "nat", "s3_endpoint"];
/// Keys of a network that exists.
const OF_EXISTING: [&str; 3] = ["vpc", "subnets", "security_groups"];

/// Most groups of others on an instance. An account's quota is 5 with landfall's own two unless it was raised, which only
/// AWS can tell; beyond 16 none goes (VPC quotas, "Security groups per network interface").
const SECURITY_GROUPS_MAX: usize = 14;

/// Reads the table `[network]`. `zones` are those of the file.
pub(super) fn network(file: &Table<'_>, zones: &Zones, reading: &mut Reading) -> Network {
    match reading.table(file, "network", &keys::NETWORK) {
        Some(table) if OF_EXISTING.iter().any(|key| table.has(key)) => existing(file, &table, reading),
        Some(table) => Network::Made(made(&table, zones, reading)),
        None => Network::Made(silent()),
    }
}

/// What is made where the file says nothing.
fn silent() -> MadeNetwork {
    MadeNetwork {
        cidr: defaults::NETWORK_CIDR,
        workers: defaults::NETWORK_WORKERS,
        nat: defaults::NETWORK_NAT,
        s3_endpoint: defaults::NETWORK_S3_ENDPOINT,
    }
}

fn made(table: &Table<'_>, zones: &Zones, reading: &mut Reading) -> MadeNetwork {
    let mut network = silent();
    if let Some(cidr) = reading.optional(table, "cidr", cidr::vpc_network) {
        network.cidr = cidr;
        // How many zones "all" are is known to the account; at least one, so a network for none is refused here.
        let zone_count = match zones {
            Zones::All => 1,
            Zones::Listed(listed) => listed.len().max(1),
        };
        if let Err(no_room) = SubnetLayout::for_zones(cidr, zone_count) {
            let problem = cidr::no_room_for_subnets(&no_room, cidr, zone_count, reading.origins());
            reading.report(problem);
        }
    }
    let placements = [("private", WorkerPlacement::Private), ("public", WorkerPlacement::Public)];
    if let Some(workers) = reading.optional(table, "workers", |value| value.one_of(&placements)) {
        network.workers = workers;
    }
    let nats = [("single", Nat::Single), ("per-zone", Nat::PerZone)];
    if let Some(nat) = reading.optional(table, "nat", |value| value.one_of(&nats)) {
        network.nat = nat;
    }
    if let Some(s3_endpoint) = reading.optional(table, "s3_endpoint", |value| value.boolean()) {
        network.s3_endpoint = s3_endpoint;
    }
    network
}

fn existing(file: &Table<'_>, table: &Table<'_>, reading: &mut Reading) -> Network {
    let ours = "goes with a network that landfall makes";
    let help = "`vpc` names a network that exists: take out either this key or vpc, subnets and security_groups";
    for key in OF_MADE {
        reading.senseless(table, key, ours, help);
    }
    let help = "the subnets of an existing network say which zones there are; `zone` chooses one for a cluster";
    reading.senseless(file, "zones", ours, help);

    let vpc = reading
        .required(table, "vpc", "vpc = \"vpc-0123456789abcdef0\"", |value| identifiers::id(value, "vpc-", "a VPC"));
    let example = "subnets = [\"subnet-0123456789abcdef0\"]";
    let list = reading.required(table, "subnets", example, |value| value.list("a list of subnets"));
    let subnets = list.map(|list| {
        if list.items().is_empty() {
            let problem = list.problem("expected a list of subnets, found an empty list").label("names no subnet");
            reading.report(problem);
        }
        reading.items(&list, |item| identifiers::id(item, "subnet-", "a subnet"))
    });
    let list = reading.optional(table, "security_groups", |value| value.list("a list of security groups"));
    let security_groups = list.map(|list| security_groups(&list, reading));
    // What could not be read has been reported, and nobody gets to see what stands in its place.
    Network::Existing(ExistingNetwork {
        vpc: vpc.unwrap_or_default(),
        subnets: subnets.unwrap_or_default(),
        security_groups: security_groups.unwrap_or_default(),
    })
}

fn security_groups(list: &Value<'_>, reading: &mut Reading) -> Vec<String> {
    let groups = reading.items(list, |item| identifiers::id(item, "sg-", "a security group"));
    if groups.len() > SECURITY_GROUPS_MAX {
        let problem = list.problem(format!("{} security groups are too many", groups.len()));
        let problem = problem.label(format!("at most {SECURITY_GROUPS_MAX}"));
        reading.report(problem.help("AWS takes at most 16 on an instance, and landfall adds two of its own"));
    }
    groups
}
