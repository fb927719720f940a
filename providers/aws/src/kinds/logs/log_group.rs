//! `logs.log_group`: the log of a stack; each instance opens a stream of its own in it.
//!
//! CreateLogGroup answers nothing and cannot set the retention. Tags are not in DescribeLogGroups, whose `arn` ends in
//! `:*`; the tagging calls take the ARN without it. A group that is deleted and made again at once may answer
//! `OperationAbortedException`. An agent that may create groups makes a deleted one again, untagged: so the instances
//! must be gone first, or not have that permission.

use aws_sdk_cloudwatchlogs::types::LogGroup as CloudLogGroup;
use landfall_engine::kind::{Field, Schema};
use landfall_engine::provider::{Ask, CallFailure};
use landfall_engine::resource::{CloudId, Literals};
use landfall_engine::snapshot::{ObservedResource, Readiness, Recorded};
use serde::{Deserialize, Serialize};

use crate::classify::{failure, not_yet_visible};
use crate::cloud::Cloud;
use crate::kinds::by_name::{created_by_name, if_any, is_ours, name_and_arn, named_leftover, names, retagging};
use crate::kinds::{DELETED, Pending, ResourceKind, Seen, SendResult, Sweep, alone, sets, updated};
use crate::leftover::Leftovers;
use crate::operation::{Calls, Operation, Sent, arn};
use crate::shape::{properties_of, shape_of};
use crate::tags::{self, Tags};

const CREATE_LOG_GROUP: Operation =
    Operation::new("logs:CreateLogGroup").on(&[arn::LOG_GROUP]).by_request_tag().also(&[&TAG_RESOURCE]);
const DELETE_LOG_GROUP: Operation = Operation::new("logs:DeleteLogGroup").on(&[arn::LOG_GROUP]).by_resource_tag();
const DELETE_RETENTION_POLICY: Operation =
    Operation::new("logs:DeleteRetentionPolicy").on(&[arn::LOG_GROUP]).by_resource_tag();
const DESCRIBE_LOG_GROUPS: Operation = Operation::new("logs:DescribeLogGroups").on(&[arn::LOG_GROUP]).by_resource_tag();
const LIST_TAGS_FOR_RESOURCE: Operation =
    Operation::new("logs:ListTagsForResource").on(&[arn::LOG_GROUP]).by_resource_tag();
const PUT_RETENTION_POLICY: Operation =
    Operation::new("logs:PutRetentionPolicy").on(&[arn::LOG_GROUP]).by_resource_tag();
const TAG_RESOURCE: Operation =
    Operation::new("logs:TagResource").on(&[arn::LOG_GROUP]).by_resource_tag().by_request_tag();
const UNTAG_RESOURCE: Operation =
    Operation::new("logs:UntagResource").on(&[arn::LOG_GROUP]).by_resource_tag().keys(&["aws:TagKeys"]);

const SCHEMA: Schema = Schema::new(
    "logs.log_group",
    &[Field::new("name").immutable(), Field::new("retention_in_days").set_after_creation(), Field::new("tags")],
)
.with_outputs(&["name", "arn"]);

const CALLS: Calls = Calls::new(
    Sent::always(&[&CREATE_LOG_GROUP]).sometimes(&[&DESCRIBE_LOG_GROUPS, &LIST_TAGS_FOR_RESOURCE]),
    Sent::always(&[&DELETE_LOG_GROUP]),
)
.update(&[
    ("retention_in_days", Sent::always(&[&PUT_RETENTION_POLICY]).sometimes(&[&DELETE_RETENTION_POLICY])),
    ("tags", Sent::always(&[&TAG_RESOURCE]).sometimes(&[&UNTAG_RESOURCE])),
])
.read(Sent::always(&[&DESCRIBE_LOG_GROUPS]).sometimes(&[&LIST_TAGS_FOR_RESOURCE]))
.sweep(Sent::always(&[&DESCRIBE_LOG_GROUPS]).sometimes(&[&LIST_TAGS_FOR_RESOURCE]));

/// The kind.
pub(crate) struct LogGroup;

#[derive(Debug, Serialize, Deserialize)]
struct Shape {
    name: String,
    /// `None`: events never expire.
    retention_in_days: Option<i32>,
    tags: Tags,
}

impl ResourceKind for LogGroup {
    fn schema(&self) -> Schema {
        SCHEMA
    }

    fn calls(&self) -> Calls {
        CALLS
    }

    fn sweep(&self) -> Sweep {
        Sweep::ByName
    }

    fn remaining_by_name<'a>(&'a self, cloud: &'a Cloud) -> Pending<'a, Leftovers> {
        Box::pin(async move { Ok(named_leftover(cloud, look_up(cloud, &cloud.stack).await?)) })
    }

    fn read<'a>(&'a self, cloud: &'a Cloud, recorded: &'a Recorded) -> Pending<'a, Result<Vec<Seen>, CallFailure>> {
        Box::pin(async move {
            let mut all = Vec::new();
            for name in names(cloud, recorded, &[(&SCHEMA, "name")]) {
                let group = look_up(cloud, &name).await?;
                all.extend(group.filter(|group| is_ours(cloud, recorded, group)));
            }
            Ok(all)
        })
    }

    fn send<'a>(&'a self, cloud: &'a Cloud, _token: &'a str, asks: &'a [Ask]) -> Pending<'a, Vec<SendResult>> {
        alone(asks, move |ask| async move {
            match ask {
                Ask::Create { properties } => create(cloud, properties).await,
                Ask::Update { id, properties, .. } => {
                    let wanted: Shape = shape_of(properties, &PUT_RETENTION_POLICY)?;
                    if sets(ask, "retention_in_days") {
                        set_retention(cloud, &wanted).await?;
                    }
                    if sets(ask, "tags") { retag(cloud, id, ask).await } else { Ok(updated()) }
                }
                Ask::Delete { properties, .. } => {
                    let existing: Shape = shape_of(properties, &DELETE_LOG_GROUP)?;
                    let call = cloud.logs.delete_log_group().log_group_name(existing.name);
                    call.send().await.map_err(|e| failure(&DELETE_LOG_GROUP, e))?;
                    Ok(DELETED)
                }
            }
        })
    }
}

async fn create(cloud: &Cloud, properties: &Literals) -> SendResult {
    let wanted: Shape = shape_of(properties, &CREATE_LOG_GROUP)?;
    let tags = cloud.tags_at_creation(&wanted.tags);
    let call = cloud
        .logs
        .create_log_group()
        .log_group_name(&wanted.name)
        .set_tags(Some(tags.into_iter().collect()))
        .customize()
        .config_override(cloud.logs_once());
    let made = call.send().await.map_err(|e| failure(&CREATE_LOG_GROUP, e)).map(|_| arn(cloud, &wanted.name));
    created_by_name(cloud, "log group", &wanted.name, made, look_up(cloud, &wanted.name)).await
}

/// The second half of a creation as well, so the group may not be seen yet.
async fn set_retention(cloud: &Cloud, wanted: &Shape) -> Result<(), CallFailure> {
    match wanted.retention_in_days {
        Some(days) => {
            let call = cloud.logs.put_retention_policy().log_group_name(&wanted.name).retention_in_days(days);
            call.send().await.map_err(|e| not_yet_visible(failure(&PUT_RETENTION_POLICY, e)))?;
        }
        None => {
            let call = cloud.logs.delete_retention_policy().log_group_name(&wanted.name);
            call.send().await.map_err(|e| not_yet_visible(failure(&DELETE_RETENTION_POLICY, e)))?;
        }
    }
    Ok(())
}

async fn retag(cloud: &Cloud, arn: &CloudId, ask: &Ask) -> SendResult {
    let change = retagging(ask);
    if !change.set.is_empty() {
        let tags = Some(change.set.into_iter().collect());
        let call = cloud.logs.tag_resource().resource_arn(arn.as_str()).set_tags(tags);
        call.send().await.map_err(|e| failure(&TAG_RESOURCE, e))?;
    }
    if !change.remove.is_empty() {
        let call = cloud.logs.untag_resource().resource_arn(arn.as_str()).set_tag_keys(Some(change.remove));
        call.send().await.map_err(|e| failure(&UNTAG_RESOURCE, e))?;
    }
    Ok(updated())
}

/// Finds the group of this name, whoever's it is.
async fn look_up(cloud: &Cloud, name: &str) -> Result<Option<Seen>, CallFailure> {
    let mut pages = cloud.logs.describe_log_groups().log_group_name_prefix(name).into_paginator().items().send();
    // The answer is sorted by name, so the group itself comes before those that its name only begins.
    while let Some(group) = pages.next().await {
        let group = group.map_err(|e| failure(&DESCRIBE_LOG_GROUPS, e))?;
        if group.log_group_name() == Some(name) {
            let arn = arn(cloud, name);
            let call = cloud.logs.list_tags_for_resource().resource_arn(arn.as_str());
            // One that was deleted since the list is not there.
            let answer = if_any(call.send().await.map_err(|e| failure(&LIST_TAGS_FOR_RESOURCE, e)))?;
            let tags = answer.map(|answer| answer.tags.unwrap_or_default().into_iter().collect());
            return Ok(tags.map(|tags| seen(name, arn, &group, tags)));
        }
    }
    Ok(None)
}

fn seen(name: &str, arn: CloudId, group: &CloudLogGroup, tags: Tags) -> Seen {
    let shape =
        Shape { name: name.to_owned(), retention_in_days: group.retention_in_days(), tags: tags::comparable(&tags) };
    let resource = ObservedResource {
        kind: SCHEMA.kind,
        outputs: name_and_arn(name, &arn),
        id: arn,
        properties: properties_of(&shape),
        readiness: Readiness::Ready,
    };
    Seen { resource, tags: Some(tags) }
}

/// Returns the ARN of the group of this name, without the `:*` that stands for its streams.
fn arn(cloud: &Cloud, name: &str) -> CloudId {
    format!("arn:{}:logs:{}:{}:log-group:{name}", cloud.partition, cloud.region, cloud.account).into()
}
