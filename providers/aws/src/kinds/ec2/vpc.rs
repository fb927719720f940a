//! `ec2.vpc`: the network of a stack.
//!
//! The two DNS attributes are not in DescribeVpcs and can be set one a call only (API reference, ModifyVpcAttribute).
//! Support is on in every new VPC; host names are off and must be switched on after the creation.

use aws_sdk_ec2::types::{AttributeBooleanValue, Filter, ResourceType, Vpc as Ec2Vpc, VpcAttributeName};
use landfall_engine::kind::{Field, Schema};
use landfall_engine::provider::{Ask, CallFailure};
use landfall_engine::resource::Literals;
use landfall_engine::snapshot::Recorded;
use serde::{Deserialize, Serialize};

use super::described::{Described, described_leftovers, read_described};
use super::retagging::retag;
use crate::classify::{failure, incomplete};
use crate::cloud::Cloud;
use crate::kinds::{DELETED, Pending, ResourceKind, Seen, SendResult, Sweep, alone, created, sets, updated};
use crate::leftover::{Leftover, Leftovers};
use crate::operation::{CREATE_TAGS, Calls, DESCRIBE_VPCS, EC2_TAGS_CHANGED, Operation, Sent, arn};
use crate::shape::shape_of;
use crate::tags::{self, Tags};

const CREATE_VPC: Operation = Operation::new("ec2:CreateVpc").on(&[arn::VPC]).by_request_tag().also(&[&CREATE_TAGS]);
const DELETE_VPC: Operation = Operation::new("ec2:DeleteVpc").on(&[arn::VPC]).by_resource_tag();
const DESCRIBE_VPC_ATTRIBUTE: Operation =
    Operation::new("ec2:DescribeVpcAttribute").on(&[arn::VPC]).by_resource_tag().keys(&["ec2:Attribute"]);
const MODIFY_VPC_ATTRIBUTE: Operation =
    Operation::new("ec2:ModifyVpcAttribute").on(&[arn::VPC]).by_resource_tag().keys(&["ec2:Attribute"]);

const SCHEMA: Schema = Schema::new(
    "ec2.vpc",
    &[
        Field::new("cidr_block").immutable(),
        Field::new("enable_dns_support"),
        Field::new("enable_dns_hostnames").set_after_creation(),
        Field::new("tags"),
    ],
);

const CALLS: Calls = Calls::new(Sent::always(&[&CREATE_VPC]), Sent::always(&[&DELETE_VPC]))
    .update(&[
        ("enable_dns_support", Sent::always(&[&MODIFY_VPC_ATTRIBUTE])),
        ("enable_dns_hostnames", Sent::always(&[&MODIFY_VPC_ATTRIBUTE])),
        ("tags", EC2_TAGS_CHANGED),
    ])
    .read(Sent::always(&[&DESCRIBE_VPCS]).sometimes(&[&DESCRIBE_VPC_ATTRIBUTE]))
    .sweep(Sent::always(&[&DESCRIBE_VPCS]));

/// The kind.
pub(crate) struct Vpc;

#[derive(Debug, Serialize, Deserialize)]
struct Shape {
    cidr_block: String,
    enable_dns_support: Option<bool>,
    enable_dns_hostnames: Option<bool>,
    tags: Tags,
}

impl ResourceKind for Vpc {
    fn schema(&self) -> Schema {
        SCHEMA
    }

    fn calls(&self) -> Calls {
        CALLS
    }

    fn read<'a>(&'a self, cloud: &'a Cloud, recorded: &'a Recorded) -> Pending<'a, Result<Vec<Seen>, CallFailure>> {
        Box::pin(read_described::<Vpc>(cloud, recorded))
    }

    fn sweep(&self) -> Sweep {
        Sweep::ListedAs(&["vpc"])
    }

    fn remaining<'a>(&'a self, cloud: &'a Cloud, _listed_as: &'a str, ids: Vec<String>) -> Pending<'a, Leftovers> {
        Box::pin(described_leftovers::<Vpc>(cloud, ids))
    }

    fn send<'a>(&'a self, cloud: &'a Cloud, _token: &'a str, asks: &'a [Ask]) -> Pending<'a, Vec<SendResult>> {
        alone(asks, move |ask| async move {
            match ask {
                Ask::Create { properties } => create(cloud, properties).await,
                Ask::Update { id, properties, .. } => {
                    let wanted: Shape = shape_of(properties, &MODIFY_VPC_ATTRIBUTE)?;
                    if sets(ask, "enable_dns_support") {
                        set_dns(cloud, id.as_str(), wanted.enable_dns_support, None).await?;
                    }
                    if sets(ask, "enable_dns_hostnames") {
                        set_dns(cloud, id.as_str(), None, wanted.enable_dns_hostnames).await?;
                    }
                    if sets(ask, "tags") { retag(cloud, ask).await } else { Ok(updated()) }
                }
                Ask::Delete { id, .. } => {
                    let call = cloud.ec2.delete_vpc().vpc_id(id.as_str());
                    call.send().await.map_err(|e| failure(&DELETE_VPC, e))?;
                    Ok(DELETED)
                }
            }
        })
    }
}

async fn create(cloud: &Cloud, properties: &Literals) -> SendResult {
    let wanted: Shape = shape_of(properties, &CREATE_VPC)?;
    let answer = cloud
        .ec2
        .create_vpc()
        .cidr_block(&wanted.cidr_block)
        .tag_specifications(cloud.tag_specification(ResourceType::Vpc, &wanted.tags))
        .customize()
        .config_override(cloud.ec2_once())
        .send()
        .await
        .map_err(|e| failure(&CREATE_VPC, e))?;
    let id = answer.vpc().and_then(Ec2Vpc::vpc_id).ok_or_else(|| incomplete(&CREATE_VPC, "the id"))?;
    Ok(created(id, Literals::new()))
}

async fn set_dns(cloud: &Cloud, id: &str, support: Option<bool>, hostnames: Option<bool>) -> Result<(), CallFailure> {
    let flag = |value: Option<bool>| value.map(|value| AttributeBooleanValue::builder().value(value).build());
    cloud
        .ec2
        .modify_vpc_attribute()
        .vpc_id(id)
        .set_enable_dns_support(flag(support))
        .set_enable_dns_hostnames(flag(hostnames))
        .send()
        .await
        .map_err(|e| crate::classify::not_yet_visible(failure(&MODIFY_VPC_ATTRIBUTE, e)))?;
    Ok(())
}

impl Described for Vpc {
    const SCHEMA: Schema = SCHEMA;
    const ID_FILTER: &'static str = "vpc-id";
    type Item = Ec2Vpc;

    async fn describe(cloud: &Cloud, by: Filter) -> Result<Vec<Ec2Vpc>, CallFailure> {
        let pages = cloud.ec2.describe_vpcs().filters(by).into_paginator().items().send();
        pages.try_collect().await.map_err(|e| failure(&DESCRIBE_VPCS, e))
    }

    fn id(item: &Ec2Vpc) -> Option<&str> {
        item.vpc_id()
    }

    fn seen(item: &Ec2Vpc) -> Vec<Seen> {
        let tags = tags::from_ec2(item.tags());
        let shape = Shape {
            cidr_block: item.cidr_block().unwrap_or_default().to_owned(),
            enable_dns_support: None,
            enable_dns_hostnames: None,
            tags: tags::comparable(&tags),
        };
        vec![Seen::new(SCHEMA.kind, item.vpc_id().unwrap_or_default(), &shape).with_tags(tags)]
    }

    async fn seen_all(cloud: &Cloud, items: Vec<Ec2Vpc>) -> Result<Vec<Seen>, CallFailure> {
        let mut all: Vec<Seen> = items.iter().flat_map(Vpc::seen).collect();
        for Seen { resource, .. } in &mut all {
            let (support, hostnames) = tokio::try_join!(
                read_dns(cloud, resource.id.as_str(), VpcAttributeName::EnableDnsSupport),
                read_dns(cloud, resource.id.as_str(), VpcAttributeName::EnableDnsHostnames),
            )?;
            resource.properties.insert("enable_dns_support".to_owned(), support.into());
            resource.properties.insert("enable_dns_hostnames".to_owned(), hostnames.into());
        }
        Ok(all)
    }

    fn leftover(item: &Ec2Vpc) -> Option<Leftover> {
        Some(Leftover::new(&SCHEMA.kind, item.vpc_id(), &[item.cidr_block()]))
    }
}

async fn read_dns(cloud: &Cloud, id: &str, attribute: VpcAttributeName) -> Result<bool, CallFailure> {
    let answer = cloud
        .ec2
        .describe_vpc_attribute()
        .vpc_id(id)
        .attribute(attribute.clone())
        .send()
        .await
        .map_err(|e| failure(&DESCRIBE_VPC_ATTRIBUTE, e))?;
    let value = match attribute {
        VpcAttributeName::EnableDnsSupport => answer.enable_dns_support(),
        _ => answer.enable_dns_hostnames(),
    };
    Ok(value.and_then(AttributeBooleanValue::value).unwrap_or(false))
}
