//! `ec2.internet_gateway_attachment`: an internet gateway at its VPC. It has no id and no tags; it is seen in the
//! gateway's description.

use landfall_aws_blueprint::addresses;
use landfall_engine::attribute::Claim;
use landfall_engine::kind::{Field, Schema};
use landfall_engine::provider::Ask;
use landfall_engine::resource::Literals;
use serde::{Deserialize, Serialize};

use crate::classify::{failure, not_yet_visible};
use crate::cloud::Cloud;
use crate::kinds::{AddressIndex, DELETED, Pending, ResourceKind, Seen, SendResult, Sweep, alone, created, updated};
use crate::operation::{Calls, Operation, Sent, arn};
use crate::shape::shape_of;

const ATTACH_INTERNET_GATEWAY: Operation =
    Operation::new("ec2:AttachInternetGateway").on(&[arn::INTERNET_GATEWAY, arn::VPC]).by_resource_tag();
const DETACH_INTERNET_GATEWAY: Operation =
    Operation::new("ec2:DetachInternetGateway").on(&[arn::INTERNET_GATEWAY, arn::VPC]).by_resource_tag();

const SCHEMA: Schema = Schema::new(
    "ec2.internet_gateway_attachment",
    &[Field::new("internet_gateway_id").immutable(), Field::new("vpc_id").immutable()],
);

const CALLS: Calls = Calls::new(Sent::always(&[&ATTACH_INTERNET_GATEWAY]), Sent::always(&[&DETACH_INTERNET_GATEWAY]));

/// The kind.
pub(crate) struct InternetGatewayAttachment;

#[derive(Debug, Serialize, Deserialize)]
struct Shape {
    internet_gateway_id: String,
    vpc_id: String,
}

impl ResourceKind for InternetGatewayAttachment {
    fn schema(&self) -> Schema {
        SCHEMA
    }

    fn calls(&self) -> Calls {
        CALLS
    }

    fn sweep(&self) -> Sweep {
        Sweep::With("ec2.internet_gateway")
    }

    /// A stack has one gateway and one network, so their attachment has a fixed place.
    fn claim(&self, _seen: &Seen, _addresses: &AddressIndex<'_>) -> Claim {
        Claim::Address(addresses::internet_gateway_attachment())
    }

    fn send<'a>(&'a self, cloud: &'a Cloud, _token: &'a str, asks: &'a [Ask]) -> Pending<'a, Vec<SendResult>> {
        alone(asks, move |ask| async move {
            match ask {
                Ask::Create { properties } => {
                    let wanted: Shape = shape_of(properties, &ATTACH_INTERNET_GATEWAY)?;
                    cloud
                        .ec2
                        .attach_internet_gateway()
                        .internet_gateway_id(&wanted.internet_gateway_id)
                        .vpc_id(&wanted.vpc_id)
                        .customize()
                        .config_override(cloud.ec2_once())
                        .send()
                        .await
                        .map_err(|e| not_yet_visible(failure(&ATTACH_INTERNET_GATEWAY, e)))?;
                    Ok(created(id(&wanted.internet_gateway_id, &wanted.vpc_id), Literals::new()))
                }
                Ask::Update { .. } => Ok(updated()),
                Ask::Delete { properties, .. } => {
                    let existing: Shape = shape_of(properties, &DETACH_INTERNET_GATEWAY)?;
                    cloud
                        .ec2
                        .detach_internet_gateway()
                        .internet_gateway_id(existing.internet_gateway_id)
                        .vpc_id(existing.vpc_id)
                        .send()
                        .await
                        .map_err(|e| failure(&DETACH_INTERNET_GATEWAY, e))?;
                    Ok(DELETED)
                }
            }
        })
    }
}

/// Returns an attachment as the gateway's description shows it.
pub(super) fn seen(gateway: &str, vpc: &str) -> Seen {
    let shape = Shape { internet_gateway_id: gateway.to_owned(), vpc_id: vpc.to_owned() };
    Seen::new(SCHEMA.kind, id(gateway, vpc), &shape)
}

fn id(gateway: &str, vpc: &str) -> String {
    format!("{gateway}/{vpc}")
}
