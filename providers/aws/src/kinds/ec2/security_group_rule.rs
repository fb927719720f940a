//! `ec2.security_group_rule`: one source that may reach one range of ports.
//!
//! Rules of one group, direction and set of tags go out as one call, which EC2 carries out whole or not at all. A rule
//! is the same rule if direction, protocol, ports and source are the same; EC2 refuses a second one
//! (InvalidPermission.Duplicate).

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{
    Filter, IpPermission, IpRange, Ipv6Range, PrefixListId, ResourceType, SecurityGroupRule as Ec2Rule,
    SecurityGroupRuleDescription, UserIdGroupPair,
};
use landfall_aws_blueprint::addresses;
use landfall_aws_blueprint::shared_names::INGRESS;
use landfall_engine::attribute::Claim;
use landfall_engine::call_properties::CallProperties;
use landfall_engine::kind::{DiesWith, Field, Schema};
use landfall_engine::provider::{Ask, CallError, CallFailure};
use landfall_engine::resource::Literals;
use landfall_engine::snapshot::{ObservedResource, Readiness};
use serde::{Deserialize, Serialize};

use super::retagging::retag;
use crate::classify::{failure, incomplete, not_yet_visible};
use crate::cloud::{Cloud, FILTER_VALUES_MAX, filter};
use crate::kinds::{AddressIndex, DELETED, Pending, ResourceKind, Seen, SendResult, Sweep, created, sets, updated};
use crate::leftover::{Leftover, Leftovers};
use crate::operation::{AUTHORIZE_SECURITY_GROUP_EGRESS, CREATE_TAGS, Calls, EC2_TAGS_CHANGED, Operation, Sent, arn};
use crate::shape::{properties_of, read_shape, shape_of};
use crate::tags::{self, Tags};

const AUTHORIZE_SECURITY_GROUP_INGRESS: Operation = Operation::new("ec2:AuthorizeSecurityGroupIngress")
    .on(&[arn::SECURITY_GROUP, arn::SECURITY_GROUP_RULE])
    .by_resource_tag()
    .by_request_tag()
    .also(&[&CREATE_TAGS]);
pub(super) const DESCRIBE_SECURITY_GROUP_RULES: Operation = Operation::new("ec2:DescribeSecurityGroupRules");
const REVOKE_SECURITY_GROUP_EGRESS: Operation =
    Operation::new("ec2:RevokeSecurityGroupEgress").on(&[arn::SECURITY_GROUP]).by_resource_tag();
const REVOKE_SECURITY_GROUP_INGRESS: Operation =
    Operation::new("ec2:RevokeSecurityGroupIngress").on(&[arn::SECURITY_GROUP]).by_resource_tag();
const UPDATE_SECURITY_GROUP_RULE_DESCRIPTIONS_EGRESS: Operation =
    Operation::new("ec2:UpdateSecurityGroupRuleDescriptionsEgress").on(&[arn::SECURITY_GROUP]).by_resource_tag();
const UPDATE_SECURITY_GROUP_RULE_DESCRIPTIONS_INGRESS: Operation =
    Operation::new("ec2:UpdateSecurityGroupRuleDescriptionsIngress").on(&[arn::SECURITY_GROUP]).by_resource_tag();

const SCHEMA: Schema = {
    let mut schema = Schema::new(
        "ec2.security_group_rule",
        &[
            Field::new("group_id").immutable(),
            Field::new("direction").immutable(),
            Field::new("protocol").immutable(),
            Field::new("from_port").immutable(),
            Field::new("to_port").immutable(),
            Field::new("cidr").immutable(),
            Field::new("source_group_id").immutable(),
            Field::new("prefix_list_id").immutable(),
            Field::new("description"),
            Field::new("tags"),
        ],
    );
    // A group's deletion deletes its rules; but while a rule refers to another group, that one cannot be deleted.
    schema.dies_with = Some(DiesWith { container: "group_id", unless_refers: &["source_group_id"] });
    schema
};

/// Rules of a group and direction that AWS allows by default: as many fit into one call.
const RULES_MAX: usize = 60;
const EGRESS: &str = "egress";

/// Ingress and egress have calls of their own. Rules that are there already are looked up and not made again.
const CALLS: Calls = Calls::new(
    Sent::always(&[&AUTHORIZE_SECURITY_GROUP_INGRESS])
        .sometimes(&[&AUTHORIZE_SECURITY_GROUP_EGRESS, &DESCRIBE_SECURITY_GROUP_RULES]),
    Sent::always(&[&REVOKE_SECURITY_GROUP_INGRESS]).sometimes(&[&REVOKE_SECURITY_GROUP_EGRESS]),
)
.update(&[
    (
        "description",
        Sent::always(&[&UPDATE_SECURITY_GROUP_RULE_DESCRIPTIONS_INGRESS])
            .sometimes(&[&UPDATE_SECURITY_GROUP_RULE_DESCRIPTIONS_EGRESS]),
    ),
    ("tags", EC2_TAGS_CHANGED),
])
.sweep(Sent::always(&[&DESCRIBE_SECURITY_GROUP_RULES]));

/// The kind.
pub(crate) struct SecurityGroupRule;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Shape {
    group_id: String,
    direction: String,
    /// `tcp`, `udp`, `icmp`, or `-1` for everything.
    protocol: String,
    from_port: Option<i32>,
    to_port: Option<i32>,
    cidr: Option<String>,
    source_group_id: Option<String>,
    prefix_list_id: Option<String>,
    description: Option<String>,
    #[serde(default)]
    tags: Tags,
}

/// What makes a rule the same rule.
type Identity = (String, String, Option<i32>, Option<i32>, Option<String>);

impl Shape {
    fn identity(&self) -> Identity {
        let source = self.cidr.clone().or(self.source_group_id.clone()).or(self.prefix_list_id.clone());
        (self.direction.clone(), self.protocol.clone(), self.from_port, self.to_port, source)
    }

    fn permission(&self) -> IpPermission {
        let mut permission =
            IpPermission::builder().ip_protocol(&self.protocol).set_from_port(self.from_port).set_to_port(self.to_port);
        let description = self.description.clone();
        if let Some(cidr) = &self.cidr {
            permission = if cidr.contains(':') {
                permission
                    .ipv6_ranges(Ipv6Range::builder().cidr_ipv6(cidr).set_description(description.clone()).build())
            } else {
                permission.ip_ranges(IpRange::builder().cidr_ip(cidr).set_description(description.clone()).build())
            };
        }
        if let Some(group) = &self.source_group_id {
            let pair = UserIdGroupPair::builder().group_id(group).set_description(description.clone());
            permission = permission.user_id_group_pairs(pair.build());
        }
        if let Some(list) = &self.prefix_list_id {
            let id = PrefixListId::builder().prefix_list_id(list).set_description(description);
            permission = permission.prefix_list_ids(id.build());
        }
        permission.build()
    }
}

impl ResourceKind for SecurityGroupRule {
    fn schema(&self) -> Schema {
        SCHEMA
    }

    fn calls(&self) -> Calls {
        CALLS
    }

    fn sweep(&self) -> Sweep {
        Sweep::ListedAs(&["security-group-rule"])
    }

    fn remaining<'a>(&'a self, cloud: &'a Cloud, _listed_as: &'a str, ids: Vec<String>) -> Pending<'a, Leftovers> {
        Box::pin(async move {
            let mut all = Vec::new();
            for ids in ids.chunks(FILTER_VALUES_MAX) {
                let rules = read_filtered(cloud, filter("security-group-rule-id", ids)).await?;
                all.extend(rules.iter().map(|rule| {
                    let details = [Some(rule.group_id()), Some(&*rule.shape.direction)];
                    Leftover::new(&SCHEMA.kind, Some(&rule.id), &details).going_with(rule.group_id())
                }));
            }
            Ok(all)
        })
    }

    fn claim(&self, seen: &Seen, addresses: &AddressIndex<'_>) -> Claim {
        let Ok(shape) = read_shape::<Shape>(&seen.resource.properties) else { return Claim::Nothing };
        let Some(group) = addresses.name_of(&shape.group_id) else { return Claim::Nothing };
        let source = match &shape.source_group_id {
            Some(id) => addresses.name_of(id).unwrap_or(id),
            None => shape.cidr.as_deref().or(shape.prefix_list_id.as_deref()).unwrap_or("unknown"),
        };
        Claim::Address(addresses::security_group_rule(
            group,
            &shape.direction,
            &shape.protocol,
            shape.from_port,
            shape.to_port,
            source,
        ))
    }

    fn batch(&self, ask: &Ask) -> Option<(String, usize)> {
        let (verb, properties) = match ask {
            Ask::Create { properties } => ("authorize", properties),
            Ask::Delete { properties, .. } => ("revoke", properties),
            Ask::Update { .. } => return None,
        };
        let shape: Shape = read_shape(properties).ok()?;
        // One call gives all its rules the same tags.
        let tags = if verb == "authorize" { format!("{:?}", shape.tags) } else { String::new() };
        Some((format!("{verb} {} {} {tags}", shape.group_id, shape.direction), RULES_MAX))
    }

    fn send<'a>(&'a self, cloud: &'a Cloud, _token: &'a str, asks: &'a [Ask]) -> Pending<'a, Vec<SendResult>> {
        Box::pin(async move {
            match asks.first() {
                Some(Ask::Create { .. }) => authorize_all(cloud, asks).await,
                Some(Ask::Delete { .. }) => revoke_all(cloud, asks).await,
                Some(Ask::Update { .. }) => vec![update(cloud, &asks[0]).await],
                None => vec![],
            }
        })
    }
}

// ---- authorizing

async fn authorize_all(cloud: &Cloud, asks: &[Ask]) -> Vec<SendResult> {
    let mut wanted = Vec::new();
    for ask in asks {
        let Ask::Create { properties } = ask else { continue };
        match shape_of::<Shape>(properties, &AUTHORIZE_SECURITY_GROUP_INGRESS) {
            Ok(shape) => wanted.push(shape),
            Err(failure) => return vec![Err(failure); asks.len()],
        }
    }
    match authorize(cloud, &wanted).await {
        Ok(ids) => ids,
        // Some of them are there already: a run broke off, or somebody was faster. Those are taken as they are.
        Err(failure) if failure.code.as_deref() == Some("InvalidPermission.Duplicate") => {
            match authorize_missing(cloud, &wanted).await {
                Ok(answers) => answers,
                Err(failure) => vec![Err(failure); asks.len()],
            }
        }
        Err(failure) => vec![Err(failure); asks.len()],
    }
}

async fn authorize_missing(cloud: &Cloud, wanted: &[Shape]) -> Result<Vec<SendResult>, CallFailure> {
    let existing = ids_by_identity(cloud, &wanted[0].group_id).await?;
    let missing: Vec<Shape> = wanted.iter().filter(|rule| !existing.contains_key(&rule.identity())).cloned().collect();
    let mut made = if missing.is_empty() { vec![] } else { authorize(cloud, &missing).await? }.into_iter();
    let answer = |rule: &Shape| match existing.get(&rule.identity()) {
        Some(id) => Ok(created(id, Literals::new())),
        None => made.next().unwrap_or_else(|| Err(incomplete(&AUTHORIZE_SECURITY_GROUP_INGRESS, "a rule"))),
    };
    Ok(wanted.iter().map(answer).collect())
}

async fn authorize(cloud: &Cloud, wanted: &[Shape]) -> Result<Vec<SendResult>, CallFailure> {
    let Some(first) = wanted.first() else { return Ok(vec![]) };
    let permissions: Vec<IpPermission> = wanted.iter().map(Shape::permission).collect();
    let tags = cloud.tag_specification(ResourceType::SecurityGroupRule, &first.tags);
    let (operation, rules) = if first.direction == EGRESS {
        let call = cloud.ec2.authorize_security_group_egress().group_id(&first.group_id);
        let call = call.set_ip_permissions(Some(permissions)).tag_specifications(tags);
        let answer = call.customize().config_override(cloud.ec2_once()).send().await;
        let operation = &AUTHORIZE_SECURITY_GROUP_EGRESS;
        (operation, answer.map(|a| a.security_group_rules().to_vec()).map_err(|e| failure(operation, e)))
    } else {
        let call = cloud.ec2.authorize_security_group_ingress().group_id(&first.group_id);
        let call = call.set_ip_permissions(Some(permissions)).tag_specifications(tags);
        let answer = call.customize().config_override(cloud.ec2_once()).send().await;
        let operation = &AUTHORIZE_SECURITY_GROUP_INGRESS;
        (operation, answer.map(|a| a.security_group_rules().to_vec()).map_err(|e| failure(operation, e)))
    };
    let rules = rules.map_err(not_yet_visible)?;
    let ids: BTreeMap<Identity, String> =
        rules.iter().map(|rule| (shape_of_ec2(rule).identity(), rule_id(rule))).collect();
    let answer = |rule: &Shape| match ids.get(&rule.identity()) {
        Some(id) => Ok(created(id, Literals::new())),
        None => Err(incomplete(operation, "the id of a rule")),
    };
    Ok(wanted.iter().map(answer).collect())
}

async fn ids_by_identity(cloud: &Cloud, group: &str) -> Result<BTreeMap<Identity, String>, CallFailure> {
    let rules = read(cloud, vec![group.to_owned()]).await?;
    Ok(rules.into_iter().map(|rule| (rule.shape.identity(), rule.id)).collect())
}

// ---- revoking and changing

async fn revoke_all(cloud: &Cloud, asks: &[Ask]) -> Vec<SendResult> {
    match revoke(cloud, asks).await {
        Ok(()) => vec![Ok(DELETED); asks.len()],
        // One unknown rule makes EC2 refuse the whole call: then each goes alone.
        Err(failure) if failure.class == CallError::Gone && asks.len() > 1 => {
            let mut answers = Vec::new();
            for ask in asks {
                answers.push(revoke(cloud, std::slice::from_ref(ask)).await.map(|()| DELETED));
            }
            answers
        }
        Err(failure) => vec![Err(failure); asks.len()],
    }
}

async fn revoke(cloud: &Cloud, asks: &[Ask]) -> Result<(), CallFailure> {
    let deletions = asks.iter().filter_map(|ask| match ask {
        Ask::Delete { id, properties, .. } => Some((id.to_string(), properties)),
        _ => None,
    });
    let (ids, properties): (Vec<String>, Vec<&CallProperties>) = deletions.unzip();
    let Some(first) = properties.first() else { return Ok(()) };
    let shape: Shape = shape_of(*first, &REVOKE_SECURITY_GROUP_INGRESS)?;
    if shape.direction == EGRESS {
        let call = cloud.ec2.revoke_security_group_egress().group_id(shape.group_id);
        let answer = call.set_security_group_rule_ids(Some(ids)).send().await;
        answer.map(drop).map_err(|e| gone_with_its_group(failure(&REVOKE_SECURITY_GROUP_EGRESS, e)))
    } else {
        let call = cloud.ec2.revoke_security_group_ingress().group_id(shape.group_id);
        let answer = call.set_security_group_rule_ids(Some(ids)).send().await;
        answer.map(drop).map_err(|e| gone_with_its_group(failure(&REVOKE_SECURITY_GROUP_INGRESS, e)))
    }
}

async fn update(cloud: &Cloud, ask: &Ask) -> SendResult {
    let Ask::Update { id, properties, .. } = ask else { return Ok(updated()) };
    if sets(ask, "description") {
        let wanted: Shape = shape_of(properties, &UPDATE_SECURITY_GROUP_RULE_DESCRIPTIONS_INGRESS)?;
        let entry = SecurityGroupRuleDescription::builder()
            .security_group_rule_id(id.as_str())
            .set_description(wanted.description.clone())
            .build();
        if wanted.direction == EGRESS {
            let call = cloud.ec2.update_security_group_rule_descriptions_egress().group_id(wanted.group_id);
            let answer = call.security_group_rule_descriptions(entry).send().await;
            answer.map_err(|e| failure(&UPDATE_SECURITY_GROUP_RULE_DESCRIPTIONS_EGRESS, e))?;
        } else {
            let call = cloud.ec2.update_security_group_rule_descriptions_ingress().group_id(wanted.group_id);
            let answer = call.security_group_rule_descriptions(entry).send().await;
            answer.map_err(|e| failure(&UPDATE_SECURITY_GROUP_RULE_DESCRIPTIONS_INGRESS, e))?;
        }
    }
    if sets(ask, "tags") { retag(cloud, ask).await } else { Ok(updated()) }
}

// ---- reading

/// A rule as EC2 shows it.
pub(super) struct ReadRule {
    id: String,
    shape: Shape,
    tags: Tags,
}

impl ReadRule {
    /// Tells whether this is the rule that AWS gives to every group of a network without IPv6.
    pub(super) fn is_default_egress(&self) -> bool {
        let everywhere = self.shape.cidr.as_deref() == Some("0.0.0.0/0");
        self.shape.direction == EGRESS && self.shape.protocol == "-1" && everywhere
    }

    pub(super) fn group_id(&self) -> &str {
        &self.shape.group_id
    }

    pub(super) fn seen(self) -> Seen {
        let resource = ObservedResource {
            kind: SCHEMA.kind,
            id: self.id.into(),
            properties: properties_of(&self.shape),
            outputs: Literals::new(),
            readiness: Readiness::Ready,
        };
        Seen { resource, tags: Some(self.tags) }
    }
}

/// Reads all rules of these groups, whoever made them.
pub(super) async fn read(cloud: &Cloud, groups: Vec<String>) -> Result<Vec<ReadRule>, CallFailure> {
    read_filtered(cloud, filter("group-id", groups)).await
}

async fn read_filtered(cloud: &Cloud, by: Filter) -> Result<Vec<ReadRule>, CallFailure> {
    let call = cloud.ec2.describe_security_group_rules().filters(by);
    let mut pages = call.into_paginator().items().send();
    let mut all = Vec::new();
    while let Some(rule) = pages.next().await {
        let rule = rule.map_err(|e| failure(&DESCRIBE_SECURITY_GROUP_RULES, e))?;
        let tags = tags::from_ec2(rule.tags());
        all.push(ReadRule { id: rule_id(&rule), shape: shape_of_ec2(&rule), tags });
    }
    Ok(all)
}

fn rule_id(rule: &Ec2Rule) -> String {
    rule.security_group_rule_id().unwrap_or_default().to_owned()
}

fn shape_of_ec2(rule: &Ec2Rule) -> Shape {
    let protocol = rule.ip_protocol().unwrap_or_default();
    // For "everything" EC2 answers ports of -1, or none.
    let port = |value: Option<i32>| value.filter(|port| protocol != "-1" && *port != -1);
    Shape {
        group_id: rule.group_id().unwrap_or_default().to_owned(),
        direction: if rule.is_egress() == Some(true) { EGRESS } else { INGRESS }.to_owned(),
        protocol: protocol.to_owned(),
        from_port: port(rule.from_port()),
        to_port: port(rule.to_port()),
        cidr: rule.cidr_ipv4().or(rule.cidr_ipv6()).map(str::to_owned),
        source_group_id: rule.referenced_group_info().and_then(|info| info.group_id()).map(str::to_owned),
        prefix_list_id: rule.prefix_list_id().map(str::to_owned),
        description: rule.description().filter(|text| !text.is_empty()).map(str::to_owned),
        tags: tags::comparable(&tags::from_ec2(rule.tags())),
    }
}

/// A group that is not there any more takes its rules along.
fn gone_with_its_group(mut failure: CallFailure) -> CallFailure {
    if failure
        .code
        .as_deref()
        .is_some_and(|code| code.starts_with("InvalidGroup") || code.starts_with("InvalidPermission"))
    {
        failure.class = CallError::Gone;
    }
    failure
}
