//! CloudWatch Logs: JSON protocol.
//!
//! Groups with retention and tags, streams, events. Keys, metric and subscription filters, queries and cross-account
//! reading are not modelled.

mod event;
mod group;
pub(crate) mod identifier;
mod input;
mod read;
mod stream;
mod tagging;

#[cfg(test)]
mod tests;

use super::action::JsonAction;

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
