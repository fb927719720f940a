//! `ec2.subnet`: a block of the network in one zone.
//!
//! Whether instances get public addresses is said at their launch, not by the subnet's attribute: that would be one
//! more call for each subnet and would hold for what others launch here as well.

use aws_sdk_ec2::types::{Filter, ResourceType, Subnet as Ec2Subnet};
use landfall_engine::kind::{Field, Schema};
use landfall_engine::provider::{Ask, CallFailure};
use landfall_engine::resource::Literals;
use landfall_engine::snapshot::{ObservedResource, Readiness, Recorded};
use serde::{Deserialize, Serialize};

use super::{filter_chunks, incomplete, retag};
use crate::classify::{failure, not_yet_visible};
use crate::cloud::{Cloud, filter};
use crate::kinds::{DELETED, Operations, Pending, ResourceKind, Seen, SendResult, alone, created, not_seen};
use crate::shape::{properties_of, shape_of};
use crate::tags::{self, Tags};

const SCHEMA: Schema = Schema::new(
    "ec2.subnet",
    &[
        Field::new("vpc_id").immutable(),
        Field::new("availability_zone").immutable(),
        Field::new("cidr_block").immutable(),
        Field::new("tags"),
    ],
);

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

    fn operations(&self) -> Operations {
        Operations { create: "ec2:CreateSubnet", update: "ec2:CreateTags", delete: "ec2:DeleteSubnet" }
    }

    fn read<'a>(&'a self, cloud: &'a Cloud, recorded: &'a Recorded) -> Pending<'a, Result<Vec<Seen>, CallFailure>> {
        Box::pin(async move {
            let mut all = read_filtered(cloud, cloud.of_this_stack()).await?;
            for ids in filter_chunks(&not_seen(&SCHEMA, recorded, &all)) {
                all.extend(read_filtered(cloud, filter("subnet-id", ids)).await?);
            }
            Ok(all)
        })
    }

    fn send<'a>(&'a self, cloud: &'a Cloud, _token: &'a str, asks: &'a [Ask]) -> Pending<'a, Vec<SendResult>> {
        alone(asks, move |ask| async move {
            match ask {
                Ask::Create { properties } => create(cloud, properties).await,
                Ask::Update { .. } => retag(cloud, ask).await,
                Ask::Delete { id, .. } => {
                    let call = cloud.ec2.delete_subnet().subnet_id(id.as_str());
                    call.send().await.map_err(|e| failure("ec2:DeleteSubnet", e))?;
                    Ok(DELETED)
                }
            }
        })
    }
}

async fn create(cloud: &Cloud, properties: &Literals) -> SendResult {
    let wanted: Shape = shape_of(properties, "ec2:CreateSubnet")?;
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
        .map_err(|e| not_yet_visible(failure("ec2:CreateSubnet", e)))?;
    let id = answer.subnet().and_then(Ec2Subnet::subnet_id);
    Ok(created(id.ok_or_else(|| incomplete("ec2:CreateSubnet", "the id"))?, Literals::new()))
}

async fn read_filtered(cloud: &Cloud, by: Filter) -> Result<Vec<Seen>, CallFailure> {
    let mut pages = cloud.ec2.describe_subnets().filters(by).into_paginator().items().send();
    let mut all = Vec::new();
    while let Some(subnet) = pages.next().await {
        all.push(seen(&subnet.map_err(|e| failure("ec2:DescribeSubnets", e))?));
    }
    Ok(all)
}

fn seen(subnet: &Ec2Subnet) -> Seen {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let tags = tags::from_ec2(subnet.tags());
    let shape = Shape {
        vpc_id: text(subnet.vpc_id()),
        availability_zone: text(subnet.availability_zone()),
        cidr_block: text(subnet.cidr_block()),
        tags: tags::comparable(&tags),
    };
    let resource = ObservedResource {
        kind: SCHEMA.kind,
        id: text(subnet.subnet_id()).into(),
        properties: properties_of(&shape),
        outputs: Literals::new(),
        readiness: Readiness::Ready,
    };
    Seen { resource, tags: Some(tags) }
}
