//! `ec2.vpc_endpoint`: a gateway endpoint, by which S3 is reached without the NAT gateway. It is free.
//!
//! CreateVpcEndpoint takes a client token that no SDK fills in by itself. DeleteVpcEndpoints answers 200 even when it
//! fails; the reason is in the answer's list of unsuccessful items.

use std::collections::HashSet;

use aws_sdk_ec2::types::{Filter, ResourceType, VpcEndpoint as Ec2VpcEndpoint, VpcEndpointType};
use landfall_engine::kind::{Field, Schema};
use landfall_engine::provider::{Answer, Ask, CallError, CallFailure, Polled};
use landfall_engine::resource::{CloudId, Literals};
use landfall_engine::snapshot::Recorded;
use landfall_engine::until::Until;
use serde::{Deserialize, Serialize};

use super::described::{Described, described_leftovers, read_described};
use super::retagging::retag;
use crate::classify::{failure, incomplete, not_yet_visible};
use crate::cloud::{Cloud, filter, filter_chunks};
use crate::kinds::{DELETED, Pending, ResourceKind, Seen, SendResult, Sweep, alone, created, sets, updated};
use crate::leftover::{Leftover, Leftovers};
use crate::operation::{CREATE_TAGS, Calls, DESCRIBE_VPC_ENDPOINTS, EC2_TAGS_CHANGED, Operation, Sent, arn};
use crate::shape::shape_of;
use crate::tags::{self, Tags};

const CREATE_VPC_ENDPOINT: Operation = Operation::new("ec2:CreateVpcEndpoint")
    .on(&[arn::VPC_ENDPOINT, arn::VPC, arn::ROUTE_TABLE])
    .by_resource_tag()
    .by_request_tag()
    .keys(&["ec2:VpceServiceName"])
    .also(&[&CREATE_TAGS]);
const DELETE_VPC_ENDPOINTS: Operation =
    Operation::new("ec2:DeleteVpcEndpoints").on(&[arn::VPC_ENDPOINT]).by_resource_tag();
const MODIFY_VPC_ENDPOINT: Operation =
    Operation::new("ec2:ModifyVpcEndpoint").on(&[arn::VPC_ENDPOINT, arn::ROUTE_TABLE]).by_resource_tag();

const SCHEMA: Schema = {
    let mut schema = Schema::new(
        "ec2.vpc_endpoint",
        &[
            Field::new("vpc_id").immutable(),
            Field::new("service_name").immutable(),
            Field::new("route_table_ids").unordered(),
            Field::new("tags"),
        ],
    );
    schema.deletion_time = std::time::Duration::from_secs(15);
    schema
};

const CALLS: Calls = Calls::new(Sent::always(&[&CREATE_VPC_ENDPOINT]), Sent::always(&[&DELETE_VPC_ENDPOINTS]))
    .update(&[("route_table_ids", Sent::always(&[&MODIFY_VPC_ENDPOINT])), ("tags", EC2_TAGS_CHANGED)])
    .read(Sent::always(&[&DESCRIBE_VPC_ENDPOINTS]))
    .poll(Sent::always(&[&DESCRIBE_VPC_ENDPOINTS]))
    .sweep(Sent::always(&[&DESCRIBE_VPC_ENDPOINTS]));

/// The kind.
pub(crate) struct VpcEndpoint;

#[derive(Debug, Serialize, Deserialize)]
struct Shape {
    vpc_id: String,
    service_name: String,
    route_table_ids: Vec<String>,
    tags: Tags,
}

impl ResourceKind for VpcEndpoint {
    fn schema(&self) -> Schema {
        SCHEMA
    }

    fn calls(&self) -> Calls {
        CALLS
    }

    fn read<'a>(&'a self, cloud: &'a Cloud, recorded: &'a Recorded) -> Pending<'a, Result<Vec<Seen>, CallFailure>> {
        Box::pin(read_described::<VpcEndpoint>(cloud, recorded))
    }

    fn sweep(&self) -> Sweep {
        Sweep::ListedAs(&["vpc-endpoint"])
    }

    fn remaining<'a>(&'a self, cloud: &'a Cloud, _listed_as: &'a str, ids: Vec<String>) -> Pending<'a, Leftovers> {
        Box::pin(described_leftovers::<VpcEndpoint>(cloud, ids))
    }

    fn send<'a>(&'a self, cloud: &'a Cloud, token: &'a str, asks: &'a [Ask]) -> Pending<'a, Vec<SendResult>> {
        alone(asks, move |ask| async move {
            match ask {
                Ask::Create { properties } => create(cloud, token, properties).await,
                Ask::Update { id, before, properties, .. } => {
                    if sets(ask, "route_table_ids") {
                        let wanted: Shape = shape_of(properties, &MODIFY_VPC_ENDPOINT)?;
                        let existing: Shape = shape_of(before, &MODIFY_VPC_ENDPOINT)?;
                        move_tables(cloud, id.as_str(), &existing.route_table_ids, &wanted.route_table_ids).await?;
                    }
                    if sets(ask, "tags") { retag(cloud, ask).await } else { Ok(updated()) }
                }
                Ask::Delete { id, .. } => delete(cloud, id).await,
            }
        })
    }

    fn poll<'a>(
        &'a self,
        cloud: &'a Cloud,
        ids: &'a [CloudId],
        _until: Until,
    ) -> Pending<'a, Result<Vec<Polled>, CallFailure>> {
        Box::pin(async move {
            let refs: Vec<&CloudId> = ids.iter().collect();
            let mut there = HashSet::new();
            for chunk in filter_chunks(&refs) {
                let found = VpcEndpoint::describe(cloud, filter("vpc-endpoint-id", chunk)).await?;
                there.extend(found.iter().filter(|e| !is_in_state(e, "deleted")).filter_map(id_of));
            }
            let gone = ids.iter().filter(|id| !there.contains(*id));
            Ok(gone.map(|id| Polled::Arrived(id.clone(), Literals::new())).collect())
        })
    }
}

async fn create(cloud: &Cloud, token: &str, properties: &Literals) -> SendResult {
    let wanted: Shape = shape_of(properties, &CREATE_VPC_ENDPOINT)?;
    let answer = cloud
        .ec2
        .create_vpc_endpoint()
        .vpc_endpoint_type(VpcEndpointType::Gateway)
        .vpc_id(&wanted.vpc_id)
        .service_name(&wanted.service_name)
        .set_route_table_ids(Some(wanted.route_table_ids))
        .client_token(token)
        .tag_specifications(cloud.tag_specification(ResourceType::VpcEndpoint, &wanted.tags))
        .send()
        .await
        .map_err(|e| not_yet_visible(failure(&CREATE_VPC_ENDPOINT, e)))?;
    let id = answer.vpc_endpoint().and_then(Ec2VpcEndpoint::vpc_endpoint_id);
    Ok(created(id.ok_or_else(|| incomplete(&CREATE_VPC_ENDPOINT, "the id"))?, Literals::new()))
}

async fn move_tables(cloud: &Cloud, id: &str, before: &[String], after: &[String]) -> Result<(), CallFailure> {
    let added = after.iter().filter(|table| !before.contains(table)).cloned().collect();
    let removed = before.iter().filter(|table| !after.contains(table)).cloned().collect();
    cloud
        .ec2
        .modify_vpc_endpoint()
        .vpc_endpoint_id(id)
        .set_add_route_table_ids(Some(added))
        .set_remove_route_table_ids(Some(removed))
        .send()
        .await
        .map_err(|e| not_yet_visible(failure(&MODIFY_VPC_ENDPOINT, e)))?;
    Ok(())
}

async fn delete(cloud: &Cloud, id: &CloudId) -> SendResult {
    let call = cloud.ec2.delete_vpc_endpoints().vpc_endpoint_ids(id.as_str());
    let answer = call.send().await.map_err(|e| failure(&DELETE_VPC_ENDPOINTS, e))?;
    let Some(error) = answer.unsuccessful().first().and_then(|item| item.error()) else {
        return Ok(Answer::Deleted { gone: false });
    };
    let code = error.code().unwrap_or_default();
    if code.contains("NotFound") {
        return Ok(DELETED);
    }
    Err(CallFailure {
        class: CallError::Refused,
        operation: DELETE_VPC_ENDPOINTS.name.to_owned(),
        code: Some(code.to_owned()),
        message: error.message().unwrap_or("no reason given").to_owned(),
        request_id: None,
    })
}

impl Described for VpcEndpoint {
    const SCHEMA: Schema = SCHEMA;
    const ID_FILTER: &'static str = "vpc-endpoint-id";
    type Item = Ec2VpcEndpoint;

    async fn describe(cloud: &Cloud, by: Filter) -> Result<Vec<Ec2VpcEndpoint>, CallFailure> {
        let pages = cloud.ec2.describe_vpc_endpoints().filters(by).into_paginator().items().send();
        pages.try_collect().await.map_err(|e| failure(&DESCRIBE_VPC_ENDPOINTS, e))
    }

    fn id(item: &Ec2VpcEndpoint) -> Option<&str> {
        item.vpc_endpoint_id()
    }

    fn seen(item: &Ec2VpcEndpoint) -> Vec<Seen> {
        let leaving = ["deleting", "deleted"].iter().any(|state| is_in_state(item, state));
        if leaving {
            return vec![];
        }
        let mut tables = item.route_table_ids().to_vec();
        tables.sort();
        let tags = tags::from_ec2(item.tags());
        let shape = Shape {
            vpc_id: item.vpc_id().unwrap_or_default().to_owned(),
            service_name: item.service_name().unwrap_or_default().to_owned(),
            route_table_ids: tables,
            tags: tags::comparable(&tags),
        };
        vec![Seen::new(SCHEMA.kind, item.vpc_endpoint_id().unwrap_or_default(), &shape).with_tags(tags)]
    }

    fn leftover(item: &Ec2VpcEndpoint) -> Option<Leftover> {
        if is_in_state(item, "deleted") {
            return None;
        }
        Some(Leftover::new(
            &SCHEMA.kind,
            item.vpc_endpoint_id(),
            &[item.state().map(|state| state.as_str()), item.service_name()],
        ))
    }
}

/// The guide writes states in capitals, answers come in small letters as well.
fn is_in_state(endpoint: &Ec2VpcEndpoint, state: &str) -> bool {
    endpoint.state().is_some_and(|s| s.as_str().eq_ignore_ascii_case(state))
}

fn id_of(endpoint: &Ec2VpcEndpoint) -> Option<CloudId> {
    endpoint.vpc_endpoint_id().map(CloudId::from)
}
