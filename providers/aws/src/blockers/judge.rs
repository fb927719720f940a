//! Decides what is in the way. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::blocker::{Blocker, Loosening};
use super::deletions::Deletions;
use super::foreign::{ElasticIp, Foreign, Interface, Thing};

/// Returns what keeps something that goes, by kind and id, each once.
pub(super) fn judge(deletions: &Deletions, foreign: &Foreign) -> Vec<Blocker> {
    let mut blockers = Vec::new();
    // An interface that belongs to something named on its own is not named again.
    let spoken_for: BTreeSet<&str> = foreign
        .nat_gateways
        .iter()
        .flat_map(|nat| &nat.interfaces)
        .chain(foreign.endpoints.iter().flat_map(|endpoint| &endpoint.interfaces))
        .map(String::as_str)
        .collect();
    let interfaces = foreign.interfaces.iter().filter(|eni| !spoken_for.contains(eni.id.as_str()));
    blockers.extend(interfaces.filter_map(|eni| of_interface(deletions, foreign, eni)));
    for nat in foreign.nat_gateways.iter().filter(|nat| !nat.is_tagged && !deletions.has("ec2.nat_gateway", &nat.id)) {
        let blocks = held(deletions, &nat.vpc, &nat.subnet, &[]);
        blockers.push(Blocker {
            kind: "ec2.nat_gateway",
            id: nat.id.clone(),
            detail: String::new(),
            blocks,
            remedy: format!("`aws ec2 delete-nat-gateway --nat-gateway-id {}`", nat.id),
            loosening: None,
        });
    }
    for endpoint in foreign.endpoints.iter().filter(|e| !e.is_tagged && !deletions.has("ec2.vpc_endpoint", &e.id)) {
        blockers.push(Blocker {
            kind: "ec2.vpc_endpoint",
            id: endpoint.id.clone(),
            detail: endpoint.service.clone(),
            blocks: held(deletions, &endpoint.vpc, "", &[]),
            remedy: format!("`aws ec2 delete-vpc-endpoints --vpc-endpoint-ids {}`", endpoint.id),
            loosening: None,
        });
    }
    let in_vpc = foreign.in_vpc.iter().filter(|thing| !thing.is_tagged && !deletions.has(thing.kind, &thing.id));
    blockers.extend(in_vpc.map(|thing| of_thing(deletions, thing)));
    blockers.extend(referrers(deletions, foreign));
    blockers.extend(foreign.addresses.iter().filter_map(|address| of_address(deletions, foreign, address)));
    blockers.extend(of_identity(deletions, foreign));
    merged(blockers)
}

/// Returns what a thing at this place keeps: its subnet and groups, or else the VPC around it.
fn held(deletions: &Deletions, vpc: &str, subnet: &str, groups: &[String]) -> Vec<String> {
    let subnet = deletions.named("ec2.subnet", subnet);
    let groups = groups.iter().filter_map(|group| deletions.named("ec2.security_group", group));
    let held: Vec<String> = subnet.into_iter().chain(groups).collect();
    if held.is_empty() { deletions.named("ec2.vpc", vpc).into_iter().collect() } else { held }
}

fn of_interface(deletions: &Deletions, foreign: &Foreign, eni: &Interface) -> Option<Blocker> {
    let blocks = held(deletions, &eni.vpc, &eni.subnet, &eni.groups);
    let blocker = |remedy: String| Blocker {
        kind: "ec2.network_interface",
        id: eni.id.clone(),
        detail: eni.description.clone(),
        blocks: blocks.clone(),
        remedy,
        loosening: None,
    };
    match &eni.instance {
        // Its gateway is named if it is there; if not, it was deleted a moment ago, and the interface is about to follow.
        _ if eni.is_tagged || eni.description.starts_with(OF_NAT_GATEWAY) => None,
        Some(instance) if deletions.has("ec2.instance", instance) => eni.outlives.then(|| {
            blocker(format!(
                "it outlives {instance}, to which somebody attached it: detach it, then \
                 `aws ec2 delete-network-interface --network-interface-id {}`",
                eni.id
            ))
        }),
        Some(instance) => {
            let machine = foreign.instances.iter().find(|machine| machine.id == *instance);
            if machine.is_some_and(|machine| machine.is_tagged) {
                return None;
            }
            Some(Blocker {
                kind: "ec2.instance",
                id: instance.clone(),
                detail: machine.map(|machine| machine.detail.clone()).unwrap_or_default(),
                blocks,
                remedy: format!(
                    "terminate it or move it elsewhere: `aws ec2 terminate-instances --instance-ids {instance}`"
                ),
                loosening: None,
            })
        }
        None if eni.is_managed => Some(blocker(managed_remedy(&eni.description))),
        None => Some(blocker(format!("`aws ec2 delete-network-interface --network-interface-id {}`", eni.id))),
    }
}

/// What AWS writes into the description of a NAT gateway's interface, before the gateway's id.
const OF_NAT_GATEWAY: &str = "Interface for NAT Gateway ";

/// Nobody but the service that made such an interface can delete it. Its description tells the service ("Requester-managed
/// network interfaces", EC2 user guide; the forms are those that the services write).
fn managed_remedy(description: &str) -> String {
    let after = |prefix: &str| description.strip_prefix(prefix);
    if let Some(balancer) = after("ELB ") {
        // `app/NAME/ID`, `net/NAME/ID`, `gwy/NAME/ID`, and only the name for a classic one.
        let name = balancer.split('/').nth(1).unwrap_or(balancer);
        return format!("delete the load balancer `{name}`; its interfaces go with it");
    }
    if let Some(function) = after("AWS Lambda VPC ENI-") {
        // `NAME-UUID`.
        let name = function.len().checked_sub(37).and_then(|end| function.get(..end)).unwrap_or(function);
        return format!(
            "take the Lambda function `{name}` out of the VPC; AWS removes the interface some minutes later"
        );
    }
    if description == "RDSNetworkInterface" {
        return "delete the RDS database in this VPC, or move it elsewhere".to_owned();
    }
    if let Some(target) = after("EFS mount target for ") {
        return format!("delete the EFS mount target of {target}");
    }
    if let Some(attachment) = after("Network Interface for Transit Gateway Attachment ") {
        return format!("`aws ec2 delete-transit-gateway-vpc-attachment --transit-gateway-attachment-id {attachment}`");
    }
    if let Some(endpoint) = after("VPC Endpoint Interface ") {
        return format!("`aws ec2 delete-vpc-endpoints --vpc-endpoint-ids {endpoint}`");
    }
    "a service of AWS made it and alone can delete it: remove what its description names".to_owned()
}

fn of_thing(deletions: &Deletions, thing: &Thing) -> Blocker {
    let id = &thing.id;
    let remedy = match thing.kind {
        "ec2.subnet" => format!("`aws ec2 delete-subnet --subnet-id {id}`, when it is empty"),
        "ec2.route_table" => format!("`aws ec2 delete-route-table --route-table-id {id}`"),
        "ec2.security_group" => format!("`aws ec2 delete-security-group --group-id {id}`"),
        "ec2.network_acl" => format!("`aws ec2 delete-network-acl --network-acl-id {id}`"),
        "ec2.internet_gateway" => {
            format!("`aws ec2 detach-internet-gateway --internet-gateway-id {id} --vpc-id {}`", thing.vpc)
        }
        "ec2.vpn_gateway" => format!("`aws ec2 detach-vpn-gateway --vpn-gateway-id {id} --vpc-id {}`", thing.vpc),
        _ => format!("`aws ec2 delete-vpc-peering-connection --vpc-peering-connection-id {id}`"),
    };
    let blocks = held(deletions, &thing.vpc, "", &[]);
    Blocker { kind: thing.kind, id: id.clone(), detail: thing.detail.clone(), blocks, remedy, loosening: None }
}

/// A group cannot go while a rule of another refers to it; not even one of the VPC's default group.
fn referrers(deletions: &Deletions, foreign: &Foreign) -> Vec<Blocker> {
    let foreign = foreign.referring.iter().filter(|g| !g.is_tagged && !deletions.has("ec2.security_group", &g.id));
    let blocker = |group: &super::foreign::Referring| {
        let blocks: Vec<String> =
            group.refers_to.iter().filter_map(|to| deletions.named("ec2.security_group", to)).collect();
        (!blocks.is_empty()).then(|| Blocker {
            kind: "ec2.security_group",
            id: group.id.clone(),
            detail: group.name.clone(),
            remedy: format!("remove its rules that refer to {}", blocks.join(", ")),
            blocks,
            loosening: None,
        })
    };
    foreign.filter_map(blocker).collect()
}

/// An address is let go by the NAT gateway or the instance that goes with it; by nobody else.
fn of_address(deletions: &Deletions, foreign: &Foreign, address: &ElasticIp) -> Option<Blocker> {
    let association = address.association.as_ref()?;
    let is_mine = |id: &String| {
        let of_nat = foreign
            .nat_gateways
            .iter()
            .any(|nat| (nat.is_tagged || deletions.has("ec2.nat_gateway", &nat.id)) && nat.interfaces.contains(id));
        let eni = foreign.interfaces.iter().find(|eni| eni.id == *id);
        of_nat || eni.is_some_and(|eni| eni.is_tagged)
    };
    let with_mine = address.instance.as_deref().is_some_and(|instance| deletions.has("ec2.instance", instance))
        || address.interface.as_ref().is_some_and(is_mine);
    if with_mine {
        return None;
    }
    let place = address.instance.as_ref().or(address.interface.as_ref());
    Some(Blocker {
        kind: "ec2.elastic_ip_association",
        id: association.clone(),
        detail: place.map(|place| format!("{} on {place}", address.public_ip)).unwrap_or_default(),
        blocks: deletions.named("ec2.elastic_ip", &address.id).into_iter().collect(),
        remedy: format!("`aws ec2 disassociate-address --association-id {association}`"),
        loosening: Some(Loosening::Address { association: association.clone() }),
    })
}

fn of_identity(deletions: &Deletions, foreign: &Foreign) -> Vec<Blocker> {
    let last = |arn: &str| arn.rsplit('/').next().unwrap_or(arn).to_owned();
    let own: BTreeSet<String> = deletions.ids("iam.instance_profile").map(last).collect();
    let role_of = |name: &str| deletions.ids("iam.role").find(|arn| last(arn) == name);
    let mut blockers = Vec::new();
    for (profile, role) in foreign.profiles.iter().filter(|(profile, _)| !own.contains(profile)) {
        blockers.push(Blocker {
            kind: "iam.instance_profile",
            id: profile.clone(),
            detail: format!("holds the role {role}"),
            blocks: role_of(role).and_then(|arn| deletions.named("iam.role", arn)).into_iter().collect(),
            remedy: format!(
                "`aws iam remove-role-from-instance-profile --instance-profile-name {profile} --role-name {role}`"
            ),
            loosening: Some(Loosening::RoleFromProfile { role: role.clone(), profile: profile.clone() }),
        });
    }
    let foreign = foreign.instances.iter().filter(|m| !m.is_tagged && !deletions.has("ec2.instance", &m.id));
    for machine in foreign {
        let blocked = machine.profile.as_deref().and_then(|arn| deletions.named("iam.instance_profile", arn));
        let Some(blocked) = blocked else { continue };
        blockers.push(Blocker {
            kind: "ec2.instance",
            id: machine.id.clone(),
            detail: machine.detail.clone(),
            blocks: vec![blocked],
            remedy: "it would lose the role: give it another instance profile".to_owned(),
            loosening: Some(Loosening::ProfileFromInstance { instance: machine.id.clone() }),
        });
    }
    blockers
}

/// One that keeps several things is named once. If it keeps one of them in a way that cannot be loosened, it stays.
fn merged(blockers: Vec<Blocker>) -> Vec<Blocker> {
    let mut by_id: BTreeMap<(&'static str, String), Blocker> = BTreeMap::new();
    // What stands elsewhere keeps nothing.
    for blocker in blockers.into_iter().filter(|blocker| !blocker.blocks.is_empty()) {
        match by_id.entry((blocker.kind, blocker.id.clone())) {
            std::collections::btree_map::Entry::Vacant(place) => drop(place.insert(blocker)),
            std::collections::btree_map::Entry::Occupied(mut place) => {
                let known = place.get_mut();
                known.blocks.extend(blocker.blocks);
                known.blocks.sort();
                known.blocks.dedup();
                if known.loosening.is_some() && blocker.loosening.is_none() {
                    known.remedy = blocker.remedy;
                    known.loosening = None;
                }
            }
        }
    }
    by_id.into_values().collect()
}

#[cfg(test)]
mod tests;
