//! VPCs, and what comes with each: a main route table, a default security group, a default network ACL.
//!
//! Sources: EC2 API reference (CreateVpc, DeleteVpc, ModifyVpcAttribute, DescribeVpcAttribute), VPC user guide.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;

use super::query::{Described, check_form, id, page, select, tag_set};
use super::{route_table, security_group, tagging, zone};
use crate::services::action::Action;
use crate::wire::error::ApiError;
use crate::wire::params::{Params, invalid_value};
use crate::wire::xml::Xml;
use crate::world::ec2::Ec2;
use crate::world::ec2::network::{InternetGateway, Route, RouteTable, Subnet, Vpc};
use crate::world::{Tags, World};

/// The actions on VPCs.
pub(crate) const ACTIONS: &[Action] = &[
    Action {
        name: "CreateVpc",
        parameters: &[
            "DryRun",
            "CidrBlock",
            "InstanceTenancy",
            "AmazonProvidedIpv6CidrBlock",
            "TagSpecification.N.ResourceType",
            "TagSpecification.N.Tag.N.Key",
            "TagSpecification.N.Tag.N.Value",
        ],
        run: create,
    },
    Action { name: "DeleteVpc", parameters: &["DryRun", "VpcId"], run: delete },
    Action {
        name: "DescribeVpcs",
        parameters: &["DryRun", "VpcId.N", "Filter.N.Name", "Filter.N.Value.N", "MaxResults", "NextToken"],
        run: describe,
    },
    Action {
        name: "ModifyVpcAttribute",
        parameters: &[
            "VpcId",
            "EnableDnsSupport.Value",
            "EnableDnsHostnames.Value",
            "EnableNetworkAddressUsageMetrics.Value",
        ],
        run: modify_attribute,
    },
    Action { name: "DescribeVpcAttribute", parameters: &["DryRun", "VpcId", "Attribute"], run: describe_attribute },
    Action {
        name: "DescribeNetworkAcls",
        parameters: &["DryRun", "NetworkAclId.N", "Filter.N.Name", "Filter.N.Value.N", "MaxResults", "NextToken"],
        run: describe_acls,
    },
    Action {
        name: "DescribeVpcClassicLink",
        parameters: &["DryRun", "VpcId.N", "Filter.N.Name", "Filter.N.Value.N"],
        run: |_, _| {
            Err(ApiError::new(
                "UnsupportedOperation",
                "The functionality you requested is not available in this region.",
            ))
        },
    },
];

/// A VPC with its id, for the filters that look at the id.
struct WithId<'a>(&'a str, &'a Vpc);

impl Described for WithId<'_> {
    const FILTERS: &'static [&'static str] =
        &["vpc-id", "cidr", "cidr-block", "cidr-block-association.cidr-block", "is-default", "isDefault", "state"];

    fn filter_values(&self, name: &str) -> Option<Vec<String>> {
        let one = |value: &dyn ToString| Some(vec![value.to_string()]);
        match name {
            "vpc-id" => one(&self.0),
            "cidr" | "cidr-block" | "cidr-block-association.cidr-block" => one(&self.1.cidr_block),
            "is-default" | "isDefault" => one(&self.1.is_default),
            "state" => one(&"available"),
            _ => None,
        }
    }

    fn tags(&self) -> &Tags {
        &self.1.tags
    }
}

impl Ec2 {
    /// Refuses an id that is malformed or unknown.
    pub(crate) fn vpc(&self, id: &str) -> Result<&Vpc, ApiError> {
        check_form(id, "vpc", "InvalidVpcID.Malformed")?;
        self.vpcs.get(id).ok_or_else(|| not_found(id))
    }
}

fn not_found(id: &str) -> ApiError {
    ApiError::new("InvalidVpcID.NotFound", format!("The vpc ID '{id}' does not exist"))
}

/// Makes the VPC that comes with an account: a /16, a subnet in each zone, a gateway and a route to it.
pub(crate) fn make_default(world: &mut World) {
    let Ok(block) = "172.31.0.0/16".parse::<Ipv4Net>() else { return };
    let vpc_id = make(world, block, Tags::new(), true);
    let zones = zone::names(&world.region);
    let blocks = block.subnets(20).into_iter().flatten();
    for (zone, block) in zones.into_iter().zip(blocks) {
        let id = world.ids.ec2("subnet");
        let subnet = Subnet {
            vpc_id: vpc_id.clone(),
            zone,
            cidr_block: block,
            is_default: true,
            map_public_ip: true,
            tags: Tags::new(),
        };
        world.ec2.subnets.insert(id, subnet);
    }
    let gateway_id = world.ids.ec2("igw");
    let gateway = InternetGateway { vpc_id: Some(vpc_id.clone()), tags: Tags::new() };
    world.ec2.internet_gateways.insert(gateway_id.clone(), gateway);
    let main = world.ec2.route_tables.values_mut().find(|table| table.vpc_id == vpc_id);
    if let Some(table) = main {
        table.routes.push(Route::to("0.0.0.0/0", &gateway_id));
    }
}

fn make(world: &mut World, cidr_block: Ipv4Net, tags: Tags, is_default: bool) -> String {
    let id = world.ids.ec2("vpc");
    let network_acl_id = world.ids.ec2("acl");
    let vpc = Vpc {
        cidr_block,
        is_default,
        dns_support: true,
        dns_hostnames: is_default,
        usage_metrics: false,
        network_acl_id,
        tags,
    };
    world.ec2.vpcs.insert(id.clone(), vpc);
    route_table::make_main(world, &id);
    security_group::make_default(world, &id);
    id
}

const VPCS_MAX: usize = 5;

fn create(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let cidr_block = read_block(params.required("CidrBlock")?, "cidrBlock")?;
    if !(16..=28).contains(&cidr_block.prefix_len()) {
        return Err(ApiError::new("InvalidVpc.Range", format!("The CIDR '{cidr_block}' is invalid.")));
    }
    if params.flag("AmazonProvidedIpv6CidrBlock")? == Some(true) {
        return Err(invalid_value("AmazonProvidedIpv6CidrBlock", "true"));
    }
    let tags = tagging::at_creation(params, "vpc")?;
    if world.ec2.vpcs.len() >= VPCS_MAX {
        return Err(ApiError::new("VpcLimitExceeded", "The maximum number of VPCs has been reached."));
    }
    let id = make(world, cidr_block, tags, false);
    let shown = show(&id, &world.ec2.vpcs[&id], "pending", &world.account);
    Ok(Xml::new().inside("vpc", shown))
}

/// Reads a block as EC2 takes it: host bits are cleared.
pub(crate) fn read_block(text: &str, name: &str) -> Result<Ipv4Net, ApiError> {
    text.parse::<Ipv4Net>().map(|block| block.trunc()).map_err(|_| {
        let message = format!("Value ({text}) for parameter {name} is invalid. This is not a valid CIDR block.");
        ApiError::new("InvalidParameterValue", message)
    })
}

fn delete(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let id = id(params, "VpcId", "vpc", "InvalidVpcID.Malformed")?;
    world.ec2.vpc(id)?;
    let ec2 = &world.ec2;
    let main_only = |table: &RouteTable| table.is_main;
    let is_blocked = ec2.subnets.values().any(|r| r.vpc_id == id)
        || ec2.internet_gateways.values().any(|r| r.vpc_id.as_deref() == Some(id))
        || ec2.route_tables.values().any(|r| r.vpc_id == id && !main_only(r))
        || ec2.security_groups.values().any(|r| r.vpc_id == id && r.name != "default")
        || ec2.vpc_endpoints.values().any(|r| r.vpc_id == id)
        || ec2.network_interfaces.values().any(|r| r.vpc_id == id)
        || security_group::is_referred_to_from_outside(ec2, id);
    if is_blocked {
        let message = format!("The vpc '{id}' has dependencies and cannot be deleted.");
        return Err(ApiError::new("DependencyViolation", message));
    }
    let id = id.to_owned();
    let ec2 = &mut world.ec2;
    ec2.vpcs.remove(&id);
    ec2.route_tables.retain(|_, r| r.vpc_id != id);
    ec2.security_groups.retain(|_, r| r.vpc_id != id);
    let groups = &ec2.security_groups;
    ec2.security_group_rules.retain(|_, r| groups.contains_key(&r.group_id));
    Ok(Xml::returns_true())
}

fn describe(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let ids = params.list("VpcId");
    ids.iter().try_for_each(|id| check_form(id, "vpc", "InvalidVpcID.Malformed"))?;
    let found = select(&world.ec2.vpcs, &ids, params, WithId, not_found)?;
    let (found, next) = page(params, found, 5, 1000)?;
    let rows: Vec<Xml> = found.iter().map(|(id, vpc)| show(id, vpc.1, "available", &world.account)).collect();
    Ok(Xml::new().set("vpcSet", rows).optional("nextToken", next))
}

fn show(id: &str, vpc: &Vpc, state: &str, account: &str) -> Xml {
    let block = Xml::new()
        .text("cidrBlock", vpc.cidr_block)
        .text("associationId", id.replacen("vpc-", "vpc-cidr-assoc-", 1))
        .inside("cidrBlockState", Xml::new().text("state", "associated"));
    Xml::new()
        .text("vpcId", id)
        .text("ownerId", account)
        .text("state", state)
        .text("cidrBlock", vpc.cidr_block)
        .set("cidrBlockAssociationSet", [block])
        .text("dhcpOptionsId", "dopt-00000000000000001")
        .text("instanceTenancy", "default")
        .text("isDefault", vpc.is_default)
        .and(tag_set(&vpc.tags))
}

/// "You can modify only one attribute at a time" (ModifyVpcAttribute).
fn modify_attribute(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let id = id(params, "VpcId", "vpc", "InvalidVpcID.Malformed")?;
    world.ec2.vpc(id)?;
    let support = params.flag("EnableDnsSupport.Value")?;
    let hostnames = params.flag("EnableDnsHostnames.Value")?;
    let metrics = params.flag("EnableNetworkAddressUsageMetrics.Value")?;
    let count = [support, hostnames, metrics].iter().flatten().count();
    if count != 1 {
        let message = "Fields for exactly one attribute must be specified";
        return Err(ApiError::new("InvalidParameterCombination", message));
    }
    if let Some(vpc) = world.ec2.vpcs.get_mut(id) {
        vpc.dns_support = support.unwrap_or(vpc.dns_support);
        vpc.dns_hostnames = hostnames.unwrap_or(vpc.dns_hostnames);
        vpc.usage_metrics = metrics.unwrap_or(vpc.usage_metrics);
    }
    Ok(Xml::returns_true())
}

fn describe_attribute(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let id = id(params, "VpcId", "vpc", "InvalidVpcID.Malformed")?;
    let vpc = world.ec2.vpc(id)?;
    let (name, value) = match params.required("Attribute")? {
        "enableDnsSupport" => ("enableDnsSupport", vpc.dns_support),
        "enableDnsHostnames" => ("enableDnsHostnames", vpc.dns_hostnames),
        "enableNetworkAddressUsageMetrics" => ("enableNetworkAddressUsageMetrics", vpc.usage_metrics),
        other => return Err(invalid_value("attribute", other)),
    };
    Ok(Xml::new().text("vpcId", id).inside(name, Xml::new().text("value", value)))
}

struct Acl<'a> {
    vpc_id: &'a str,
    subnets: Vec<String>,
}

impl Described for Acl<'_> {
    const FILTERS: &'static [&'static str] = &["vpc-id", "default", "association.subnet-id"];

    fn filter_values(&self, name: &str) -> Option<Vec<String>> {
        match name {
            "vpc-id" => Some(vec![self.vpc_id.to_owned()]),
            "default" => Some(vec!["true".to_owned()]),
            "association.subnet-id" => Some(self.subnets.clone()),
            _ => None,
        }
    }
}

/// Every VPC has its default ACL and no other can be made here.
fn describe_acls(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let ec2 = &world.ec2;
    let subnets_of =
        |vpc: &str| ec2.subnets.iter().filter(|(_, s)| s.vpc_id == vpc).map(|(id, _)| id.clone()).collect();
    let all: BTreeMap<String, Acl<'_>> = ec2
        .vpcs
        .iter()
        .map(|(id, vpc)| (vpc.network_acl_id.clone(), Acl { vpc_id: id, subnets: subnets_of(id) }))
        .collect();
    let missing =
        |id: &str| ApiError::new("InvalidNetworkAclID.NotFound", format!("The networkAcl ID '{id}' does not exist"));
    let found = select(&all, &params.list("NetworkAclId"), params, |_, acl| acl, missing)?;
    let (found, next) = page(params, found, 5, 1000)?;
    let rows: Vec<Xml> = found.iter().map(|(id, acl)| show_acl(id, acl, &world.account)).collect();
    Ok(Xml::new().set("networkAclSet", rows).optional("nextToken", next))
}

fn show_acl(id: &str, acl: &Acl<'_>, account: &str) -> Xml {
    let entry = |number: u32, action: &str, egress: bool| {
        Xml::new()
            .text("ruleNumber", number)
            .text("protocol", "-1")
            .text("ruleAction", action)
            .text("egress", egress)
            .text("cidrBlock", "0.0.0.0/0")
    };
    let entries = [(100, "allow"), (32767, "deny")]
        .into_iter()
        .flat_map(|(number, action)| [entry(number, action, true), entry(number, action, false)]);
    let association = |subnet: &String| {
        Xml::new()
            .text("networkAclAssociationId", subnet.replacen("subnet-", "aclassoc-", 1))
            .text("networkAclId", id)
            .text("subnetId", subnet)
    };
    Xml::new()
        .text("networkAclId", id)
        .text("vpcId", acl.vpc_id)
        .text("default", true)
        .text("ownerId", account)
        .set("entrySet", entries)
        .set("associationSet", acl.subnets.iter().map(association))
        .and(tag_set(&Tags::new()))
}
