//! CloudWatch Logs: JSON protocol.
//!
//! Groups with retention and tags, streams, events. Keys, metric and subscription filters, queries and cross-account
//! reading are not modelled.

mod event;
mod group;
mod input;
mod read;
mod stream;
mod tagging;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::JsonAction;
use crate::wire::error::ApiError;
use crate::world::{Tags, World};

/// All actions.
pub(crate) const ACTIONS: &[JsonAction] = &[
    JsonAction {
        name: "CreateLogGroup",
        members: &["logGroupName", "tags", "logGroupClass", "deletionProtectionEnabled"],
        run: group::create,
    },
    JsonAction { name: "DeleteLogGroup", members: &["logGroupName"], run: group::delete },
    JsonAction {
        name: "DescribeLogGroups",
        members: &["logGroupNamePrefix", "logGroupNamePattern", "logGroupClass", "limit", "nextToken"],
        run: group::describe,
    },
    JsonAction { name: "PutRetentionPolicy", members: &["logGroupName", "retentionInDays"], run: group::put_retention },
    JsonAction { name: "DeleteRetentionPolicy", members: &["logGroupName"], run: group::delete_retention },
    JsonAction {
        name: "PutLogGroupDeletionProtection",
        members: &["logGroupIdentifier", "deletionProtectionEnabled"],
        run: group::put_deletion_protection,
    },
    JsonAction { name: "TagResource", members: &["resourceArn", "tags"], run: tagging::tag },
    JsonAction { name: "UntagResource", members: &["resourceArn", "tagKeys"], run: tagging::untag },
    JsonAction { name: "ListTagsForResource", members: &["resourceArn"], run: tagging::list },
    JsonAction { name: "ListTagsLogGroup", members: &["logGroupName"], run: tagging::list_of_group },
    JsonAction { name: "CreateLogStream", members: &["logGroupName", "logStreamName"], run: stream::create },
    JsonAction { name: "DeleteLogStream", members: &["logGroupName", "logStreamName"], run: stream::delete },
    JsonAction {
        name: "DescribeLogStreams",
        members: &[
            "logGroupName",
            "logGroupIdentifier",
            "logStreamNamePrefix",
            "orderBy",
            "descending",
            "nextToken",
            "limit",
        ],
        run: stream::describe,
    },
    JsonAction {
        name: "PutLogEvents",
        // The sequence token is taken and ignored, as on AWS since 2023.
        members: &["logGroupName", "logStreamName", "logEvents", "sequenceToken"],
        run: event::put,
    },
    JsonAction {
        name: "GetLogEvents",
        members: &[
            "logGroupName",
            "logGroupIdentifier",
            "logStreamName",
            "startTime",
            "endTime",
            "nextToken",
            "limit",
            "startFromHead",
        ],
        run: read::get,
    },
    JsonAction {
        name: "FilterLogEvents",
        members: &[
            "logGroupName",
            "logGroupIdentifier",
            "logStreamNames",
            "logStreamNamePrefix",
            "startTime",
            "endTime",
            "filterPattern",
            "nextToken",
            "limit",
            "interleaved",
        ],
        run: read::filter,
    },
];

/// What CloudWatch Logs holds, by name.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Logs {
    pub(crate) groups: BTreeMap<String, LogGroup>,
}

/// A log group.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LogGroup {
    pub(crate) created: u64,
    /// In days; without it, events stay.
    pub(crate) retention: Option<u64>,
    pub(crate) class: String,
    pub(crate) is_protected: bool,
    pub(crate) tags: Tags,
    pub(crate) streams: BTreeMap<String, LogStream>,
    /// How many events were taken: the number of the next.
    pub(crate) taken: u64,
}

/// A log stream.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct LogStream {
    pub(crate) created: u64,
    /// By time, and then in the order in which they came.
    pub(crate) events: Vec<Event>,
    pub(crate) last_ingestion: Option<u64>,
}

/// A log event.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) timestamp: u64,
    /// Its number in the group.
    pub(crate) number: u64,
    pub(crate) ingested: u64,
    pub(crate) message: String,
}

const DAY: u64 = 86_400_000;

impl LogGroup {
    /// Returns the time before which events are gone: "up to 72 hours" after their retention.
    fn gone_before(&self, now: u64) -> u64 {
        self.retention.map_or(0, |days| now.saturating_sub(days.saturating_add(3).saturating_mul(DAY)))
    }
}

/// The ARN of a group, without `:*`.
pub(crate) fn arn(world: &World, group: &str) -> String {
    format!("arn:{}:logs:{}:{}:log-group:{group}", world.partition, world.region, world.account)
}

fn unknown_group() -> ApiError {
    ApiError::new("ResourceNotFoundException", "The specified log group does not exist.")
}

fn unknown_stream() -> ApiError {
    ApiError::new("ResourceNotFoundException", "The specified log stream does not exist.")
}
