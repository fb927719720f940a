//! Choosing where things are placed: which zones get subnets and which block each, in which zone a cluster and the single NAT
//! gateway are.

use super::{Facts, Placement};
use crate::stack::{Cluster, Name, Network, Stack, Zones};
use crate::subnet_layout::SubnetLayout;

impl Facts {
    /// Makes the choices of places that this stack needs and that were not made before, or are not possible any
    /// more.
    pub fn settle(&mut self, stack: &Stack) {
        self.placement = settled(stack, self);
    }
}

fn settled(stack: &Stack, facts: &Facts) -> Placement {
    let zones = zones(stack, facts);
    let mut placement = facts.placement.clone();
    if let Network::Made(network) = &stack.network {
        // Of a network without room for these zones there is nothing to choose, and compiling says so.
        if let Ok(layout) = SubnetLayout::for_zones(network.cidr, zones.len()) {
            placement.blocks = layout.assign(&zones, &placement.blocks);
        }
    }
    placement.clusters.retain(|name, _| stack.clusters.keys().any(|declared| declared.as_str() == name));
    for (name, cluster) in &stack.clusters {
        let kept = placement.clusters.get(name.as_str());
        if kept.is_some_and(|zone| zones.contains(zone) && offers(facts, zone, cluster)) {
            continue;
        }
        match zones.iter().find(|zone| offers(facts, zone, cluster)) {
            Some(zone) => placement.clusters.insert(name.to_string(), zone.clone()),
            None => placement.clusters.remove(name.as_str()),
        };
    }
    if matches!(stack.network, Network::Existing(_)) {
        placement.nat = None;
    } else if !placement.nat.as_ref().is_some_and(|zone| zones.contains(zone)) {
        // Traffic between zones costs money: best where the first cluster is.
        let of_cluster =
            stack.clusters.iter().next().and_then(|(name, cluster)| zone_of(stack, &placement, name, cluster));
        placement.nat = of_cluster.filter(|zone| zones.contains(zone)).or_else(|| zones.first().cloned());
    }
    placement
}

/// Returns the zone of a cluster: its own, the stack's, or the chosen one.
pub(crate) fn zone_of(stack: &Stack, placement: &Placement, name: &Name, cluster: &Cluster) -> Option<String> {
    cluster.zone.clone().or_else(|| stack.zone.clone()).or_else(|| placement.clusters.get(name.as_str()).cloned())
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

/// Tells whether a zone offers both types of a cluster.
fn offers(facts: &Facts, zone: &String, cluster: &Cluster) -> bool {
    let offered = |instance_type: &str| facts.offers.get(instance_type).is_some_and(|zones| zones.contains(zone));
    offered(&cluster.worker_type) && offered(&cluster.scheduler_type)
}
