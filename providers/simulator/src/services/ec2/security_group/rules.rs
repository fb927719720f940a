//! The rules of security groups.
//!
//! Sources: EC2 API reference (AuthorizeSecurityGroupIngress, RevokeSecurityGroupIngress, DescribeSecurityGroupRules),
//! VPC user guide "Security group rules": a call is carried out whole or not at all; each source of a permission makes a
//! rule of its own; two rules are the same if direction, protocol, ports and source are.

use ipnet::IpNet;

use super::super::query::{Described, page, select, tag_set};
use super::super::tagging;
use crate::wire::error::ApiError;
use crate::wire::params::{Params, invalid_value};
use crate::wire::xml::Xml;
use crate::world::ec2::network::SecurityGroupRule;
use crate::world::{Tags, World};

pub(super) const PERMISSIONS: &[&str] = &[
    "DryRun",
    "GroupId",
    "SecurityGroupRuleId.N",
    "IpPermissions.N.IpProtocol",
    "IpPermissions.N.FromPort",
    "IpPermissions.N.ToPort",
    "IpPermissions.N.IpRanges.N.CidrIp",
    "IpPermissions.N.IpRanges.N.Description",
    "IpPermissions.N.Ipv6Ranges.N.CidrIpv6",
    "IpPermissions.N.Ipv6Ranges.N.Description",
    "IpPermissions.N.Groups.N.GroupId",
    "IpPermissions.N.Groups.N.UserId",
    "IpPermissions.N.Groups.N.Description",
    "TagSpecification.N.ResourceType",
    "TagSpecification.N.Tag.N.Key",
    "TagSpecification.N.Tag.N.Value",
];

pub(super) const DESCRIPTIONS: &[&str] = &[
    "DryRun",
    "GroupId",
    "SecurityGroupRuleDescription.N.SecurityGroupRuleId",
    "SecurityGroupRuleDescription.N.Description",
];

/// Most rules of a group, direction and address family.
const RULES_MAX: usize = 60;

impl SecurityGroupRule {
    /// The rule that every new group has: everything may go out.
    pub(super) fn everything_out(group_id: &str) -> SecurityGroupRule {
        let cidr = "0.0.0.0/0".parse().ok();
        SecurityGroupRule { is_egress: true, cidr, source_group_id: None, ..Self::everything_from_group(group_id) }
    }

    /// The rule of a default group: its members may reach each other.
    pub(super) fn everything_from_group(group_id: &str) -> SecurityGroupRule {
        SecurityGroupRule {
            group_id: group_id.to_owned(),
            is_egress: false,
            protocol: "-1".to_owned(),
            from_port: -1,
            to_port: -1,
            cidr: None,
            source_group_id: Some(group_id.to_owned()),
            description: None,
            tags: Tags::new(),
        }
    }

    fn is_same_rule(&self, other: &SecurityGroupRule) -> bool {
        self.group_id == other.group_id
            && self.is_egress == other.is_egress
            && self.protocol == other.protocol
            && self.from_port == other.from_port
            && self.to_port == other.to_port
            && self.cidr == other.cidr
            && self.source_group_id == other.source_group_id
    }

    fn peer(&self) -> String {
        self.cidr.map(|cidr| cidr.to_string()).or_else(|| self.source_group_id.clone()).unwrap_or_default()
    }
}

struct WithId<'a>(&'a str, &'a SecurityGroupRule);

impl Described for WithId<'_> {
    const FILTERS: &'static [&'static str] = &["group-id", "security-group-rule-id"];

    fn filter_values(&self, name: &str) -> Option<Vec<String>> {
        match name {
            "group-id" => Some(vec![self.1.group_id.clone()]),
            "security-group-rule-id" => Some(vec![self.0.to_owned()]),
            _ => None,
        }
    }

    fn tags(&self) -> &Tags {
        &self.1.tags
    }
}

/// Adds a rule and returns its id.
pub(super) fn add(world: &mut World, rule: SecurityGroupRule) -> String {
    let id = world.ids.ec2("sgr");
    world.ec2.security_group_rules.insert(id.clone(), rule);
    id
}

pub(super) fn authorize_ingress(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    authorize(world, params, false)
}

pub(super) fn authorize_egress(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    authorize(world, params, true)
}

fn authorize(world: &mut World, params: &Params, is_egress: bool) -> Result<Xml, ApiError> {
    let group_id = params.required("GroupId")?;
    world.ec2.security_group(group_id)?;
    let tags = tagging::at_creation(params, "security-group-rule")?;
    let mut rules = read_permissions(world, params, group_id, is_egress)?;
    for (index, rule) in rules.iter().enumerate() {
        if rules[..index].iter().any(|other| other.is_same_rule(rule)) {
            return Err(ApiError::new("InvalidParameterValue", "The same permission must not appear multiple times"));
        }
        if world.ec2.security_group_rules.values().any(|other| other.is_same_rule(rule)) {
            let message =
                format!("the specified rule \"peer: {}, {}, ALLOW\" already exists", rule.peer(), ports(rule));
            return Err(ApiError::new("InvalidPermission.Duplicate", message));
        }
    }
    let is_counted = |rule: &&SecurityGroupRule| rule.group_id == group_id && rule.is_egress == is_egress;
    if world.ec2.security_group_rules.values().filter(is_counted).count() + rules.len() > RULES_MAX {
        let message = "The maximum number of rules per security group has been reached.";
        return Err(ApiError::new("RulesPerSecurityGroupLimitExceeded", message));
    }
    rules.iter_mut().for_each(|rule| rule.tags = tags.clone());
    let ids: Vec<String> = rules.into_iter().map(|rule| add(world, rule)).collect();
    let rows: Vec<Xml> = ids.iter().map(|id| show(world, id)).collect();
    Ok(Xml::returns_true().set("securityGroupRuleSet", rows))
}

fn ports(rule: &SecurityGroupRule) -> String {
    let protocol = rule.protocol.to_uppercase();
    if rule.protocol == "-1" {
        return "ALL".to_owned();
    }
    format!("{protocol}, from port: {}, to port: {}", rule.from_port, rule.to_port)
}

/// Each source of each permission is a rule.
fn read_permissions(
    world: &World,
    params: &Params,
    group_id: &str,
    is_egress: bool,
) -> Result<Vec<SecurityGroupRule>, ApiError> {
    let mut rules = Vec::new();
    for permission in params.structures("IpPermissions") {
        let (protocol, from_port, to_port) = read_ports(&permission)?;
        let rule = SecurityGroupRule {
            protocol,
            from_port,
            to_port,
            is_egress,
            source_group_id: None,
            ..SecurityGroupRule::everything_from_group(group_id)
        };
        let described = |source: &Params| source.get("Description").map(str::to_owned);
        let before = rules.len();
        for (list, name) in [("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6")] {
            for range in permission.structures(list) {
                let cidr = Some(read_cidr(range.required(name)?, name)?);
                rules.push(SecurityGroupRule { cidr, description: described(&range), ..rule.clone() });
            }
        }
        for group in permission.structures("Groups") {
            let source = group.required("GroupId")?;
            world.ec2.security_group(source)?;
            let (source, description) = (Some(source.to_owned()), described(&group));
            rules.push(SecurityGroupRule { source_group_id: source, description, ..rule.clone() });
        }
        if rules.len() == before {
            return Err(ApiError::new("MissingParameter", "The request must contain a source of the permission"));
        }
    }
    if rules.is_empty() {
        return Err(ApiError::new("MissingParameter", "The request must contain the parameter ipPermissions"));
    }
    Ok(rules)
}

fn read_cidr(text: &str, name: &str) -> Result<IpNet, ApiError> {
    let invalid = || {
        let message = format!("CIDR block {text} is malformed");
        ApiError::new("InvalidParameterValue", message)
    };
    let cidr: IpNet = text.parse().map_err(|_| invalid())?;
    let is_of_family = matches!(cidr, IpNet::V6(_)) == (name == "CidrIpv6");
    if is_of_family { Ok(cidr.trunc()) } else { Err(invalid()) }
}

fn read_ports(permission: &Params) -> Result<(String, i64, i64), ApiError> {
    let protocol = match permission.required("IpProtocol")? {
        "6" => "tcp",
        "17" => "udp",
        "1" => "icmp",
        "all" => "-1",
        other => other,
    };
    let is_known = matches!(protocol, "tcp" | "udp" | "icmp" | "icmpv6" | "-1") || protocol.parse::<u8>().is_ok();
    if !is_known {
        return Err(invalid_value("ipProtocol", protocol));
    }
    if protocol == "-1" {
        return Ok((protocol.to_owned(), -1, -1));
    }
    let (from, to) = (permission.number("FromPort")?, permission.number("ToPort")?);
    let (Some(from), Some(to)) = (from, to) else {
        let message = format!("Invalid value 'null' for portRange of protocol {protocol}.");
        return Err(ApiError::new("InvalidParameterValue", message));
    };
    let is_possible = if matches!(protocol, "tcp" | "udp") {
        (0..=65535).contains(&from) && (0..=65535).contains(&to) && from <= to
    } else {
        (-1..=255).contains(&from) && (-1..=255).contains(&to)
    };
    if !is_possible {
        let message = format!("Invalid TCP/UDP port range ({from}:{to})");
        return Err(ApiError::new("InvalidParameterValue", message));
    }
    Ok((protocol.to_owned(), from, to))
}

pub(super) fn revoke_ingress(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    revoke(world, params, false)
}

pub(super) fn revoke_egress(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    revoke(world, params, true)
}

fn revoke(world: &mut World, params: &Params, is_egress: bool) -> Result<Xml, ApiError> {
    let group_id = params.required("GroupId")?;
    world.ec2.security_group(group_id)?;
    let mut ids: Vec<String> = Vec::new();
    for id in params.list("SecurityGroupRuleId") {
        let is_of_group = |rule: &&SecurityGroupRule| rule.group_id == group_id && rule.is_egress == is_egress;
        if world.ec2.security_group_rules.get(id).filter(is_of_group).is_none() {
            let message = format!("The security group rule ID '{id}' does not exist");
            return Err(ApiError::new("InvalidSecurityGroupRuleId.NotFound", message));
        }
        ids.push(id.to_owned());
    }
    if ids.is_empty() {
        for rule in read_permissions(world, params, group_id, is_egress)? {
            let same = world.ec2.security_group_rules.iter().find(|(_, other)| other.is_same_rule(&rule));
            let Some((id, _)) = same else {
                let message = "The specified rule does not exist in this security group.";
                return Err(ApiError::new("InvalidPermission.NotFound", message));
            };
            ids.push(id.clone());
        }
    }
    ids.iter().for_each(|id| drop(world.ec2.security_group_rules.remove(id)));
    Ok(Xml::returns_true())
}

pub(super) fn update_descriptions(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let group_id = params.required("GroupId")?;
    world.ec2.security_group(group_id)?;
    let entries = params.structures("SecurityGroupRuleDescription");
    for entry in &entries {
        let id = entry.required("SecurityGroupRuleId")?;
        if world.ec2.security_group_rules.get(id).is_none_or(|rule| rule.group_id != group_id) {
            let message = format!("The security group rule ID '{id}' does not exist");
            return Err(ApiError::new("InvalidSecurityGroupRuleId.NotFound", message));
        }
    }
    for entry in &entries {
        let rule = entry.get("SecurityGroupRuleId").and_then(|id| world.ec2.security_group_rules.get_mut(id));
        if let Some(rule) = rule {
            rule.description = entry.get("Description").map(str::to_owned);
        }
    }
    Ok(Xml::returns_true())
}

pub(super) fn describe(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let missing = |id: &str| {
        let message = format!("The security group rule ID '{id}' does not exist");
        ApiError::new("InvalidSecurityGroupRuleId.NotFound", message)
    };
    let found = select(&world.ec2.security_group_rules, &params.list("SecurityGroupRuleId"), params, WithId, missing)?;
    let (found, next) = page(params, found, 5, 1000)?;
    let rows: Vec<Xml> = found.iter().map(|(id, _)| show(world, id)).collect();
    Ok(Xml::new().set("securityGroupRuleSet", rows).optional("nextToken", next))
}

fn show(world: &World, id: &str) -> Xml {
    let Some(rule) = world.ec2.security_group_rules.get(id) else { return Xml::new() };
    let arn = format!("arn:{}:ec2:{}:{}:security-group-rule/{id}", world.partition, world.region, world.account);
    let family = match rule.cidr {
        Some(IpNet::V6(_)) => "cidrIpv6",
        _ => "cidrIpv4",
    };
    let shown = Xml::new()
        .text("securityGroupRuleId", id)
        .text("securityGroupRuleArn", arn)
        .text("groupId", &rule.group_id)
        .text("groupOwnerId", &world.account)
        .text("isEgress", rule.is_egress)
        .text("ipProtocol", &rule.protocol)
        .text("fromPort", rule.from_port)
        .text("toPort", rule.to_port)
        .optional(family, rule.cidr)
        .optional("description", rule.description.as_ref());
    let shown = match &rule.source_group_id {
        Some(group) => {
            let info = Xml::new().text("groupId", group).text("userId", &world.account);
            shown.inside("referencedGroupInfo", info)
        }
        None => shown,
    };
    shown.and(tag_set(&rule.tags))
}

/// Returns a group's rules as DescribeSecurityGroups shows them: sources of the same ports together.
pub(super) fn permissions_of(world: &World, group_id: &str, is_egress: bool) -> Vec<Xml> {
    let mut rules: Vec<&SecurityGroupRule> = world
        .ec2
        .security_group_rules
        .values()
        .filter(|rule| rule.group_id == group_id && rule.is_egress == is_egress)
        .collect();
    let ports = |rule: &SecurityGroupRule| (rule.protocol.clone(), rule.from_port, rule.to_port);
    rules.sort_by_key(|rule| ports(rule));
    rules.chunk_by(|a, b| ports(a) == ports(b)).map(|same| permission(world, same)).collect()
}

fn permission(world: &World, rules: &[&SecurityGroupRule]) -> Xml {
    let Some(first) = rules.first() else { return Xml::new() };
    let described = |row: Xml, rule: &SecurityGroupRule| row.optional("description", rule.description.as_ref());
    let of_family = |wants_v6: bool, name: &'static str| {
        let cidrs = rules.iter().filter_map(move |rule| Some((rule, rule.cidr?)));
        let family = cidrs.filter(move |(_, cidr)| matches!(cidr, IpNet::V6(_)) == wants_v6);
        family.map(move |(rule, cidr)| described(Xml::new().text(name, cidr), rule)).collect::<Vec<_>>()
    };
    let groups = rules.iter().filter_map(|rule| Some((rule, rule.source_group_id.as_ref()?)));
    let groups =
        groups.map(|(rule, id)| described(Xml::new().text("userId", &world.account).text("groupId", id), rule));
    let ports = if first.protocol == "-1" {
        Xml::new()
    } else {
        Xml::new().text("fromPort", first.from_port).text("toPort", first.to_port)
    };
    Xml::new()
        .text("ipProtocol", &first.protocol)
        .and(ports)
        .set("groups", groups)
        .set("ipRanges", of_family(false, "cidrIp"))
        .set("ipv6Ranges", of_family(true, "cidrIpv6"))
        .set("prefixListIds", [])
}
