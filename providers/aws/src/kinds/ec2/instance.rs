//! `ec2.instance`: a scheduler or a worker.
//!
//! Equal instances are launched together, at most 100 a call, as AWS advises. A launch takes what it can get: fewer than
//! asked are a success for those that came and "no capacity" for the rest. The instances of a launch are equal, tags
//! included, so they are told apart by reservation and launch index.

mod belongings;
mod launch;
mod read;
mod remaining;

use landfall_aws_blueprint::shared_names::SPOT_OR_ON_DEMAND;
use landfall_engine::attribute::Claim;
use landfall_engine::kind::{Field, Kind, Replacement, Schema};
use landfall_engine::provider::{Answer, Ask, CallError, CallFailure, Polled};
use landfall_engine::resource::{CloudId, Literal};
use landfall_engine::snapshot::Recorded;
use landfall_engine::until::Until;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::time::Duration;

pub(super) use belongings::with_belongings;

use super::{retag, sets};
use crate::classify::failure;
use crate::cloud::Cloud;
use crate::kinds::{AddressIndex, Pending, ResourceKind, Seen, SendResult, Sweep, tagged_address, updated};
use crate::leftover::Leftovers;
use crate::operation::{
    CREATE_SERVICE_LINKED_ROLE, CREATE_TAGS, Calls, DELETE_TAGS, DESCRIBE_INSTANCES, DESCRIBE_NETWORK_INTERFACES,
    Operation, PASS_ROLE, Sent, arn,
};
use crate::shape::shape_of;
use crate::tags::{self, Tags};

const DESCRIBE_SPOT_INSTANCE_REQUESTS: Operation = Operation::new("ec2:DescribeSpotInstanceRequests");
const DESCRIBE_VOLUMES: Operation = Operation::new("ec2:DescribeVolumes");
const MODIFY_INSTANCE_ATTRIBUTE: Operation = Operation::new("ec2:ModifyInstanceAttribute")
    .on(&[arn::INSTANCE, arn::SECURITY_GROUP])
    .by_resource_tag()
    .keys(&["ec2:Attribute"]);
const RUN_INSTANCES: Operation = Operation::new("ec2:RunInstances")
    .on(&[
        arn::INSTANCE,
        arn::VOLUME,
        arn::NETWORK_INTERFACE,
        arn::SPOT_INSTANCES_REQUEST,
        arn::IMAGE,
        arn::SUBNET,
        arn::SECURITY_GROUP,
        arn::PLACEMENT_GROUP,
    ])
    .by_resource_tag()
    .by_request_tag()
    .keys(&["ec2:InstanceType", "ec2:MetadataHttpTokens", "ec2:InstanceMarketType", "ec2:InstanceProfile"])
    .also(&[&CREATE_TAGS, &PASS_ROLE, &CREATE_SERVICE_LINKED_ROLE]);
const START_INSTANCES: Operation = Operation::new("ec2:StartInstances").on(&[arn::INSTANCE]).by_resource_tag();
const TERMINATE_INSTANCES: Operation = Operation::new("ec2:TerminateInstances").on(&[arn::INSTANCE]).by_resource_tag();

/// The kind's name.
pub(crate) const KIND: Kind = Kind::new("ec2.instance");

const SCHEMA: Schema = {
    let mut schema = Schema::new(
        "ec2.instance",
        &[
            Field::new("image_id").immutable(),
            Field::new("instance_type").immutable(),
            Field::new("subnet_id").immutable(),
            Field::new("security_group_ids").unordered(),
            Field::new("iam_instance_profile").immutable(),
            Field::new("associate_public_ip_address").immutable().unreadable(),
            Field::new("placement_group").immutable(),
            Field::new("market").immutable().met_by_any(SPOT_OR_ON_DEMAND),
            Field::new("root_device_name").immutable().unreadable(),
            Field::new("root_volume_gib").immutable().unreadable(),
            // A new version of the script is no reason to replace an instance. What the script is made from is: a worker
            // whose scheduler is another must not go on with the old one's address.
            Field::new("user_data")
                .immutable()
                .unreadable()
                .renewed_with_replacement()
                .made_from(&["boot_parameters", "scheduler_address"]),
            // These two are landfall's own: no call sends them, the record alone has them.
            Field::new("boot_parameters").immutable().unreadable(),
            Field::new("scheduler_address").immutable().unreadable(),
            Field::new("state"),
            Field::new("tags"),
        ],
    )
    .with_outputs(&["private_ip", "public_ip", "reservation_id", "launch_index"]);
    // If the account has no room for the new ones, the old ones still work.
    schema.replacement = Replacement::CreateFirst;
    schema.creation_time = Duration::from_secs(25);
    schema.deletion_time = Duration::from_secs(45);
    schema
};

/// AWS advises launches of at most 100 instances a call.
const LAUNCHED_AT_ONCE_MAX: usize = 100;
/// TerminateInstances takes up to 1,000 ids. But a call that needs more tokens than its bucket ever holds is refused for
/// ever, and an account may have a bucket smaller than the documented one, which holds just 1,000 (`rate_limits`).
const TERMINATED_AT_ONCE_MAX: usize = 100;

/// What belongs to an instance is asked for, and tagged with it.
pub(crate) const TAGS_CHANGED: Sent = Sent::always(&[&CREATE_TAGS, &DESCRIBE_INSTANCES]).sometimes(&[&DELETE_TAGS]);

const CALLS: Calls = Calls::new(Sent::always(&[&RUN_INSTANCES]), Sent::always(&[&TERMINATE_INSTANCES]))
    .update(&[
        ("security_group_ids", Sent::always(&[&MODIFY_INSTANCE_ATTRIBUTE])),
        ("state", Sent::always(&[&START_INSTANCES])),
        ("tags", TAGS_CHANGED),
    ])
    .read(Sent::always(&[&DESCRIBE_INSTANCES]))
    .poll(Sent::always(&[&DESCRIBE_INSTANCES]))
    .sweep(Sent::always(&[&DESCRIBE_INSTANCES]).sometimes(&[
        &DESCRIBE_VOLUMES,
        &DESCRIBE_NETWORK_INTERFACES,
        &DESCRIBE_SPOT_INSTANCE_REQUESTS,
    ]));

/// The kind.
pub(crate) struct Instance;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Shape {
    image_id: String,
    instance_type: String,
    subnet_id: String,
    security_group_ids: Vec<String>,
    iam_instance_profile: Option<String>,
    associate_public_ip_address: Option<bool>,
    placement_group: Option<String>,
    market: String,
    root_device_name: Option<String>,
    root_volume_gib: Option<i32>,
    user_data: Option<String>,
    state: String,
    tags: Tags,
}

impl ResourceKind for Instance {
    fn schema(&self) -> Schema {
        SCHEMA
    }

    fn calls(&self) -> Calls {
        CALLS
    }

    /// What comes with instances and goes with them is looked for as well: it costs money if it stays.
    fn sweep(&self) -> Sweep {
        Sweep::ListedAs(remaining::TYPES)
    }

    fn remaining<'a>(&'a self, cloud: &'a Cloud, listed_as: &'a str, ids: Vec<String>) -> Pending<'a, Leftovers> {
        Box::pin(remaining::of_type(cloud, listed_as, ids))
    }

    fn read<'a>(&'a self, cloud: &'a Cloud, recorded: &'a Recorded) -> Pending<'a, Result<Vec<Seen>, CallFailure>> {
        Box::pin(read::read(cloud, recorded))
    }

    /// A worker's tag names its group only: it was launched together with others.
    fn claim(&self, seen: &Seen, _addresses: &AddressIndex<'_>) -> Claim {
        let Some(address) = tagged_address(seen) else { return Claim::Nothing };
        if address.split_last().is_some_and(|(_, last)| last == "worker") {
            let text = |name: &str| seen.resource.outputs.get(name).map(Literal::to_string).unwrap_or_default();
            let order = format!("{}/{:0>6}", text("reservation_id"), text("launch_index"));
            return Claim::Group { group: address, order };
        }
        Claim::Address(address)
    }

    fn batch(&self, ask: &Ask) -> Option<(String, usize)> {
        match ask {
            Ask::Create { properties } => {
                let content = serde_json::to_vec(&**properties).ok()?;
                Some((format!("run {}", hex::encode(Sha256::digest(content))), LAUNCHED_AT_ONCE_MAX))
            }
            Ask::Delete { .. } => Some(("terminate".to_owned(), TERMINATED_AT_ONCE_MAX)),
            Ask::Update { .. } => None,
        }
    }

    fn send<'a>(&'a self, cloud: &'a Cloud, token: &'a str, asks: &'a [Ask]) -> Pending<'a, Vec<SendResult>> {
        Box::pin(async move {
            match asks.first() {
                Some(Ask::Create { properties }) => {
                    let outcome = match shape_of::<Shape>(properties, &RUN_INSTANCES) {
                        Ok(wanted) => launch::launch(cloud, token, &wanted, asks.len()).await,
                        Err(failure) => Err(failure),
                    };
                    outcome.unwrap_or_else(|failure| vec![Err(failure); asks.len()])
                }
                Some(Ask::Delete { .. }) => {
                    let ids: Vec<String> = asks.iter().filter_map(deleted_id).collect();
                    terminate(cloud, &ids).await
                }
                Some(ask @ Ask::Update { .. }) => vec![update(cloud, ask).await],
                None => vec![],
            }
        })
    }

    fn poll<'a>(
        &'a self,
        cloud: &'a Cloud,
        ids: &'a [CloudId],
        until: Until,
    ) -> Pending<'a, Result<Vec<Polled>, CallFailure>> {
        Box::pin(read::poll(cloud, ids, until))
    }
}

fn deleted_id(ask: &Ask) -> Option<String> {
    match ask {
        Ask::Delete { id, .. } => Some(id.to_string()),
        _ => None,
    }
}

/// Terminates. One unknown id, or one protected instance, makes EC2 refuse the whole call: it is then halved until the
/// bad one stands alone.
fn terminate<'a>(cloud: &'a Cloud, ids: &'a [String]) -> Pending<'a, Vec<SendResult>> {
    Box::pin(async move {
        let call = cloud.ec2.terminate_instances().set_instance_ids(Some(ids.to_vec()));
        match call.send().await.map_err(|e| failure(&TERMINATE_INSTANCES, e)) {
            Ok(_) => vec![Ok(Answer::Deleted { gone: false }); ids.len()],
            Err(failure) if ids.len() > 1 && concerns_one_of_many(&failure) => {
                let (left, right) = ids.split_at(ids.len() / 2);
                let mut answers = terminate(cloud, left).await;
                answers.extend(terminate(cloud, right).await);
                answers
            }
            Err(failure) => vec![Err(failure); ids.len()],
        }
    })
}

fn concerns_one_of_many(failure: &CallFailure) -> bool {
    failure.class == CallError::Gone
        || matches!(failure.code.as_deref(), Some("OperationNotPermitted" | "InvalidInstanceID.Malformed"))
}

async fn update(cloud: &Cloud, ask: &Ask) -> SendResult {
    let Ask::Update { id, properties, .. } = ask else { return Ok(updated()) };
    if sets(ask, "security_group_ids") {
        let wanted: Shape = shape_of(properties, &MODIFY_INSTANCE_ATTRIBUTE)?;
        let call = cloud.ec2.modify_instance_attribute().instance_id(id.as_str());
        let answer = call.set_groups(Some(wanted.security_group_ids)).send().await;
        answer.map_err(|e| failure(&MODIFY_INSTANCE_ATTRIBUTE, e))?;
    }
    if sets(ask, "state") {
        let answer = cloud.ec2.start_instances().instance_ids(id.as_str()).send().await;
        answer.map_err(|e| failure(&START_INSTANCES, e))?;
    }
    if sets(ask, "tags") { retag(cloud, ask).await } else { Ok(updated()) }
}

/// Returns the tags of an instance as they are compared.
fn comparable_tags(instance: &aws_sdk_ec2::types::Instance) -> (Tags, Tags) {
    let all = tags::from_ec2(instance.tags());
    let compared = tags::comparable(&all);
    (all, compared)
}
