//! Whether the subnets have an address for each machine. EC2 would say so only when a launch finds none left, in the
//! middle of an apply.

use crate::stack::{Cluster, Diagnostic, MadeNetwork, Name, Nat, Stack, WorkerPlacement};

use crate::facts::{Facts, zone_of, zones};
use crate::subnet_layout::{Side, SubnetLayout};

/// The first four addresses of a subnet and the last one are AWS's ("Subnet CIDR blocks" in the VPC user guide).
const RESERVED: u64 = 5;

/// A cluster and the zone it stands in.
type PlacedCluster<'a> = (&'a Name, &'a Cluster, String);

/// Returns a problem for each zone whose subnets cannot hold what should stand there. Clusters without a zone are
/// another's problem.
pub(crate) fn problems(stack: &Stack, network: &MadeNetwork, layout: SubnetLayout, facts: &Facts) -> Vec<Diagnostic> {
    let standing: Vec<PlacedCluster<'_>> = stack
        .clusters
        .iter()
        .filter_map(|(name, cluster)| Some((name, cluster, zone_of(stack, &facts.placement, name, cluster)?)))
        .collect();
    let mut problems = Vec::new();
    for zone in &zones(stack, facts) {
        let subnet = |side| layout.subnet(side, *facts.placement.blocks.get(zone)?);
        let (Some(public), Some(private)) = (subnet(Side::Public), subnet(Side::Private)) else { continue };
        let here: Vec<&PlacedCluster<'_>> = standing.iter().filter(|(.., at)| at == zone).collect();
        let workers: u64 = here.iter().map(|(_, cluster, _)| u64::from(cluster.workers)).sum();
        let gateways = u64::from(network.workers == WorkerPlacement::Private && has_gateway(network, facts, zone));
        let (block, side, wanted) = match network.workers {
            WorkerPlacement::Private => (private, Side::Private, workers),
            WorkerPlacement::Public => (public, Side::Public, workers + here.len() as u64),
        };
        let has_addresses = |block: ipnet::Ipv4Net, wanted: u64| wanted <= capacity(block);
        let largest = here.iter().max_by_key(|(_, cluster, _)| cluster.workers);
        let Some((name, ..)) = largest else { continue };
        if !has_addresses(block, wanted) {
            let path = format!("cluster.{name}.workers");
            let message = format!(
                "{path}: {wanted} instances are too many for the {} subnet of {zone}: {block} has {} addresses for them",
                side.as_str(),
                capacity(block)
            );
            let mut problem = Diagnostic::at_path(path, &stack.origins, message);
            if network.cidr.prefix_len() > 16 {
                problem = problem.help("write a larger network.cidr, up to /16");
            }
            problems.push(problem.help("put clusters into different zones: `zone`"));
        } else if !has_addresses(public, here.len() as u64 + gateways) {
            let path = format!("cluster.{name}");
            let message = format!("{path}: the public subnet of {zone}, {public}, has no address for each scheduler");
            problems.push(Diagnostic::at_path(path, &stack.origins, message).help("write a larger network.cidr"));
        }
    }
    problems
}

fn capacity(block: ipnet::Ipv4Net) -> u64 {
    (1_u64 << (32 - block.prefix_len())).saturating_sub(RESERVED)
}

fn has_gateway(network: &MadeNetwork, facts: &Facts, zone: &str) -> bool {
    match network.nat {
        Nat::PerZone => true,
        Nat::Single => facts.placement.nat.as_deref() == Some(zone),
    }
}
