//! `ec2.nat_gateway`: how private machines reach the internet.
//!
//! It takes 85 to 125 s to be available and 37 to 79 s to be gone. What is wrong with a request (an address in use, a
//! network without a gateway) shows only later, as the state `failed` with a reason. A failed or deleted gateway stays
//! listed for about an hour.

use aws_sdk_ec2::types::{Filter, NatGateway as Ec2NatGateway, NatGatewayState, ResourceType};
use landfall_engine::kind::{Field, Schema};
use landfall_engine::provider::{Answer, Ask, CallFailure, Polled};
use landfall_engine::resource::{CloudId, Literals};
use landfall_engine::snapshot::{ObservedResource, Readiness, Recorded};
use landfall_engine::until::Until;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::time::Duration;

use super::described::{Described, described_leftovers, read_described};
use super::retagging::retag;
use crate::classify::{failure, incomplete, not_yet_visible};
use crate::cloud::{Cloud, filter, filter_chunks};
use crate::kinds::{Pending, ResourceKind, Seen, SendResult, Sweep, alone};
use crate::leftover::{Leftover, Leftovers};
use crate::operation::{CREATE_TAGS, Calls, DESCRIBE_NAT_GATEWAYS, EC2_TAGS_CHANGED, Operation, Sent, arn};
use crate::shape::{outputs, properties_of, shape_of};
use crate::tags::{self, Tags};

const CREATE_NAT_GATEWAY: Operation = Operation::new("ec2:CreateNatGateway")
    .on(&[arn::NAT_GATEWAY, arn::SUBNET, arn::ELASTIC_IP])
    .by_resource_tag()
    .by_request_tag()
    .also(&[&CREATE_TAGS]);
const DELETE_NAT_GATEWAY: Operation = Operation::new("ec2:DeleteNatGateway").on(&[arn::NAT_GATEWAY]).by_resource_tag();

const SCHEMA: Schema = {
    let mut schema = Schema::new(
        "ec2.nat_gateway",
        &[Field::new("subnet_id").immutable(), Field::new("allocation_id").immutable(), Field::new("tags")],
    )
    .with_outputs(&["public_ip", "network_interface_id"]);
    schema.creation_time = Duration::from_secs(105);
    schema.deletion_time = Duration::from_secs(60);
    schema
};

const CALLS: Calls = Calls::new(Sent::always(&[&CREATE_NAT_GATEWAY]), Sent::always(&[&DELETE_NAT_GATEWAY]))
    .update(&[("tags", EC2_TAGS_CHANGED)])
    .read(Sent::always(&[&DESCRIBE_NAT_GATEWAYS]))
    .poll(Sent::always(&[&DESCRIBE_NAT_GATEWAYS]))
    .sweep(Sent::always(&[&DESCRIBE_NAT_GATEWAYS]));

/// The kind.
pub(crate) struct NatGateway;

#[derive(Debug, Serialize, Deserialize)]
struct Shape {
    subnet_id: String,
    allocation_id: String,
    tags: Tags,
}

impl ResourceKind for NatGateway {
    fn schema(&self) -> Schema {
        SCHEMA
    }

    fn calls(&self) -> Calls {
        CALLS
    }

    fn read<'a>(&'a self, cloud: &'a Cloud, recorded: &'a Recorded) -> Pending<'a, Result<Vec<Seen>, CallFailure>> {
        Box::pin(read_described::<NatGateway>(cloud, recorded))
    }

    fn sweep(&self) -> Sweep {
        Sweep::ListedAs(&["natgateway"])
    }

    fn remaining<'a>(&'a self, cloud: &'a Cloud, _listed_as: &'a str, ids: Vec<String>) -> Pending<'a, Leftovers> {
        Box::pin(described_leftovers::<NatGateway>(cloud, ids))
    }

    fn send<'a>(&'a self, cloud: &'a Cloud, token: &'a str, asks: &'a [Ask]) -> Pending<'a, Vec<SendResult>> {
        alone(asks, move |ask| async move {
            match ask {
                Ask::Create { properties } => create(cloud, token, properties).await,
                Ask::Update { .. } => retag(cloud, ask).await,
                Ask::Delete { id, .. } => {
                    let call = cloud.ec2.delete_nat_gateway().nat_gateway_id(id.as_str());
                    call.send().await.map_err(|e| failure(&DELETE_NAT_GATEWAY, e))?;
                    Ok(Answer::Deleted { gone: false })
                }
            }
        })
    }

    fn poll<'a>(
        &'a self,
        cloud: &'a Cloud,
        ids: &'a [CloudId],
        until: Until,
    ) -> Pending<'a, Result<Vec<Polled>, CallFailure>> {
        Box::pin(async move {
            let refs: Vec<&CloudId> = ids.iter().collect();
            let mut found = HashMap::new();
            for chunk in filter_chunks(&refs) {
                let gateways = NatGateway::describe(cloud, filter("nat-gateway-id", chunk)).await?;
                found.extend(gateways.into_iter().map(|g| (CloudId::from(g.nat_gateway_id().unwrap_or_default()), g)));
            }
            Ok(ids.iter().filter_map(|id| polled(id, found.get(id), until)).collect())
        })
    }
}

async fn create(cloud: &Cloud, token: &str, properties: &Literals) -> SendResult {
    let wanted: Shape = shape_of(properties, &CREATE_NAT_GATEWAY)?;
    let answer = cloud
        .ec2
        .create_nat_gateway()
        .subnet_id(&wanted.subnet_id)
        .allocation_id(&wanted.allocation_id)
        .client_token(token)
        .tag_specifications(cloud.tag_specification(ResourceType::Natgateway, &wanted.tags))
        .send()
        .await
        .map_err(|e| not_yet_visible(failure(&CREATE_NAT_GATEWAY, e)))?;
    let id = answer.nat_gateway().and_then(Ec2NatGateway::nat_gateway_id);
    let id = id.ok_or_else(|| incomplete(&CREATE_NAT_GATEWAY, "the id"))?.into();
    Ok(Answer::Created { id, outputs: Literals::new(), ready: false })
}

fn polled(id: &CloudId, gateway: Option<&Ec2NatGateway>, until: Until) -> Option<Polled> {
    let state = gateway.and_then(Ec2NatGateway::state);
    match (until, gateway, state) {
        (Until::Ready, Some(gateway), Some(NatGatewayState::Available)) => {
            Some(Polled::Arrived(id.clone(), outputs_of(gateway)))
        }
        (Until::Ready, Some(gateway), Some(NatGatewayState::Failed)) => Some(Polled::Failed(id.clone(), why(gateway))),
        (Until::Ready, Some(_), Some(NatGatewayState::Deleting | NatGatewayState::Deleted)) => {
            Some(Polled::Failed(id.clone(), "it was deleted while it came up".to_owned()))
        }
        (Until::Gone, None, _) | (Until::Gone, _, Some(NatGatewayState::Deleted | NatGatewayState::Failed)) => {
            Some(Polled::Arrived(id.clone(), Literals::new()))
        }
        _ => None,
    }
}

fn why(gateway: &Ec2NatGateway) -> String {
    let code = gateway.failure_code().unwrap_or("no code");
    let message = gateway.failure_message().unwrap_or("no reason given");
    format!("the NAT gateway failed to come up: {code}: {message}")
}

fn outputs_of(gateway: &Ec2NatGateway) -> Literals {
    let address = gateway.nat_gateway_addresses().first();
    outputs([
        ("public_ip", address.and_then(|a| a.public_ip())),
        ("network_interface_id", address.and_then(|a| a.network_interface_id())),
    ])
}

impl Described for NatGateway {
    const SCHEMA: Schema = SCHEMA;
    const ID_FILTER: &'static str = "nat-gateway-id";
    type Item = Ec2NatGateway;

    async fn describe(cloud: &Cloud, by: Filter) -> Result<Vec<Ec2NatGateway>, CallFailure> {
        // The member is called `Filter` here and `Filters` everywhere else; on the wire they are the same.
        let pages = cloud.ec2.describe_nat_gateways().filter(by).into_paginator().items().send();
        pages.try_collect().await.map_err(|e| failure(&DESCRIBE_NAT_GATEWAYS, e))
    }

    fn id(item: &Ec2NatGateway) -> Option<&str> {
        item.nat_gateway_id()
    }

    fn seen(item: &Ec2NatGateway) -> Vec<Seen> {
        let readiness = match item.state() {
            Some(NatGatewayState::Available) => Readiness::Ready,
            Some(NatGatewayState::Pending) => Readiness::Pending,
            Some(NatGatewayState::Failed) => Readiness::Failed(why(item)),
            _ => return vec![],
        };
        let tags = tags::from_ec2(item.tags());
        let allocation = item.nat_gateway_addresses().first().and_then(|address| address.allocation_id());
        let shape = Shape {
            subnet_id: item.subnet_id().unwrap_or_default().to_owned(),
            allocation_id: allocation.unwrap_or_default().to_owned(),
            tags: tags::comparable(&tags),
        };
        let resource = ObservedResource {
            kind: SCHEMA.kind,
            id: item.nat_gateway_id().unwrap_or_default().into(),
            properties: properties_of(&shape),
            outputs: outputs_of(item),
            readiness,
        };
        vec![Seen { resource, tags: Some(tags) }]
    }

    fn leftover(item: &Ec2NatGateway) -> Option<Leftover> {
        let state = item.state();
        // A failed gateway costs nothing, cannot be used, and is forgotten by itself as a deleted one is.
        if matches!(state, Some(NatGatewayState::Deleted | NatGatewayState::Failed)) {
            return None;
        }
        Some(Leftover::new(
            &SCHEMA.kind,
            item.nat_gateway_id(),
            &[state.map(NatGatewayState::as_str), item.subnet_id()],
        ))
    }
}
