//! `ec2.route_table`: where the traffic of subnets goes. Its routes and associations are resources of their own and are
//! read here, for they are in the same answer.

use aws_sdk_ec2::types::{Filter, ResourceType, RouteTable as Ec2RouteTable};
use landfall_engine::kind::{Field, Schema};
use landfall_engine::provider::{Ask, CallFailure};
use landfall_engine::resource::Literals;
use landfall_engine::snapshot::Recorded;
use serde::{Deserialize, Serialize};

use super::retagging::retag;
use super::{
    described::{Described, described_leftovers, read_described},
    route, route_table_association,
};
use crate::classify::{failure, incomplete, not_yet_visible};
use crate::cloud::Cloud;
use crate::kinds::{DELETED, Pending, ResourceKind, Seen, SendResult, Sweep, alone, created};
use crate::leftover::{Leftover, Leftovers};
use crate::operation::{CREATE_TAGS, Calls, DESCRIBE_ROUTE_TABLES, EC2_TAGS_CHANGED, Operation, Sent, arn};
use crate::shape::shape_of;
use crate::tags::{self, Tags};

const CREATE_ROUTE_TABLE: Operation = Operation::new("ec2:CreateRouteTable")
    .on(&[arn::ROUTE_TABLE, arn::VPC])
    .by_resource_tag()
    .by_request_tag()
    .also(&[&CREATE_TAGS]);
const DELETE_ROUTE_TABLE: Operation = Operation::new("ec2:DeleteRouteTable").on(&[arn::ROUTE_TABLE]).by_resource_tag();

const SCHEMA: Schema = Schema::new("ec2.route_table", &[Field::new("vpc_id").immutable(), Field::new("tags")]);

const CALLS: Calls = Calls::new(Sent::always(&[&CREATE_ROUTE_TABLE]), Sent::always(&[&DELETE_ROUTE_TABLE]))
    .update(&[("tags", EC2_TAGS_CHANGED)])
    .read(Sent::always(&[&DESCRIBE_ROUTE_TABLES]))
    .sweep(Sent::always(&[&DESCRIBE_ROUTE_TABLES]));

/// The kind.
pub(crate) struct RouteTable;

#[derive(Debug, Serialize, Deserialize)]
struct Shape {
    vpc_id: String,
    tags: Tags,
}

impl ResourceKind for RouteTable {
    fn schema(&self) -> Schema {
        SCHEMA
    }

    fn calls(&self) -> Calls {
        CALLS
    }

    fn read<'a>(&'a self, cloud: &'a Cloud, recorded: &'a Recorded) -> Pending<'a, Result<Vec<Seen>, CallFailure>> {
        Box::pin(read_described::<RouteTable>(cloud, recorded))
    }

    fn sweep(&self) -> Sweep {
        Sweep::ListedAs(&["route-table"])
    }

    fn remaining<'a>(&'a self, cloud: &'a Cloud, _listed_as: &'a str, ids: Vec<String>) -> Pending<'a, Leftovers> {
        Box::pin(described_leftovers::<RouteTable>(cloud, ids))
    }

    fn send<'a>(&'a self, cloud: &'a Cloud, token: &'a str, asks: &'a [Ask]) -> Pending<'a, Vec<SendResult>> {
        alone(asks, move |ask| async move {
            match ask {
                Ask::Create { properties } => create(cloud, token, properties).await,
                Ask::Update { .. } => retag(cloud, ask).await,
                Ask::Delete { id, .. } => {
                    let call = cloud.ec2.delete_route_table().route_table_id(id.as_str());
                    call.send().await.map_err(|e| failure(&DELETE_ROUTE_TABLE, e))?;
                    Ok(DELETED)
                }
            }
        })
    }
}

async fn create(cloud: &Cloud, token: &str, properties: &Literals) -> SendResult {
    let wanted: Shape = shape_of(properties, &CREATE_ROUTE_TABLE)?;
    let answer = cloud
        .ec2
        .create_route_table()
        .vpc_id(&wanted.vpc_id)
        .client_token(token)
        .tag_specifications(cloud.tag_specification(ResourceType::RouteTable, &wanted.tags))
        .send()
        .await
        .map_err(|e| not_yet_visible(failure(&CREATE_ROUTE_TABLE, e)))?;
    let id = answer.route_table().and_then(Ec2RouteTable::route_table_id);
    Ok(created(id.ok_or_else(|| incomplete(&CREATE_ROUTE_TABLE, "the id"))?, Literals::new()))
}

impl Described for RouteTable {
    const SCHEMA: Schema = SCHEMA;
    const ID_FILTER: &'static str = "route-table-id";
    type Item = Ec2RouteTable;

    async fn describe(cloud: &Cloud, by: Filter) -> Result<Vec<Ec2RouteTable>, CallFailure> {
        let pages = cloud.ec2.describe_route_tables().filters(by).into_paginator().items().send();
        pages.try_collect().await.map_err(|e| failure(&DESCRIBE_ROUTE_TABLES, e))
    }

    fn id(item: &Ec2RouteTable) -> Option<&str> {
        item.route_table_id()
    }

    fn seen(item: &Ec2RouteTable) -> Vec<Seen> {
        let id = item.route_table_id().unwrap_or_default();
        let tags = tags::from_ec2(item.tags());
        let shape = Shape { vpc_id: item.vpc_id().unwrap_or_default().to_owned(), tags: tags::comparable(&tags) };
        let routes = item.routes().iter().filter_map(|entry| route::seen(id, entry));
        let associations = item.associations().iter().filter_map(|entry| route_table_association::seen(id, entry));
        [Seen::new(SCHEMA.kind, id, &shape).with_tags(tags)].into_iter().chain(routes).chain(associations).collect()
    }

    fn leftover(item: &Ec2RouteTable) -> Option<Leftover> {
        Some(Leftover::new(&SCHEMA.kind, item.route_table_id(), &[item.vpc_id()]))
    }
}
