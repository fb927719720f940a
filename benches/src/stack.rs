//! Stacks of any number of resources, shaped as the blueprint of landfall's own.
//!
//! A network for all, and clusters of a hundred resources: a security group, four rules, a scheduler, and workers. As in a
//! real one, a few resources have all instances leaning on them (the profile's role, the log group, the routes), which is
//! what makes a graph of many resources dear: whatever looks along the edges of such a one for each of its edges is
//! quadratic.

use std::sync::LazyLock;

use landfall_engine::address::Address;
use landfall_engine::kind::{DiesWith, Field, Kind, Replacement, Schema, Schemas};
use landfall_engine::place::Place;
use landfall_engine::resource::{Reference, Resource, TextPart, Value};
use landfall_engine::snapshot::Declared;
use serde_json::json;

/// Resources of a cluster, its group and rules included.
const CLUSTER: usize = 100;
const ZONES: [&str; 3] = ["us-east-1a", "us-east-1b", "us-east-1c"];
const PORTS: [u16; 4] = [22, 8786, 8787, 8788];

const VPC: Kind = Kind::new("ec2.vpc");
const SUBNET: Kind = Kind::new("ec2.subnet");
const ROUTE: Kind = Kind::new("ec2.route");
const ASSOCIATION: Kind = Kind::new("ec2.route_table_association");
const TABLE: Kind = Kind::new("ec2.route_table");
const GROUP: Kind = Kind::new("ec2.security_group");
const RULE: Kind = Kind::new("ec2.security_group_rule");
const ROLE: Kind = Kind::new("iam.role");
const PROFILE: Kind = Kind::new("iam.instance_profile");
const PROFILE_ROLE: Kind = Kind::new("iam.instance_profile_role");
const LOGS: Kind = Kind::new("logs.log_group");
/// The kind that nearly all resources are of.
pub const INSTANCE: Kind = Kind::new("ec2.instance");

/// How large a stack is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// How many resources.
    pub resources: usize,
    /// How long each boot script is, in bytes. That of landfall's own is 2,300.
    pub boot_script: usize,
}

impl Size {
    /// Returns the size of a stack whose boot scripts are short: what grows is then the number of resources alone.
    pub fn of(resources: usize) -> Size {
        Size { resources, boot_script: 200 }
    }
}

/// Returns the schemas of the kinds used here, as landfall's own are in what the engine decides by.
pub fn schemas() -> Schemas {
    const PLAIN: &[Field] = &[
        Field::new("cidr_block").immutable(),
        Field::new("availability_zone").immutable(),
        Field::new("vpc_id").immutable(),
        Field::new("route_table_id").immutable(),
        Field::new("subnet_id").immutable(),
        Field::new("destination").immutable(),
        Field::new("name").immutable(),
        Field::new("role_name").immutable(),
        Field::new("instance_profile_name").immutable(),
        Field::new("description").immutable(),
        Field::new("tags"),
    ];
    const OF_RULE: &[Field] = &[
        Field::new("group_id").immutable(),
        Field::new("direction").immutable(),
        Field::new("protocol").immutable(),
        Field::new("from_port").immutable(),
        Field::new("to_port").immutable(),
        Field::new("cidr").immutable(),
        Field::new("description"),
        Field::new("tags"),
    ];
    const OF_INSTANCE: &[Field] = &[
        Field::new("image_id").immutable(),
        Field::new("instance_type").immutable(),
        Field::new("subnet_id").immutable(),
        Field::new("security_group_ids").unordered(),
        Field::new("iam_instance_profile").immutable(),
        Field::new("market").immutable().met_by_any("spot-or-on-demand"),
        Field::new("user_data").immutable().unreadable(),
        Field::new("tags"),
    ];
    let mut rule = Schema::new("ec2.security_group_rule", OF_RULE);
    rule.dies_with = Some(DiesWith { container: "group_id", unless_refers: &[] });
    let mut instance = Schema::new("ec2.instance", OF_INSTANCE);
    instance.replacement = Replacement::CreateFirst;
    let plain = [VPC, SUBNET, ROUTE, ASSOCIATION, TABLE, GROUP, ROLE, PROFILE, PROFILE_ROLE, LOGS];
    let is_global = |kind: &Kind| [ROLE, PROFILE, PROFILE_ROLE].contains(kind);
    let plain = plain.into_iter().map(|kind| Schema { global: is_global(&kind), kind, ..Schema::new("", PLAIN) });
    plain.chain([rule, instance]).collect()
}

/// Where all is that is in the region.
pub fn regional() -> Place {
    static REGIONAL: LazyLock<Place> = LazyLock::new(|| Place::regional("111122223333", "us-east-1"));
    REGIONAL.clone()
}

/// Where all is that belongs to no region.
pub fn global() -> Place {
    static GLOBAL: LazyLock<Place> = LazyLock::new(|| Place::global("111122223333"));
    GLOBAL.clone()
}

fn new(address: Address, kind: Kind) -> Resource {
    let place = if [ROLE, PROFILE, PROFILE_ROLE].contains(&kind) { global() } else { regional() };
    Resource::new(address, kind, &place)
}

fn address(text: &str) -> Address {
    Address::of(text.split('/'))
}

fn tags(of: &Address, name: &str) -> Value {
    Value::Literal(json!({
        "Name": format!("acme-{name}"),
        "landfall:address": of.as_str(),
        "landfall:stack": "acme",
        "owner": "landfall",
        "project": "forecast",
        "cost-centre": "4711",
    }))
}

/// Returns a stack of so many resources.
///
/// # Panics
/// If there are fewer resources than the network alone takes.
pub fn declare(size: Size) -> Declared {
    let mut declared = Declared::default();
    declare_ground(&mut declared);
    for cluster in 0.. {
        let left = size.resources.checked_sub(declared.resources().len()).expect("room for the network");
        if left == 0 {
            break;
        }
        declare_cluster(&format!("c{cluster}"), ZONES[cluster % ZONES.len()], left.min(CLUSTER), size, &mut declared);
    }
    declared
}

/// What all clusters share.
fn declare_ground(declared: &mut Declared) {
    let vpc = address("network/vpc");
    let of_vpc = || Reference::id(&address("network/vpc"));
    let named = |at: &str, kind: Kind| {
        let at = address(at);
        let tags = tags(&at, "ground");
        new(at, kind).with("tags", tags)
    };
    declared.add(new(vpc.clone(), VPC).with("cidr_block", "10.0.0.0/16").with("tags", tags(&vpc, "")));
    declared.add(named("network/route-table/private", TABLE).with("vpc_id", of_vpc()));
    let table = || Reference::id(&address("network/route-table/private"));
    declared.add(
        new(address("network/route/private/0.0.0.0-0"), ROUTE)
            .with("route_table_id", table())
            .with("destination", "0.0.0.0/0"),
    );
    for (index, zone) in ZONES.into_iter().enumerate() {
        let subnet = format!("network/subnet/private/{zone}");
        declared.add(
            named(&subnet, SUBNET)
                .with("vpc_id", of_vpc())
                .with("availability_zone", zone)
                .with("cidr_block", format!("10.0.{}.0/20", index * 16)),
        );
        declared.add(
            new(address(&format!("network/route-table-association/private/{zone}")), ASSOCIATION)
                .with("route_table_id", table())
                .with("subnet_id", Reference::id(&address(&subnet))),
        );
    }
    declared
        .add(named("security/group/cluster", GROUP).with("vpc_id", of_vpc()).with("description", "among themselves"));
    declared.add(named("identity/role", ROLE).with("name", "acme"));
    declared.add(named("identity/instance-profile", PROFILE).with("name", "acme"));
    declared.add(
        new(address("identity/instance-profile-role"), PROFILE_ROLE)
            .with("instance_profile_name", Reference::output(&address("identity/instance-profile"), "name"))
            .with("role_name", Reference::output(&address("identity/role"), "name")),
    );
    declared.add(named("logs/group", LOGS).with("name", "acme"));
}

fn declare_cluster(name: &str, zone: &str, resources: usize, size: Size, declared: &mut Declared) {
    let group = address(&format!("security/group/{name}"));
    let scheduler = address(&format!("cluster/{name}/scheduler"));
    let workers = address(&format!("cluster/{name}/worker"));
    let all = [of_group(&group, name)].into_iter();
    let all = all.chain(PORTS.map(|port| of_rule(&group, name, port)));
    let all = all.chain([instance(&scheduler, &scheduler, name, zone).with("user_data", script(None, size))]);
    let worker = instance(&workers, &workers, name, zone).with("user_data", script(Some(&scheduler), size));
    let all = all.chain((0..).map(|index: usize| worker.at(workers.join(index.to_string()))));
    all.take(resources).for_each(|resource| declared.add(resource));
}

fn of_group(at: &Address, name: &str) -> Resource {
    new(at.clone(), GROUP)
        .with("vpc_id", Reference::id(&address("network/vpc")))
        .with("name", format!("acme-{name}"))
        .with("description", "Who may reach the scheduler")
        .with("tags", tags(at, name))
}

fn of_rule(group: &Address, name: &str, port: u16) -> Resource {
    let at = address(&format!("security/rule/{name}/ingress/tcp-{port}/198.51.100.0-24"));
    let tags = tags(&address(&format!("security/rule/{name}/ingress")), name);
    new(at, RULE)
        .with("group_id", Reference::id(group))
        .with("direction", "ingress")
        .with("protocol", "tcp")
        .with("from_port", port)
        .with("to_port", port)
        .with("cidr", "198.51.100.0/24")
        .with("description", "opened by the stack file")
        .with("tags", tags)
}

fn instance(at: &Address, shared: &Address, cluster: &str, zone: &str) -> Resource {
    let groups = ["security/group/cluster".to_owned(), format!("security/group/{cluster}")];
    let groups = groups.iter().map(|group| Reference::id(&address(group)).into()).collect();
    new(at.clone(), INSTANCE)
        .with("image_id", "ami-0123456789abcdef0")
        .with("instance_type", "m6i.2xlarge")
        .with("subnet_id", Reference::id(&address(&format!("network/subnet/private/{zone}"))))
        .with("security_group_ids", Value::List(groups))
        .with("iam_instance_profile", Reference::output(&address("identity/instance-profile"), "name"))
        .with("market", "spot")
        .with("tags", tags(shared, cluster))
        .depending_on(address("identity/instance-profile-role"))
        .depending_on(address("logs/group"))
        .starting_after(address("network/route/private/0.0.0.0-0"))
        .starting_after(address(&format!("network/route-table-association/private/{zone}")))
}

/// A worker's names its scheduler's address, which is known when the scheduler is.
fn script(scheduler: Option<&Address>, size: Size) -> Value {
    let before = TextPart::Verbatim(format!("#!/bin/bash\n{}\nexec dask ", "# line\n".repeat(size.boot_script / 7)));
    let Some(scheduler) = scheduler else { return Value::Text(vec![before]) };
    let address = TextPart::Reference(Reference::output(scheduler, "private_ip"));
    Value::Text(vec![before, address, TextPart::Verbatim(":8786\n".to_owned())])
}
