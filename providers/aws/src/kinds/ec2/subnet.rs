//! `ec2.subnet`: a block of the network in one zone.
//!
//! Whether instances get public addresses is said at their launch, not by the subnet's attribute: that would be one
//! more call for each subnet and would hold for what others launch here as well.

use aws_sdk_ec2::types::{Filter, ResourceType, Subnet as Ec2Subnet};
use landfall_engine::kind::{Field, Schema};
use landfall_engine::provider::{Ask, CallFailure};
use landfall_engine::resource::Literals;
use landfall_engine::snapshot::Recorded;
use serde::{Deserialize, Serialize};

use super::described::{Described, described_leftovers, read_described};
use super::retagging::retag;
use crate::classify::{failure, incomplete, not_yet_visible};
use crate::cloud::Cloud;
use crate::kinds::{DELETED, Pending, ResourceKind, Seen, SendResult, Sweep, alone, created};
use crate::leftover::{Leftover, Leftovers};
use crate::operation::{CREATE_TAGS, Calls, DESCRIBE_SUBNETS, EC2_TAGS_CHANGED, Operation, Sent, arn};
use crate::shape::{shape_of, text};
use crate::tags::{self, Tags};

const CREATE_SUBNET: Operation = Operation::new("ec2:CreateSubnet")
    .on(&[arn::SUBNET, arn::VPC])
    .by_resource_tag()
    .by_request_tag()
    .also(&[&CREATE_TAGS]);
const DELETE_SUBNET: Operation = Operation::new("ec2:DeleteSubnet").on(&[arn::SUBNET]).by_resource_tag();

const SCHEMA: Schema = Schema::new(
    "ec2.subnet",
    &[
        Field::new("vpc_id").immutable(),
        Field::new("availability_zone").immutable(),
        Field::new("cidr_block").immutable(),
        Field::new("tags"),
    ],
);

const CALLS: Calls = Calls::new(Sent::always(&[&CREATE_SUBNET]), Sent::always(&[&DELETE_SUBNET]))
    .update(&[("tags", EC2_TAGS_CHANGED)])
    .read(Sent::always(&[&DESCRIBE_SUBNETS]))
    .sweep(Sent::always(&[&DESCRIBE_SUBNETS]));

/// The kind.
pub(crate) struct Subnet;

#[derive(Debug, Serialize, Deserialize)]
struct Shape {
    vpc_id: String,
    availability_zone: String,
    cidr_block: String,
    tags: Tags,
}

impl ResourceKind for Subnet {
    fn schema(&self) -> Schema {
        SCHEMA
    }

    fn calls(&self) -> Calls {
        CALLS
    }

    fn read<'a>(&'a self, cloud: &'a Cloud, recorded: &'a Recorded) -> Pending<'a, Result<Vec<Seen>, CallFailure>> {
        Box::pin(read_described::<Subnet>(cloud, recorded))
    }

    fn sweep(&self) -> Sweep {
        Sweep::ListedAs(&["subnet"])
    }

    fn remaining<'a>(&'a self, cloud: &'a Cloud, _listed_as: &'a str, ids: Vec<String>) -> Pending<'a, Leftovers> {
        Box::pin(described_leftovers::<Subnet>(cloud, ids))
    }

    fn send<'a>(&'a self, cloud: &'a Cloud, _token: &'a str, asks: &'a [Ask]) -> Pending<'a, Vec<SendResult>> {
        alone(asks, move |ask| async move {
            match ask {
                Ask::Create { properties } => create(cloud, properties).await,
                Ask::Update { .. } => retag(cloud, ask).await,
                Ask::Delete { id, .. } => {
                    let call = cloud.ec2.delete_subnet().subnet_id(id.as_str());
                    call.send().await.map_err(|e| failure(&DELETE_SUBNET, e))?;
                    Ok(DELETED)
                }
            }
        })
    }
}

async fn create(cloud: &Cloud, properties: &Literals) -> SendResult {
    let wanted: Shape = shape_of(properties, &CREATE_SUBNET)?;
    let answer = cloud
        .ec2
        .create_subnet()
        .vpc_id(&wanted.vpc_id)
        .availability_zone(&wanted.availability_zone)
        .cidr_block(&wanted.cidr_block)
        .tag_specifications(cloud.tag_specification(ResourceType::Subnet, &wanted.tags))
        .customize()
        .config_override(cloud.ec2_once())
        .send()
        .await
        .map_err(|e| not_yet_visible(failure(&CREATE_SUBNET, e)))?;
    let id = answer.subnet().and_then(Ec2Subnet::subnet_id);
    Ok(created(id.ok_or_else(|| incomplete(&CREATE_SUBNET, "the id"))?, Literals::new()))
}

impl Described for Subnet {
    const SCHEMA: Schema = SCHEMA;
    const ID_FILTER: &'static str = "subnet-id";
    type Item = Ec2Subnet;

    async fn describe(cloud: &Cloud, by: Filter) -> Result<Vec<Ec2Subnet>, CallFailure> {
        let pages = cloud.ec2.describe_subnets().filters(by).into_paginator().items().send();
        pages.try_collect().await.map_err(|e| failure(&DESCRIBE_SUBNETS, e))
    }

    fn id(item: &Ec2Subnet) -> Option<&str> {
        item.subnet_id()
    }

    fn seen(item: &Ec2Subnet) -> Vec<Seen> {
        let tags = tags::from_ec2(item.tags());
        let shape = Shape {
            vpc_id: text(item.vpc_id()),
            availability_zone: text(item.availability_zone()),
            cidr_block: text(item.cidr_block()),
            tags: tags::comparable(&tags),
        };
        vec![Seen::new(SCHEMA.kind, text(item.subnet_id()), &shape).with_tags(tags)]
    }

    fn leftover(item: &Ec2Subnet) -> Option<Leftover> {
        Some(Leftover::new(&SCHEMA.kind, item.subnet_id(), &[item.cidr_block(), item.availability_zone()]))
    }
}
