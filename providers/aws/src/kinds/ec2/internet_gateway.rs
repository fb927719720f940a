//! `ec2.internet_gateway`: the way to the internet. Attaching it is a resource of its own.

use aws_sdk_ec2::types::{Filter, InternetGateway as Ec2InternetGateway, ResourceType};
use landfall_engine::kind::{Field, Schema};
use landfall_engine::provider::{Ask, CallFailure};
use landfall_engine::resource::Literals;
use landfall_engine::snapshot::{ObservedResource, Readiness, Recorded};
use serde::{Deserialize, Serialize};

use super::{filter_chunks, incomplete, internet_gateway_attachment, retag};
use crate::classify::failure;
use crate::cloud::{Cloud, filter};
use crate::kinds::{DELETED, Operations, Pending, ResourceKind, Seen, SendResult, alone, created, not_seen};
use crate::shape::{properties_of, shape_of};
use crate::tags::{self, Tags};

const SCHEMA: Schema = Schema::new("ec2.internet_gateway", &[Field::new("tags")]);

/// The kind.
pub(crate) struct InternetGateway;

#[derive(Debug, Serialize, Deserialize)]
struct Shape {
    tags: Tags,
}

impl ResourceKind for InternetGateway {
    fn schema(&self) -> Schema {
        SCHEMA
    }

    fn operations(&self) -> Operations {
        Operations {
            create: "ec2:CreateInternetGateway",
            update: "ec2:CreateTags",
            delete: "ec2:DeleteInternetGateway",
        }
    }

    /// Reads the attachments as well: they are in the same answer.
    fn read<'a>(&'a self, cloud: &'a Cloud, recorded: &'a Recorded) -> Pending<'a, Result<Vec<Seen>, CallFailure>> {
        Box::pin(async move {
            let mut all = read_filtered(cloud, cloud.of_this_stack()).await?;
            for ids in filter_chunks(&not_seen(&SCHEMA, recorded, &all)) {
                all.extend(read_filtered(cloud, filter("internet-gateway-id", ids)).await?);
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
                    let call = cloud.ec2.delete_internet_gateway().internet_gateway_id(id.as_str());
                    call.send().await.map_err(|e| failure("ec2:DeleteInternetGateway", e))?;
                    Ok(DELETED)
                }
            }
        })
    }
}

async fn create(cloud: &Cloud, properties: &Literals) -> SendResult {
    let wanted: Shape = shape_of(properties, "ec2:CreateInternetGateway")?;
    let answer = cloud
        .ec2
        .create_internet_gateway()
        .tag_specifications(cloud.tag_specification(ResourceType::InternetGateway, &wanted.tags))
        .customize()
        .config_override(cloud.ec2_once())
        .send()
        .await
        .map_err(|e| failure("ec2:CreateInternetGateway", e))?;
    let id = answer.internet_gateway().and_then(Ec2InternetGateway::internet_gateway_id);
    Ok(created(id.ok_or_else(|| incomplete("ec2:CreateInternetGateway", "the id"))?, Literals::new()))
}

async fn read_filtered(cloud: &Cloud, by: Filter) -> Result<Vec<Seen>, CallFailure> {
    let mut pages = cloud.ec2.describe_internet_gateways().filters(by).into_paginator().items().send();
    let mut all = Vec::new();
    while let Some(gateway) = pages.next().await {
        let gateway = gateway.map_err(|e| failure("ec2:DescribeInternetGateways", e))?;
        let id = gateway.internet_gateway_id().unwrap_or_default();
        let tags = tags::from_ec2(gateway.tags());
        let resource = ObservedResource {
            kind: SCHEMA.kind,
            id: id.into(),
            properties: properties_of(&Shape { tags: tags::comparable(&tags) }),
            outputs: Literals::new(),
            readiness: Readiness::Ready,
        };
        all.push(Seen { resource, tags: Some(tags) });
        let vpcs = gateway.attachments().iter().filter_map(|attachment| attachment.vpc_id());
        all.extend(vpcs.map(|vpc| internet_gateway_attachment::seen(id, vpc)));
    }
    Ok(all)
}
