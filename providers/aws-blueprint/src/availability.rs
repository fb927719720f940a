//! Whether the account has what the stack names: its zones, its instance types in the zones of their clusters, and what
//! the files next to this one look at.

use crate::facts::{Facts, zone_of, zones};
use crate::stack::{Cluster, Diagnostic, Name, Network, Stack, Zones, no_room_for_subnets};
use crate::subnet_layout::SubnetLayout;
use crate::{existing, image, placement_group, subnet_capacity};

/// Returns everything in the stack that this account or region cannot have.
pub(crate) fn problems(stack: &Stack, facts: &Facts) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let zones = zones(stack, facts);
    unknown_zones(stack, facts, &mut problems);
    match &stack.network {
        Network::Made(network) => match SubnetLayout::for_zones(network.cidr, zones.len()) {
            Ok(layout) => problems.extend(subnet_capacity::problems(stack, network, layout, facts)),
            Err(no_room) => {
                problems.push(no_room_for_subnets(&no_room, network.cidr, zones.len(), &stack.origins));
            }
        },
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
        problems.extend(placement_group::problems(stack, name, cluster, facts));
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
    let Some(zone) = zone_of(stack, &facts.placement, name, cluster) else {
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
