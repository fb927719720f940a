//! Where things stand: which zones get subnets and which block each, in which zone a cluster and the single NAT gateway
//! are.
//!
//! A choice made once is kept: it is recorded with the facts, so that a zone that AWS adds to the region, or takes out
//! of service, does not move anything that runs.

use std::collections::BTreeMap;

use crate::stack::{Cluster, Diagnostic, MadeNetwork, Name, Network, Stack, Zones, no_room_for_subnets, subnet_prefix};
use serde::{Deserialize, Serialize};

use crate::facts::Facts;
use crate::{existing, image, subnet_capacity};

/// Choices that were made once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// The block of each zone that has, or once had, subnets: its number among the blocks of each half of the network.
    pub blocks: BTreeMap<String, u32>,
    /// The zone of each cluster that names none.
    pub clusters: BTreeMap<String, String>,
    /// The zone of the single NAT gateway.
    pub nat: Option<String>,
}

impl Placement {
    /// Makes the choices that this stack needs and that were not made before, or that cannot stand any more.
    pub(crate) fn settle(&mut self, stack: &Stack, facts: &Facts) {
        let zones = zones(stack, facts);
        if let Network::Made(network) = &stack.network {
            self.settle_blocks(network, &zones);
        }
        self.clusters.retain(|name, _| stack.clusters.keys().any(|declared| declared.as_str() == name));
        for (name, cluster) in &stack.clusters {
            let kept = self.clusters.get(name.as_str());
            if kept.is_some_and(|zone| zones.contains(zone) && offers(facts, zone, cluster)) {
                continue;
            }
            match zones.iter().find(|zone| offers(facts, zone, cluster)) {
                Some(zone) => self.clusters.insert(name.to_string(), zone.clone()),
                None => self.clusters.remove(name.as_str()),
            };
        }
        if matches!(stack.network, Network::Existing(_)) {
            self.nat = None;
        } else if !self.nat.as_ref().is_some_and(|zone| zones.contains(zone)) {
            // Traffic between zones costs money: best where the first cluster is.
            let of_cluster =
                stack.clusters.iter().next().and_then(|(name, cluster)| self.zone_of(stack, name, cluster));
            self.nat = of_cluster.filter(|zone| zones.contains(zone)).or_else(|| zones.first().cloned());
        }
    }

    /// A zone's letter gives its block, so that the same zones get the same blocks without any memory; where the network
    /// is too small for that, the first free block is taken and remembered.
    fn settle_blocks(&mut self, network: &MadeNetwork, zones: &[String]) {
        let Some(half) = blocks_in_half(network, zones.len()) else { return };
        self.blocks.retain(|zone, block| *block < half || zones.contains(zone));
        self.blocks.retain(|_, block| *block < half);
        for zone in zones {
            if self.blocks.contains_key(zone) {
                continue;
            }
            let by_letter = zone.bytes().last().map(|letter| u32::from(letter.wrapping_sub(b'a')));
            let is_free = |block: &u32, taken: &BTreeMap<String, u32>| !taken.values().any(|other| other == block);
            let mut block = by_letter.into_iter().chain(0..half).find(|b| *b < half && is_free(b, &self.blocks));
            if block.is_none() {
                // Only zones that are not used any more can be in the way.
                self.blocks.retain(|other, _| zones.contains(other));
                block = (0..half).find(|b| is_free(b, &self.blocks));
            }
            if let Some(block) = block {
                self.blocks.insert(zone.clone(), block);
            }
        }
    }

    /// Returns the zone of a cluster: its own, the stack's, or the chosen one.
    pub(crate) fn zone_of(&self, stack: &Stack, name: &Name, cluster: &Cluster) -> Option<String> {
        cluster.zone.clone().or_else(|| stack.zone.clone()).or_else(|| self.clusters.get(name.as_str()).cloned())
    }
}

/// Returns the zones that get subnets, sorted; of a network that exists those that have some, in the order of the file.
pub(crate) fn zones(stack: &Stack, facts: &Facts) -> Vec<String> {
    if let Network::Existing(network) = &stack.network {
        let mut zones: Vec<String> = Vec::new();
        for subnet in network.subnets.iter().filter_map(|id| facts.network.subnets.get(id)) {
            if !zones.contains(&subnet.zone) {
                zones.push(subnet.zone.clone());
            }
        }
        return zones;
    }
    let mut zones = match &stack.zones {
        Zones::All => facts.zones.clone(),
        Zones::Listed(listed) => listed.clone(),
    };
    zones.sort();
    zones
}

/// Returns how many blocks the public half of the network has; the private half has as many.
fn blocks_in_half(network: &MadeNetwork, zones: usize) -> Option<u32> {
    let prefix = subnet_prefix(network.cidr, zones)?;
    Some(1 << (prefix - network.cidr.prefix_len()).saturating_sub(1))
}

/// Returns the public and the private block of a zone. The network comes with the number of its zones.
pub(crate) fn subnets_of(
    (network, zones): (&MadeNetwork, usize),
    facts: &Facts,
    zone: &str,
) -> Option<(ipnet::Ipv4Net, ipnet::Ipv4Net)> {
    let prefix = subnet_prefix(network.cidr, zones)?;
    let half = blocks_in_half(network, zones)?;
    let block = *facts.placement.blocks.get(zone)?;
    let mut blocks = network.cidr.subnets(prefix).ok()?;
    let public = blocks.nth(block as usize)?;
    let private = blocks.nth(half as usize - 1)?;
    Some((public, private))
}

fn offers(facts: &Facts, zone: &String, cluster: &Cluster) -> bool {
    let offered = |instance_type: &str| facts.offers.get(instance_type).is_some_and(|zones| zones.contains(zone));
    offered(&cluster.worker_type) && offered(&cluster.scheduler_type)
}

/// Returns everything in the stack that this account or region cannot have.
pub(crate) fn problems(stack: &Stack, facts: &Facts) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let zones = zones(stack, facts);
    unknown_zones(stack, facts, &mut problems);
    match &stack.network {
        Network::Made(network) if subnet_prefix(network.cidr, zones.len()).is_none() => {
            problems.push(no_room_for_subnets(network.cidr, zones.len(), &stack.origins));
        }
        Network::Made(network) => problems.extend(subnet_capacity::problems(stack, network, facts)),
        Network::Existing(network) => {
            problems.extend(existing::problems(network, facts, &stack.origins));
            // Which zones there are is not known then.
            if !problems.is_empty() {
                return problems;
            }
        }
    }
    for (name, cluster) in &stack.clusters {
        cluster_problems(stack, name, cluster, facts, &zones, &mut problems);
        problems.extend(image::problems(stack, name, cluster, facts));
    }
    problems
}

fn unknown_zones(stack: &Stack, facts: &Facts, problems: &mut Vec<Diagnostic>) {
    let listed = match &stack.zones {
        Zones::All => [].iter(),
        Zones::Listed(listed) => listed.iter(),
    };
    let named = listed.map(|zone| (format!("zones.{zone}"), "zones", zone));
    let default = stack.zone.iter().map(|zone| ("zone".to_owned(), "zone", zone));
    for (path, key, zone) in named.chain(default) {
        if !facts.zones.contains(zone) {
            let message = format!("{key}: this account has no zone {zone} in {}", stack.region);
            problems.push(Diagnostic::at_path(path, &stack.origins, message).help(available(facts)));
        }
    }
}

fn available(facts: &Facts) -> String {
    format!("zones that are available here: {}", facts.zones.join(", "))
}

fn cluster_problems(
    stack: &Stack,
    name: &Name,
    cluster: &Cluster,
    facts: &Facts,
    zones: &[String],
    problems: &mut Vec<Diagnostic>,
) {
    let path = |key: &str| format!("cluster.{name}.{key}");
    let mut unknown_type = false;
    for (key, instance_type) in [("worker_type", &cluster.worker_type), ("scheduler_type", &cluster.scheduler_type)] {
        if facts.offers.get(instance_type).is_none_or(Vec::is_empty) {
            unknown_type = true;
            let message = format!("{}: {} offers no instance type {instance_type}", path(key), stack.region);
            let help = format!("list them: aws ec2 describe-instance-type-offerings --region {}", stack.region);
            problems.push(Diagnostic::at_path(path(key), &stack.origins, message).help(help));
        }
    }
    if unknown_type {
        return;
    }
    let Some(zone) = facts.placement.zone_of(stack, name, cluster) else {
        let both = format!("{} and {}", cluster.worker_type, cluster.scheduler_type);
        let message = format!("cluster.{name}: none of this stack's zones offers both {both}");
        let mut problem = Diagnostic::at_path(format!("cluster.{name}"), &stack.origins, message);
        for instance_type in [&cluster.worker_type, &cluster.scheduler_type] {
            problem = problem.help(format!("{instance_type} is offered in {}", facts.offers[instance_type].join(", ")));
        }
        problems.push(problem);
        return;
    };
    if !zones.contains(&zone) {
        let is_existing = matches!(stack.network, Network::Existing(_));
        if is_existing {
            let (path, key) = if cluster.zone.is_some() {
                (path("zone"), path("zone"))
            } else {
                ("zone".to_owned(), format!("cluster.{name}"))
            };
            let message = format!("{key}: none of the subnets of [network] is in {zone}");
            let help = format!("they are in {}", zones.join(", "));
            problems.push(Diagnostic::at_path(path, &stack.origins, message).help(help));
        } else if cluster.zone.is_some() {
            let message = format!("{}: {zone} is none of the stack's zones in this account", path("zone"));
            problems.push(Diagnostic::at_path(path("zone"), &stack.origins, message).help(available(facts)));
        }
        return;
    }
    for (key, instance_type) in [("worker_type", &cluster.worker_type), ("scheduler_type", &cluster.scheduler_type)] {
        let offered_in = &facts.offers[instance_type];
        if !offered_in.contains(&zone) {
            let message = format!("{}: {zone} does not offer {instance_type}", path(key));
            let help = format!("{instance_type} is offered in {}", offered_in.join(", "));
            problems.push(Diagnostic::at_path(path(key), &stack.origins, message).help(help));
        }
    }
}
