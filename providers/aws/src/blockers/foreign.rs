//! Reads what stands around the things that go: by VPC, by group, by role. The number of calls is fixed (about a dozen
//! and a half for a whole stack), however much the stack or others have.
//!
//! Sources: "Delete your VPC" (VPC user guide) for what keeps a VPC; the API references of DeleteSubnet,
//! DeleteSecurityGroup, ReleaseAddress, DeleteRole and DeleteInstanceProfile for the others.

use std::collections::BTreeSet;
use std::future::Future;

use aws_sdk_ec2::types::{Filter, Instance, Tag};
use landfall_engine::provider::{CallError, CallFailure};

use super::deletions::Deletions;
use crate::classify::failure;
use crate::cloud::{Cloud, FILTER_VALUES_MAX, filter};
use crate::operation::{
    DESCRIBE_ADDRESSES, DESCRIBE_INSTANCES, DESCRIBE_INTERNET_GATEWAYS, DESCRIBE_NAT_GATEWAYS,
    DESCRIBE_NETWORK_INTERFACES, DESCRIBE_ROUTE_TABLES, DESCRIBE_SECURITY_GROUPS, DESCRIBE_SUBNETS,
    DESCRIBE_VPC_ENDPOINTS, Operation, Sent, arn,
};

const DESCRIBE_NETWORK_ACLS: Operation = Operation::new("ec2:DescribeNetworkAcls");
const DESCRIBE_VPC_PEERING_CONNECTIONS: Operation = Operation::new("ec2:DescribeVpcPeeringConnections");
const DESCRIBE_VPN_GATEWAYS: Operation = Operation::new("ec2:DescribeVpnGateways");
const LIST_INSTANCE_PROFILES_FOR_ROLE: Operation =
    Operation::new("iam:ListInstanceProfilesForRole").on(&[arn::ROLE]).by_resource_tag();

/// Only what could be in the way of what is deleted is asked for.
pub(crate) const CALLS: Sent = Sent::NONE.sometimes(&[
    &DESCRIBE_ADDRESSES,
    &DESCRIBE_INSTANCES,
    &DESCRIBE_INTERNET_GATEWAYS,
    &DESCRIBE_NAT_GATEWAYS,
    &DESCRIBE_NETWORK_ACLS,
    &DESCRIBE_NETWORK_INTERFACES,
    &DESCRIBE_ROUTE_TABLES,
    &DESCRIBE_SECURITY_GROUPS,
    &DESCRIBE_SUBNETS,
    &DESCRIBE_VPC_ENDPOINTS,
    &DESCRIBE_VPC_PEERING_CONNECTIONS,
    &DESCRIBE_VPN_GATEWAYS,
    &LIST_INSTANCE_PROFILES_FOR_ROLE,
]);

/// What is there besides that which goes, as far as it matters.
#[derive(Debug, Default)]
pub(super) struct Foreign {
    pub(super) interfaces: Vec<Interface>,
    pub(super) nat_gateways: Vec<NatGateway>,
    pub(super) endpoints: Vec<Endpoint>,
    /// Subnets, tables, gateways and the like, which only have to be there to keep the VPC.
    pub(super) in_vpc: Vec<Thing>,
    /// Groups with rules that refer to groups that go.
    pub(super) referring: Vec<Referring>,
    pub(super) addresses: Vec<ElasticIp>,
    /// The names of the instance profiles that hold a role that goes, each with the role.
    pub(super) profiles: Vec<(String, String)>,
    /// Instances of others, described; also those that use an instance profile that goes.
    pub(super) instances: Vec<Machine>,
}

/// A network interface.
#[derive(Debug, Default, Clone)]
pub(super) struct Interface {
    pub(super) id: String,
    pub(super) is_tagged: bool,
    pub(super) vpc: String,
    pub(super) subnet: String,
    pub(super) groups: Vec<String>,
    pub(super) description: String,
    /// Whether it belongs to a service of AWS, which alone can delete it.
    pub(super) is_managed: bool,
    pub(super) instance: Option<String>,
    /// Whether it outlives the instance that it is attached to.
    pub(super) outlives: bool,
}

/// A NAT gateway that is not deleted.
#[derive(Debug, Default, Clone)]
pub(super) struct NatGateway {
    pub(super) id: String,
    pub(super) is_tagged: bool,
    pub(super) vpc: String,
    pub(super) subnet: String,
    pub(super) interfaces: Vec<String>,
}

/// A VPC endpoint that is not deleted.
#[derive(Debug, Default, Clone)]
pub(super) struct Endpoint {
    pub(super) id: String,
    pub(super) is_tagged: bool,
    pub(super) vpc: String,
    pub(super) service: String,
    pub(super) interfaces: Vec<String>,
}

/// Something that only has to be there to keep a VPC.
#[derive(Debug, Clone)]
pub(super) struct Thing {
    pub(super) kind: &'static str,
    pub(super) id: String,
    pub(super) is_tagged: bool,
    pub(super) vpc: String,
    pub(super) detail: String,
}

/// A group whose rules refer to other groups.
#[derive(Debug, Default, Clone)]
pub(super) struct Referring {
    pub(super) id: String,
    pub(super) is_tagged: bool,
    pub(super) name: String,
    pub(super) refers_to: BTreeSet<String>,
}

/// An elastic IP that goes, and where it leads.
#[derive(Debug, Default, Clone)]
pub(super) struct ElasticIp {
    pub(super) id: String,
    pub(super) public_ip: String,
    pub(super) association: Option<String>,
    pub(super) interface: Option<String>,
    pub(super) instance: Option<String>,
}

/// An instance.
#[derive(Debug, Default, Clone)]
pub(super) struct Machine {
    pub(super) id: String,
    pub(super) is_tagged: bool,
    pub(super) detail: String,
    /// The ARN of the instance profile that it was given.
    pub(super) profile: Option<String>,
}

type Read<T> = Result<Vec<T>, CallFailure>;

/// All items of a call with pages.
macro_rules! items {
    ($operation:expr, $call:expr) => {
        $call.into_paginator().items().send().try_collect().await.map_err(|e| failure($operation, e))
    };
}

/// Reads it all. What the credentials do not allow is returned beside it; every other failure is one of the whole.
pub(super) async fn read(cloud: &Cloud, deletions: &Deletions) -> Result<(Foreign, Vec<CallFailure>), CallFailure> {
    let Some(view) = View::of(deletions) else { return Ok(Default::default()) };
    let (interfaces, nat_gateways, endpoints, things, peerings, referring, addresses, profiles, users) = tokio::join!(
        when(!view.ground.is_empty(), interfaces(cloud, &view.ground)),
        when(!view.ground.is_empty() || !view.addresses.is_empty(), nat_gateways(cloud)),
        when(!view.vpcs.is_empty(), endpoints(cloud, &view.vpcs)),
        things(cloud, &view.vpcs),
        when(!view.vpcs.is_empty(), peerings(cloud)),
        referring(cloud, &view.groups),
        when(!view.addresses.is_empty(), addresses(cloud, &view.addresses)),
        profiles(cloud, &view.roles),
        when(!view.profiles.is_empty(), instances(cloud, "iam-instance-profile.arn", &view.profiles)),
    );
    let mut denied = Vec::new();
    let mut foreign = Foreign {
        interfaces: unless_denied(interfaces, &mut denied)?,
        nat_gateways: unless_denied(nat_gateways, &mut denied)?,
        endpoints: unless_denied(endpoints, &mut denied)?,
        in_vpc: unless_denied(peerings, &mut denied)?,
        addresses: unless_denied(addresses, &mut denied)?,
        instances: unless_denied(users, &mut denied)?,
        ..Foreign::default()
    };
    for found in things {
        foreign.in_vpc.extend(unless_denied(found, &mut denied)?);
    }
    for found in referring {
        foreign.referring.extend(unless_denied(found, &mut denied)?);
    }
    for found in profiles {
        foreign.profiles.extend(unless_denied(found, &mut denied)?);
    }
    let unread = foreign_instances(deletions, &foreign);
    for ids in unread.chunks(FILTER_VALUES_MAX) {
        foreign.instances.extend(unless_denied(instances(cloud, "instance-id", ids).await, &mut denied)?);
    }
    denied.sort_by(|a, b| a.operation.cmp(&b.operation));
    denied.dedup_by(|a, b| a.operation == b.operation);
    Ok((foreign, denied))
}

/// The ids that the reads are made with.
#[derive(Debug, Default)]
struct View {
    vpcs: Vec<String>,
    /// Where interfaces are looked for: the VPCs, or the subnets where only those go.
    ground: Vec<String>,
    groups: Vec<String>,
    addresses: Vec<String>,
    roles: Vec<String>,
    profiles: Vec<String>,
}

impl View {
    /// Returns what must be looked at, or nothing if nothing goes that others could hold.
    fn of(deletions: &Deletions) -> Option<View> {
        let ids = |kind| deletions.ids(kind).map(str::to_owned).collect::<Vec<String>>();
        let (vpcs, subnets) = (ids("ec2.vpc"), ids("ec2.subnet"));
        let ground = if vpcs.is_empty() { subnets } else { vpcs.clone() };
        let (groups, addresses) = (ids("ec2.security_group"), ids("ec2.elastic_ip"));
        let (roles, profiles) = (ids("iam.role"), ids("iam.instance_profile"));
        let view = View { vpcs, ground, groups, addresses, roles, profiles };
        let all = [&view.ground, &view.groups, &view.addresses, &view.roles, &view.profiles];
        all.iter().any(|ids| !ids.is_empty()).then_some(view)
    }
}

async fn when<T>(is_wanted: bool, read: impl Future<Output = Read<T>>) -> Read<T> {
    if is_wanted { read.await } else { Ok(vec![]) }
}

fn unless_denied<T>(read: Read<T>, denied: &mut Vec<CallFailure>) -> Read<T> {
    match read {
        Err(failure) if failure.class == CallError::Denied => {
            denied.push(failure);
            Ok(vec![])
        }
        other => other,
    }
}

fn are_ours(cloud: &Cloud, tags: &[Tag]) -> bool {
    cloud.owns(|key| tags.iter().find(|tag| tag.key() == Some(key)).and_then(|tag| tag.value()))
}

fn name_of(tags: &[Tag]) -> Option<&str> {
    tags.iter().find(|tag| tag.key() == Some("Name")).and_then(|tag| tag.value())
}

fn own(text: Option<&str>) -> String {
    text.unwrap_or_default().to_owned()
}

async fn interfaces(cloud: &Cloud, ground: &[String]) -> Read<Interface> {
    let by = if ground.iter().all(|id| id.starts_with("vpc-")) { "vpc-id" } else { "subnet-id" };
    let mut found = Vec::new();
    for ids in ground.chunks(FILTER_VALUES_MAX) {
        let call = cloud.ec2.describe_network_interfaces().filters(filter(by, ids));
        let page: Vec<_> = items!(&DESCRIBE_NETWORK_INTERFACES, call)?;
        found.extend(page);
    }
    let interface = |eni: &aws_sdk_ec2::types::NetworkInterface| Interface {
        id: own(eni.network_interface_id()),
        is_tagged: are_ours(cloud, eni.tag_set()),
        vpc: own(eni.vpc_id()),
        subnet: own(eni.subnet_id()),
        groups: eni.groups().iter().filter_map(|group| group.group_id()).map(str::to_owned).collect(),
        description: own(eni.description()),
        is_managed: eni.requester_managed().unwrap_or_default(),
        instance: eni.attachment().and_then(|attachment| attachment.instance_id()).map(str::to_owned),
        outlives: eni.attachment().and_then(|attachment| attachment.delete_on_termination()) == Some(false),
    };
    Ok(found.iter().map(interface).collect())
}

/// Those of the whole region: there are few, and an elastic IP may lead to one in another VPC.
async fn nat_gateways(cloud: &Cloud) -> Read<NatGateway> {
    let live = filter("state", ["pending", "available", "deleting"]);
    let found: Vec<_> = items!(&DESCRIBE_NAT_GATEWAYS, cloud.ec2.describe_nat_gateways().filter(live))?;
    let gateway = |nat: &aws_sdk_ec2::types::NatGateway| NatGateway {
        id: own(nat.nat_gateway_id()),
        is_tagged: are_ours(cloud, nat.tags()),
        vpc: own(nat.vpc_id()),
        subnet: own(nat.subnet_id()),
        interfaces: nat
            .nat_gateway_addresses()
            .iter()
            .filter_map(|address| address.network_interface_id())
            .map(str::to_owned)
            .collect(),
    };
    Ok(found.iter().map(gateway).collect())
}

async fn endpoints(cloud: &Cloud, vpcs: &[String]) -> Read<Endpoint> {
    let call = cloud.ec2.describe_vpc_endpoints().filters(filter("vpc-id", vpcs));
    let found: Vec<_> = items!(&DESCRIBE_VPC_ENDPOINTS, call)?;
    let is_there = |endpoint: &&aws_sdk_ec2::types::VpcEndpoint| {
        endpoint.state().is_none_or(|state| !state.as_str().eq_ignore_ascii_case("deleted"))
    };
    let endpoint = |endpoint: &aws_sdk_ec2::types::VpcEndpoint| Endpoint {
        id: own(endpoint.vpc_endpoint_id()),
        is_tagged: are_ours(cloud, endpoint.tags()),
        vpc: own(endpoint.vpc_id()),
        service: own(endpoint.service_name()),
        interfaces: endpoint.network_interface_ids().to_vec(),
    };
    Ok(found.iter().filter(is_there).map(endpoint).collect())
}

/// Everything that keeps a VPC by its mere presence; one answer for each kind.
async fn things(cloud: &Cloud, vpcs: &[String]) -> Vec<Read<Thing>> {
    if vpcs.is_empty() {
        return vec![];
    }
    let (a, b, c, d, e, f) = tokio::join!(
        subnets(cloud, filter("vpc-id", vpcs)),
        tables(cloud, filter("vpc-id", vpcs)),
        groups(cloud, filter("vpc-id", vpcs)),
        acls(cloud, filter("vpc-id", vpcs)),
        internet_gateways(cloud, filter("attachment.vpc-id", vpcs)),
        vpn_gateways(cloud, filter("attachment.vpc-id", vpcs)),
    );
    vec![a, b, c, d, e, f]
}

fn thing(
    cloud: &Cloud,
    kind: &'static str,
    id: Option<&str>,
    vpc: Option<&str>,
    tags: &[Tag],
    more: Option<&str>,
) -> Thing {
    let detail: Vec<&str> = [name_of(tags), more].into_iter().flatten().collect();
    Thing { kind, id: own(id), is_tagged: are_ours(cloud, tags), vpc: own(vpc), detail: detail.join(", ") }
}

async fn subnets(cloud: &Cloud, of: Filter) -> Read<Thing> {
    let found: Vec<_> = items!(&DESCRIBE_SUBNETS, cloud.ec2.describe_subnets().filters(of))?;
    Ok(found.iter().map(|s| thing(cloud, "ec2.subnet", s.subnet_id(), s.vpc_id(), s.tags(), s.cidr_block())).collect())
}

/// The main table goes with its VPC.
async fn tables(cloud: &Cloud, of: Filter) -> Read<Thing> {
    let found: Vec<_> = items!(&DESCRIBE_ROUTE_TABLES, cloud.ec2.describe_route_tables().filters(of))?;
    let others = found.iter().filter(|t| !t.associations().iter().any(|a| a.main() == Some(true)));
    Ok(others.map(|t| thing(cloud, "ec2.route_table", t.route_table_id(), t.vpc_id(), t.tags(), None)).collect())
}

/// So does the default group.
async fn groups(cloud: &Cloud, of: Filter) -> Read<Thing> {
    let found: Vec<_> = items!(&DESCRIBE_SECURITY_GROUPS, cloud.ec2.describe_security_groups().filters(of))?;
    let others = found.iter().filter(|group| group.group_name() != Some("default"));
    Ok(others.map(|g| thing(cloud, "ec2.security_group", g.group_id(), g.vpc_id(), g.tags(), g.group_name())).collect())
}

/// And the default network ACL.
async fn acls(cloud: &Cloud, of: Filter) -> Read<Thing> {
    let found: Vec<_> = items!(&DESCRIBE_NETWORK_ACLS, cloud.ec2.describe_network_acls().filters(of))?;
    let others = found.iter().filter(|acl| acl.is_default() != Some(true));
    Ok(others.map(|a| thing(cloud, "ec2.network_acl", a.network_acl_id(), a.vpc_id(), a.tags(), None)).collect())
}

async fn internet_gateways(cloud: &Cloud, of: Filter) -> Read<Thing> {
    let found: Vec<_> = items!(&DESCRIBE_INTERNET_GATEWAYS, cloud.ec2.describe_internet_gateways().filters(of))?;
    let gateway = |g: &aws_sdk_ec2::types::InternetGateway| {
        let vpc = g.attachments().first().and_then(|attachment| attachment.vpc_id());
        thing(cloud, "ec2.internet_gateway", g.internet_gateway_id(), vpc, g.tags(), None)
    };
    Ok(found.iter().map(gateway).collect())
}

/// DescribeVpnGateways knows no pages.
async fn vpn_gateways(cloud: &Cloud, of: Filter) -> Read<Thing> {
    let call = cloud.ec2.describe_vpn_gateways().filters(of);
    let answer = call.send().await.map_err(|e| failure(&DESCRIBE_VPN_GATEWAYS, e))?;
    let attached = |g: &aws_sdk_ec2::types::VpnGateway| {
        let is_attached = |state: &str| matches!(state, "attached" | "attaching" | "detaching");
        let attachment = g.vpc_attachments().iter().find(|a| a.state().is_some_and(|s| is_attached(s.as_str())))?;
        Some(thing(cloud, "ec2.vpn_gateway", g.vpn_gateway_id(), attachment.vpc_id(), g.tags(), None))
    };
    Ok(answer.vpn_gateways().iter().filter_map(attached).collect())
}

/// Those of the whole region: there are few, and a filter would need a call for each of the two ends.
async fn peerings(cloud: &Cloud) -> Read<Thing> {
    let found: Vec<_> = items!(&DESCRIBE_VPC_PEERING_CONNECTIONS, cloud.ec2.describe_vpc_peering_connections())?;
    let mut ends = Vec::new();
    for peering in &found {
        let state = peering.status().and_then(|status| status.code()).map(|code| code.as_str());
        if matches!(state, Some("deleted" | "rejected" | "failed" | "expired")) {
            continue;
        }
        for (end, other) in [
            (peering.requester_vpc_info(), peering.accepter_vpc_info()),
            (peering.accepter_vpc_info(), peering.requester_vpc_info()),
        ] {
            let (vpc, other) = (end.and_then(|end| end.vpc_id()), other.and_then(|other| other.vpc_id()));
            let detail = other.map(|vpc| format!("with {vpc}"));
            let id = peering.vpc_peering_connection_id();
            ends.push(thing(cloud, "ec2.vpc_peering_connection", id, vpc, peering.tags(), detail.as_deref()));
        }
    }
    Ok(ends)
}

/// Groups anywhere in the region that let in, or out to, one of these.
async fn referring(cloud: &Cloud, groups: &[String]) -> Vec<Read<Referring>> {
    let mut answers = Vec::new();
    for ids in groups.chunks(FILTER_VALUES_MAX) {
        for name in ["ip-permission.group-id", "egress.ip-permission.group-id"] {
            answers.push(referring_by(cloud, filter(name, ids)).await);
        }
    }
    answers
}

async fn referring_by(cloud: &Cloud, of: Filter) -> Read<Referring> {
    let found: Vec<_> = items!(&DESCRIBE_SECURITY_GROUPS, cloud.ec2.describe_security_groups().filters(of))?;
    let group = |group: &aws_sdk_ec2::types::SecurityGroup| Referring {
        id: own(group.group_id()),
        is_tagged: are_ours(cloud, group.tags()),
        name: own(group.group_name()),
        refers_to: group
            .ip_permissions()
            .iter()
            .chain(group.ip_permissions_egress())
            .flat_map(|permission| permission.user_id_group_pairs())
            .filter_map(|pair| pair.group_id())
            .map(str::to_owned)
            .collect(),
    };
    Ok(found.iter().map(group).collect())
}

/// DescribeAddresses knows no pages.
async fn addresses(cloud: &Cloud, ids: &[String]) -> Read<ElasticIp> {
    let mut all = Vec::new();
    for ids in ids.chunks(FILTER_VALUES_MAX) {
        let call = cloud.ec2.describe_addresses().filters(filter("allocation-id", ids));
        let answer = call.send().await.map_err(|e| failure(&DESCRIBE_ADDRESSES, e))?;
        all.extend(answer.addresses().iter().map(|address| ElasticIp {
            id: own(address.allocation_id()),
            public_ip: own(address.public_ip()),
            association: address.association_id().map(str::to_owned),
            interface: address.network_interface_id().map(str::to_owned),
            instance: address.instance_id().filter(|id| !id.is_empty()).map(str::to_owned),
        }));
    }
    Ok(all)
}

/// A stack has one role. The id of a role is its ARN, and its name the last part of it.
async fn profiles(cloud: &Cloud, roles: &[String]) -> Vec<Read<(String, String)>> {
    let mut answers = Vec::new();
    for arn in roles {
        let role = arn.rsplit('/').next().unwrap_or(arn);
        answers.push(profiles_of(cloud, role).await);
    }
    answers
}

async fn profiles_of(cloud: &Cloud, role: &str) -> Read<(String, String)> {
    let pages = cloud.iam.list_instance_profiles_for_role().role_name(role).into_paginator().items().send();
    match pages.try_collect().await.map_err(|e| failure(&LIST_INSTANCE_PROFILES_FOR_ROLE, e)) {
        Ok(found) => Ok(found.iter().map(|p| (p.instance_profile_name().to_owned(), role.to_owned())).collect()),
        Err(failure) if failure.class == CallError::Gone => Ok(vec![]),
        Err(failure) => Err(failure),
    }
}

async fn instances(cloud: &Cloud, by: &str, values: &[String]) -> Read<Machine> {
    let live = filter("instance-state-name", ["pending", "running", "stopping", "stopped"]);
    let call = cloud.ec2.describe_instances().filters(filter(by, values)).filters(live);
    let reservations: Vec<_> = items!(&DESCRIBE_INSTANCES, call)?;
    let machine = |instance: &Instance| {
        let instance_type = instance.instance_type().map(|t| t.as_str());
        let state = instance.state().and_then(|state| state.name()).map(|name| name.as_str());
        let details: Vec<&str> = [name_of(instance.tags()), instance_type, state].into_iter().flatten().collect();
        Machine {
            id: own(instance.instance_id()),
            is_tagged: are_ours(cloud, instance.tags()),
            detail: details.join(", "),
            profile: instance.iam_instance_profile().and_then(|profile| profile.arn()).map(str::to_owned),
        }
    };
    Ok(reservations.iter().flat_map(|reservation| reservation.instances()).map(machine).collect())
}

/// Returns the instances that do not go and have an interface or an address where something goes.
fn foreign_instances(deletions: &Deletions, foreign: &Foreign) -> Vec<String> {
    let known: BTreeSet<&str> = foreign.instances.iter().map(|machine| machine.id.as_str()).collect();
    let attached = foreign.interfaces.iter().filter_map(|interface| interface.instance.as_deref());
    let addressed = foreign.addresses.iter().filter_map(|address| address.instance.as_deref());
    let unread = attached.chain(addressed).filter(|id| !deletions.has("ec2.instance", id) && !known.contains(id));
    unread.collect::<BTreeSet<&str>>().into_iter().map(str::to_owned).collect()
}
