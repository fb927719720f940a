//! `ec2.security_group`: who may talk to whom. Its rules are resources of their own and are read here, in one call for
//! all groups.
//!
//! AWS gives every new group one rule that lets everything out. It is not a resource of its own, for no call of ours
//! made it, but whether it is there is the property `egress`: without it nothing could be installed at boot.

use aws_sdk_ec2::types::{Filter, IpPermission, IpRange, ResourceType, SecurityGroup as Ec2SecurityGroup};
use landfall_aws_blueprint::shared_names::EGRESS_ALL;
use landfall_engine::kind::{Field, Schema};
use landfall_engine::provider::{Ask, CallFailure};
use landfall_engine::resource::Literals;
use landfall_engine::snapshot::Recorded;
use serde::{Deserialize, Serialize};

use super::retagging::retag;
use super::security_group_rule::DESCRIBE_SECURITY_GROUP_RULES;
use super::{
    described::{Described, described_leftovers, read_described},
    security_group_rule,
};
use crate::classify::{failure, incomplete, not_yet_visible};
use crate::cloud::{Cloud, filter_chunks};
use crate::kinds::{DELETED, Pending, ResourceKind, Seen, SendResult, Sweep, alone, created, sets, updated};
use crate::leftover::{Leftover, Leftovers};
use crate::operation::{
    AUTHORIZE_SECURITY_GROUP_EGRESS, CREATE_TAGS, Calls, DESCRIBE_SECURITY_GROUPS, EC2_TAGS_CHANGED, Operation, Sent,
    arn,
};
use crate::shape::{shape_of, text};
use crate::tags::{self, Tags};

const CREATE_SECURITY_GROUP: Operation = Operation::new("ec2:CreateSecurityGroup")
    .on(&[arn::SECURITY_GROUP, arn::VPC])
    .by_resource_tag()
    .by_request_tag()
    .also(&[&CREATE_TAGS]);
const DELETE_SECURITY_GROUP: Operation =
    Operation::new("ec2:DeleteSecurityGroup").on(&[arn::SECURITY_GROUP]).by_resource_tag();

const SCHEMA: Schema = Schema::new(
    "ec2.security_group",
    &[
        Field::new("vpc_id").immutable(),
        Field::new("name").immutable(),
        Field::new("description").immutable(),
        Field::new("egress"),
        Field::new("tags"),
    ],
);

const CALLS: Calls = Calls::new(Sent::always(&[&CREATE_SECURITY_GROUP]), Sent::always(&[&DELETE_SECURITY_GROUP]))
    .update(&[("egress", Sent::always(&[&AUTHORIZE_SECURITY_GROUP_EGRESS])), ("tags", EC2_TAGS_CHANGED)])
    .read(Sent::always(&[&DESCRIBE_SECURITY_GROUPS]).sometimes(&[&DESCRIBE_SECURITY_GROUP_RULES]))
    .sweep(Sent::always(&[&DESCRIBE_SECURITY_GROUPS]));

/// The kind.
pub(crate) struct SecurityGroup;

#[derive(Debug, Serialize, Deserialize)]
struct Shape {
    vpc_id: String,
    name: String,
    description: String,
    egress: Option<String>,
    tags: Tags,
}

impl ResourceKind for SecurityGroup {
    fn schema(&self) -> Schema {
        SCHEMA
    }

    fn calls(&self) -> Calls {
        CALLS
    }

    fn read<'a>(&'a self, cloud: &'a Cloud, recorded: &'a Recorded) -> Pending<'a, Result<Vec<Seen>, CallFailure>> {
        Box::pin(read_described::<SecurityGroup>(cloud, recorded))
    }

    fn sweep(&self) -> Sweep {
        Sweep::ListedAs(&["security-group"])
    }

    fn remaining<'a>(&'a self, cloud: &'a Cloud, _listed_as: &'a str, ids: Vec<String>) -> Pending<'a, Leftovers> {
        Box::pin(described_leftovers::<SecurityGroup>(cloud, ids))
    }

    fn send<'a>(&'a self, cloud: &'a Cloud, _token: &'a str, asks: &'a [Ask]) -> Pending<'a, Vec<SendResult>> {
        alone(asks, move |ask| async move {
            match ask {
                Ask::Create { properties } => create(cloud, properties).await,
                Ask::Update { id, .. } => {
                    if sets(ask, "egress") {
                        open_egress(cloud, id.as_str()).await?;
                    }
                    if sets(ask, "tags") { retag(cloud, ask).await } else { Ok(updated()) }
                }
                Ask::Delete { id, .. } => {
                    let call = cloud.ec2.delete_security_group().group_id(id.as_str());
                    call.send().await.map_err(|e| failure(&DELETE_SECURITY_GROUP, e))?;
                    Ok(DELETED)
                }
            }
        })
    }
}

async fn create(cloud: &Cloud, properties: &Literals) -> SendResult {
    let wanted: Shape = shape_of(properties, &CREATE_SECURITY_GROUP)?;
    let answer = cloud
        .ec2
        .create_security_group()
        .vpc_id(&wanted.vpc_id)
        .group_name(&wanted.name)
        .description(&wanted.description)
        .tag_specifications(cloud.tag_specification(ResourceType::SecurityGroup, &wanted.tags))
        .customize()
        .config_override(cloud.ec2_once())
        .send()
        .await
        .map_err(|e| not_yet_visible(failure(&CREATE_SECURITY_GROUP, e)))?;
    Ok(created(answer.group_id().ok_or_else(|| incomplete(&CREATE_SECURITY_GROUP, "the id"))?, Literals::new()))
}

/// Puts back the rule that lets everything out.
async fn open_egress(cloud: &Cloud, id: &str) -> Result<(), CallFailure> {
    let everywhere = IpRange::builder().cidr_ip("0.0.0.0/0").build();
    let all = IpPermission::builder().ip_protocol("-1").ip_ranges(everywhere).build();
    let call = cloud.ec2.authorize_security_group_egress().group_id(id).ip_permissions(all);
    match call.send().await.map_err(|e| failure(&AUTHORIZE_SECURITY_GROUP_EGRESS, e)) {
        Err(error) if error.code.as_deref() != Some("InvalidPermission.Duplicate") => Err(error),
        _ => Ok(()),
    }
}

impl Described for SecurityGroup {
    const SCHEMA: Schema = SCHEMA;
    const ID_FILTER: &'static str = "group-id";
    type Item = Ec2SecurityGroup;

    async fn describe(cloud: &Cloud, by: Filter) -> Result<Vec<Ec2SecurityGroup>, CallFailure> {
        let pages = cloud.ec2.describe_security_groups().filters(by).into_paginator().items().send();
        pages.try_collect().await.map_err(|e| failure(&DESCRIBE_SECURITY_GROUPS, e))
    }

    fn id(item: &Ec2SecurityGroup) -> Option<&str> {
        item.group_id()
    }

    fn seen(item: &Ec2SecurityGroup) -> Vec<Seen> {
        let tags = tags::from_ec2(item.tags());
        let shape = Shape {
            vpc_id: text(item.vpc_id()),
            name: text(item.group_name()),
            description: text(item.description()),
            egress: None,
            tags: tags::comparable(&tags),
        };
        vec![Seen::new(SCHEMA.kind, text(item.group_id()), &shape).with_tags(tags)]
    }

    async fn seen_all(cloud: &Cloud, items: Vec<Ec2SecurityGroup>) -> Result<Vec<Seen>, CallFailure> {
        let mut groups: Vec<Seen> = items.iter().flat_map(SecurityGroup::seen).collect();
        let ids: Vec<_> = groups.iter().map(|group| &group.resource.id).collect();
        let mut all = Vec::new();
        for ids in filter_chunks(&ids) {
            for rule in security_group_rule::read(cloud, ids).await? {
                if rule.is_default_egress() {
                    let of_rule = |group: &&mut Seen| group.resource.id.as_str() == rule.group_id();
                    if let Some(group) = groups.iter_mut().find(of_rule) {
                        group.resource.properties.insert("egress".to_owned(), EGRESS_ALL.into());
                    }
                } else {
                    all.push(rule.seen());
                }
            }
        }
        all.extend(groups);
        Ok(all)
    }

    fn leftover(item: &Ec2SecurityGroup) -> Option<Leftover> {
        Some(Leftover::new(&SCHEMA.kind, item.group_id(), &[item.group_name(), item.vpc_id()]))
    }
}
