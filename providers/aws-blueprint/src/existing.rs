//! A network that exists: whether the ids in the stack file belong together.

use crate::stack::{Diagnostic, ExistingNetwork, Origins};

use crate::facts::Facts;

/// Returns what is wrong with the ids of a network that exists, each at its place.
pub(crate) fn problems(network: &ExistingNetwork, facts: &Facts, origins: &Origins) -> Vec<Diagnostic> {
    let (vpc, region) = (&network.vpc, &facts.region);
    if facts.network.vpc.is_none() {
        let message = format!("network.vpc: this account has no {vpc} in {region}");
        let help = format!("list them: aws ec2 describe-vpcs --region {region}");
        return vec![Diagnostic::at_path("network.vpc", origins, message).help(help)];
    }
    let mut problems = Vec::new();
    for id in &network.subnets {
        let found = facts.network.subnets.get(id).map(|subnet| subnet.vpc.as_str());
        problems.extend(not_of_vpc(id, found, "subnets", vpc, facts, origins));
    }
    for id in &network.security_groups {
        let found = facts.network.security_groups.get(id).map(String::as_str);
        problems.extend(not_of_vpc(id, found, "security_groups", vpc, facts, origins));
    }
    problems
}

/// Returns the problem of an id that does not exist, or that belongs to another VPC.
fn not_of_vpc(
    id: &str,
    found_in: Option<&str>,
    key: &str,
    vpc: &str,
    facts: &Facts,
    origins: &Origins,
) -> Option<Diagnostic> {
    let region = &facts.region;
    let message = match found_in {
        Some(other) if other == vpc => return None,
        Some(other) => format!("network.{key}: {id} belongs to {other}, not to {vpc}"),
        None => format!("network.{key}: this account has no {id} in {region}"),
    };
    let command = format!("describe-{}", key.replace('_', "-"));
    let help = format!("list those of the VPC: aws ec2 {command} --region {region} --filters Name=vpc-id,Values={vpc}");
    Some(Diagnostic::at_path(format!("network.{key}.{id}"), origins, message).help(help))
}
