//! `ec2.internet_gateway`: the way to the internet. Attaching it is a resource of its own.

use aws_sdk_ec2::types::{Filter, InternetGateway as Ec2InternetGateway, ResourceType};
use landfall_engine::kind::{Field, Schema};
use landfall_engine::provider::{Ask, CallFailure};
use landfall_engine::resource::Literals;
use landfall_engine::snapshot::Recorded;
use serde::{Deserialize, Serialize};

use super::retagging::retag;
use super::{
    described::{Described, described_leftovers, read_described},
    internet_gateway_attachment,
};
use crate::classify::{failure, incomplete};
use crate::cloud::Cloud;
use crate::kinds::{DELETED, Pending, ResourceKind, Seen, SendResult, Sweep, alone, created};
use crate::leftover::{Leftover, Leftovers};
use crate::operation::{CREATE_TAGS, Calls, DESCRIBE_INTERNET_GATEWAYS, EC2_TAGS_CHANGED, Operation, Sent, arn};
use crate::shape::shape_of;
use crate::tags::{self, Tags};

const CREATE_INTERNET_GATEWAY: Operation =
    Operation::new("ec2:CreateInternetGateway").on(&[arn::INTERNET_GATEWAY]).by_request_tag().also(&[&CREATE_TAGS]);
const DELETE_INTERNET_GATEWAY: Operation =
    Operation::new("ec2:DeleteInternetGateway").on(&[arn::INTERNET_GATEWAY]).by_resource_tag();

const SCHEMA: Schema = Schema::new("ec2.internet_gateway", &[Field::new("tags")]);

const CALLS: Calls = Calls::new(Sent::always(&[&CREATE_INTERNET_GATEWAY]), Sent::always(&[&DELETE_INTERNET_GATEWAY]))
    .update(&[("tags", EC2_TAGS_CHANGED)])
    .read(Sent::always(&[&DESCRIBE_INTERNET_GATEWAYS]))
    .sweep(Sent::always(&[&DESCRIBE_INTERNET_GATEWAYS]));

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

    fn calls(&self) -> Calls {
        CALLS
    }

    /// Reads the attachments as well: they are in the same answer.
    fn read<'a>(&'a self, cloud: &'a Cloud, recorded: &'a Recorded) -> Pending<'a, Result<Vec<Seen>, CallFailure>> {
        Box::pin(read_described::<InternetGateway>(cloud, recorded))
    }

    fn sweep(&self) -> Sweep {
        Sweep::ListedAs(&["internet-gateway"])
    }

    fn remaining<'a>(&'a self, cloud: &'a Cloud, _listed_as: &'a str, ids: Vec<String>) -> Pending<'a, Leftovers> {
        Box::pin(described_leftovers::<InternetGateway>(cloud, ids))
    }

    fn send<'a>(&'a self, cloud: &'a Cloud, _token: &'a str, asks: &'a [Ask]) -> Pending<'a, Vec<SendResult>> {
        alone(asks, move |ask| async move {
            match ask {
                Ask::Create { properties } => create(cloud, properties).await,
                Ask::Update { .. } => retag(cloud, ask).await,
                Ask::Delete { id, .. } => {
                    let call = cloud.ec2.delete_internet_gateway().internet_gateway_id(id.as_str());
                    call.send().await.map_err(|e| failure(&DELETE_INTERNET_GATEWAY, e))?;
                    Ok(DELETED)
                }
            }
        })
    }
}

async fn create(cloud: &Cloud, properties: &Literals) -> SendResult {
    let wanted: Shape = shape_of(properties, &CREATE_INTERNET_GATEWAY)?;
    let answer = cloud
        .ec2
        .create_internet_gateway()
        .tag_specifications(cloud.tag_specification(ResourceType::InternetGateway, &wanted.tags))
        .customize()
        .config_override(cloud.ec2_once())
        .send()
        .await
        .map_err(|e| failure(&CREATE_INTERNET_GATEWAY, e))?;
    let id = answer.internet_gateway().and_then(Ec2InternetGateway::internet_gateway_id);
    Ok(created(id.ok_or_else(|| incomplete(&CREATE_INTERNET_GATEWAY, "the id"))?, Literals::new()))
}

impl Described for InternetGateway {
    const SCHEMA: Schema = SCHEMA;
    const ID_FILTER: &'static str = "internet-gateway-id";
    type Item = Ec2InternetGateway;

    async fn describe(cloud: &Cloud, by: Filter) -> Result<Vec<Ec2InternetGateway>, CallFailure> {
        let pages = cloud.ec2.describe_internet_gateways().filters(by).into_paginator().items().send();
        pages.try_collect().await.map_err(|e| failure(&DESCRIBE_INTERNET_GATEWAYS, e))
    }

    fn id(item: &Ec2InternetGateway) -> Option<&str> {
        item.internet_gateway_id()
    }

    fn seen(item: &Ec2InternetGateway) -> Vec<Seen> {
        let id = item.internet_gateway_id().unwrap_or_default();
        let tags = tags::from_ec2(item.tags());
        let vpcs = item.attachments().iter().filter_map(|attachment| attachment.vpc_id());
        let attachments = vpcs.map(|vpc| internet_gateway_attachment::seen(id, vpc));
        [Seen::new(SCHEMA.kind, id, &Shape { tags: tags::comparable(&tags) }).with_tags(tags)]
            .into_iter()
            .chain(attachments)
            .collect()
    }

    fn leftover(item: &Ec2InternetGateway) -> Option<Leftover> {
        let vpc = item.attachments().first().and_then(|attachment| attachment.vpc_id());
        Some(Leftover::new(&SCHEMA.kind, item.internet_gateway_id(), &[vpc]))
    }
}
