//! `ec2.elastic_ip`: the fixed address of a NAT gateway.
//!
//! AllocateAddress takes no client token and DescribeAddresses knows no pages. An address that a NAT gateway held
//! cannot be released for some seconds after the gateway reads `deleted`; EC2 then answers `AuthFailure`, as if it were
//! somebody else's.

use aws_sdk_ec2::types::{Address as Ec2Address, DomainType, Filter, ResourceType};
use landfall_engine::kind::{Field, Schema};
use landfall_engine::provider::{Ask, CallError, CallFailure};
use landfall_engine::snapshot::{ObservedResource, Readiness, Recorded};
use serde::{Deserialize, Serialize};

use super::described::{Described, described_leftovers, read_described};
use super::retagging::retag;
use crate::classify::{failure, incomplete};
use crate::cloud::Cloud;
use crate::kinds::{DELETED, Pending, ResourceKind, Seen, SendResult, Sweep, alone, created};
use crate::leftover::{Leftover, Leftovers};
use crate::operation::{CREATE_TAGS, Calls, DESCRIBE_ADDRESSES, EC2_TAGS_CHANGED, Operation, Sent, arn};
use crate::shape::{outputs, properties_of, shape_of};
use crate::tags::{self, Tags};

const ALLOCATE_ADDRESS: Operation =
    Operation::new("ec2:AllocateAddress").on(&[arn::ELASTIC_IP]).by_request_tag().also(&[&CREATE_TAGS]);
const RELEASE_ADDRESS: Operation = Operation::new("ec2:ReleaseAddress").on(&[arn::ELASTIC_IP]).by_resource_tag();

const SCHEMA: Schema = Schema::new("ec2.elastic_ip", &[Field::new("tags")]).with_outputs(&["public_ip"]);

const CALLS: Calls = Calls::new(Sent::always(&[&ALLOCATE_ADDRESS]), Sent::always(&[&RELEASE_ADDRESS]))
    .update(&[("tags", EC2_TAGS_CHANGED)])
    .read(Sent::always(&[&DESCRIBE_ADDRESSES]))
    .sweep(Sent::always(&[&DESCRIBE_ADDRESSES]));

/// The kind.
pub(crate) struct ElasticIp;

#[derive(Debug, Serialize, Deserialize)]
struct Shape {
    tags: Tags,
}

impl ResourceKind for ElasticIp {
    fn schema(&self) -> Schema {
        SCHEMA
    }

    fn calls(&self) -> Calls {
        CALLS
    }

    fn read<'a>(&'a self, cloud: &'a Cloud, recorded: &'a Recorded) -> Pending<'a, Result<Vec<Seen>, CallFailure>> {
        Box::pin(read_described::<ElasticIp>(cloud, recorded))
    }

    fn sweep(&self) -> Sweep {
        Sweep::ListedAs(&["elastic-ip"])
    }

    fn remaining<'a>(&'a self, cloud: &'a Cloud, _listed_as: &'a str, ids: Vec<String>) -> Pending<'a, Leftovers> {
        Box::pin(described_leftovers::<ElasticIp>(cloud, ids))
    }

    fn send<'a>(&'a self, cloud: &'a Cloud, _token: &'a str, asks: &'a [Ask]) -> Pending<'a, Vec<SendResult>> {
        alone(asks, move |ask| async move {
            match ask {
                Ask::Create { properties } => {
                    let wanted: Shape = shape_of(properties, &ALLOCATE_ADDRESS)?;
                    let answer = cloud
                        .ec2
                        .allocate_address()
                        .domain(DomainType::Vpc)
                        .tag_specifications(cloud.tag_specification(ResourceType::ElasticIp, &wanted.tags))
                        .customize()
                        .config_override(cloud.ec2_once())
                        .send()
                        .await
                        .map_err(|e| failure(&ALLOCATE_ADDRESS, e))?;
                    let id = answer.allocation_id().ok_or_else(|| incomplete(&ALLOCATE_ADDRESS, "the id"))?;
                    Ok(created(id, outputs([("public_ip", answer.public_ip())])))
                }
                Ask::Update { .. } => retag(cloud, ask).await,
                Ask::Delete { id, .. } => {
                    let call = cloud.ec2.release_address().allocation_id(id.as_str());
                    call.send().await.map_err(|e| still_held(failure(&RELEASE_ADDRESS, e)))?;
                    Ok(DELETED)
                }
            }
        })
    }
}

fn still_held(mut failure: CallFailure) -> CallFailure {
    if failure.code.as_deref() == Some("AuthFailure") {
        failure.class = CallError::Blocked;
    }
    failure
}

impl Described for ElasticIp {
    const SCHEMA: Schema = SCHEMA;
    const ID_FILTER: &'static str = "allocation-id";
    type Item = Ec2Address;

    async fn describe(cloud: &Cloud, by: Filter) -> Result<Vec<Ec2Address>, CallFailure> {
        let answer =
            cloud.ec2.describe_addresses().filters(by).send().await.map_err(|e| failure(&DESCRIBE_ADDRESSES, e))?;
        Ok(answer.addresses.unwrap_or_default())
    }

    fn id(item: &Ec2Address) -> Option<&str> {
        item.allocation_id()
    }

    fn seen(item: &Ec2Address) -> Vec<Seen> {
        let tags = tags::from_ec2(item.tags());
        let resource = ObservedResource {
            kind: SCHEMA.kind,
            id: item.allocation_id().unwrap_or_default().into(),
            properties: properties_of(&Shape { tags: tags::comparable(&tags) }),
            outputs: outputs([("public_ip", item.public_ip())]),
            readiness: Readiness::Ready,
        };
        vec![Seen { resource, tags: Some(tags) }]
    }

    fn leftover(item: &Ec2Address) -> Option<Leftover> {
        Some(Leftover::new(&SCHEMA.kind, item.allocation_id(), &[item.public_ip()]))
    }
}
