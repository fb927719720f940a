//! `security/…`: two groups for all clusters. `cluster` is on every instance and lets its members reach each other;
//! `scheduler` is on the schedulers and lets in what the firewall names.

use crate::stack::Stack;
use landfall_engine::address::Address;
use landfall_engine::kind::Kind;
use landfall_engine::resource::{Reference, Resource};
use landfall_engine::snapshot::Declared;

use crate::addresses as of;
use crate::labels::Labels;
use crate::network::vpc_id;
use crate::shared_names::{EGRESS_ALL, INGRESS};

/// Returns the address of a group.
pub(crate) fn group(name: &str) -> Address {
    Address::of(["security", "group", name])
}

pub(crate) fn declare(stack: &Stack, labels: &Labels<'_>, declared: &mut Declared) {
    declare_group("scheduler", "Who may reach the Dask schedulers", stack, labels, declared);
    declare_group("cluster", "Schedulers and workers, among themselves", stack, labels, declared);
    declared.add(
        rule("cluster", "-1", None, "cluster", labels)
            .with("source_group_id", Reference::id(&group("cluster")))
            .with("description", "every member may reach every other"),
    );
    for port in &stack.firewall.ports {
        for cidr in &stack.firewall.cidr {
            declared.add(
                rule("scheduler", "tcp", Some(*port), &cidr.to_string(), labels)
                    .with("from_port", *port)
                    .with("to_port", *port)
                    .with("cidr", cidr.to_string())
                    .with("description", purpose(*port)),
            );
        }
    }
}

fn declare_group(name: &str, description: &str, stack: &Stack, labels: &Labels<'_>, declared: &mut Declared) {
    let address = group(name);
    declared.add(
        labels
            .regional(address.clone(), Kind::new("ec2.security_group"))
            .with("vpc_id", vpc_id(stack))
            .with("name", labels.name(name))
            .with("description", description)
            .with("egress", EGRESS_ALL)
            .with("tags", labels.tags(&address, name)),
    );
}

/// All rules of a group carry the same tags, so that one call makes them all; they name what the addresses share.
fn rule(name: &str, protocol: &str, port: Option<u16>, source: &str, labels: &Labels<'_>) -> Resource {
    let port = port.map(i32::from);
    let common = Address::of(["security", "rule", name, INGRESS]);
    let address = of::security_group_rule(name, INGRESS, protocol, port, port, source);
    labels
        .regional(address, Kind::new("ec2.security_group_rule"))
        .with("group_id", Reference::id(&group(name)))
        .with("direction", INGRESS)
        .with("protocol", protocol)
        .with("tags", labels.tags(&common, name))
}

fn purpose(port: u16) -> &'static str {
    match port {
        22 => "SSH",
        8786 => "Dask scheduler",
        8787 => "Dask dashboard",
        _ => "opened by the stack file",
    }
}
