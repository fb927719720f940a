//! Instances: launched together in reservations, each with an interface and volumes of its own.
//!
//! Sources: EC2 API reference (RunInstances, DescribeInstances, TerminateInstances, …), EC2 user guide "Instance
//! lifecycle", sheet §5.1 to §5.4.

mod attributes;
mod describe;
mod launch;
mod named;
pub(super) mod read;
mod states;

#[cfg(test)]
mod tests;

use crate::services::action::Action;

pub(crate) use launch::launched_again;
pub(crate) use states::{advance, interrupt_spot};

/// The actions on instances.
pub(crate) const ACTIONS: &[Action] = &[
    Action { name: "RunInstances", parameters: read::PARAMETERS, run: launch::run },
    Action {
        name: "DescribeInstances",
        parameters: &["DryRun", "InstanceId.N", "Filter.N.Name", "Filter.N.Value.N", "MaxResults", "NextToken"],
        run: describe::describe,
    },
    Action {
        name: "DescribeInstanceStatus",
        parameters: &[
            "DryRun",
            "InstanceId.N",
            "IncludeAllInstances",
            "Filter.N.Name",
            "Filter.N.Value.N",
            "MaxResults",
            "NextToken",
        ],
        run: describe::describe_status,
    },
    // How it is shut down shows nowhere: `Force` and `SkipOsShutdown` only make it faster on AWS.
    Action {
        name: "TerminateInstances",
        parameters: &["DryRun", "InstanceId.N", "Force", "SkipOsShutdown"],
        run: states::terminate_instances,
    },
    Action {
        name: "StopInstances",
        parameters: &["DryRun", "InstanceId.N", "Force", "SkipOsShutdown"],
        run: states::stop_instances,
    },
    Action { name: "StartInstances", parameters: &["DryRun", "InstanceId.N"], run: states::start_instances },
    Action { name: "RebootInstances", parameters: &["DryRun", "InstanceId.N"], run: states::reboot_instances },
    Action {
        name: "DescribeInstanceAttribute",
        parameters: &["DryRun", "InstanceId", "Attribute"],
        run: attributes::describe,
    },
    Action {
        name: "ModifyInstanceAttribute",
        parameters: &[
            "DryRun",
            "InstanceId",
            "Attribute",
            "Value",
            "GroupId.N",
            "DisableApiTermination.Value",
            "DisableApiStop.Value",
            "SourceDestCheck.Value",
            "InstanceType.Value",
            "InstanceInitiatedShutdownBehavior.Value",
            "EbsOptimized.Value",
            "UserData.Value",
        ],
        run: attributes::modify,
    },
    Action {
        name: "ModifyInstanceMetadataOptions",
        parameters: &[
            "DryRun",
            "InstanceId",
            "HttpTokens",
            "HttpEndpoint",
            "HttpPutResponseHopLimit",
            "HttpProtocolIpv6",
            "InstanceMetadataTags",
        ],
        run: attributes::modify_metadata_options,
    },
    Action {
        name: "DescribeIamInstanceProfileAssociations",
        parameters: &["AssociationId.N", "Filter.N.Name", "Filter.N.Value.N", "MaxResults", "NextToken"],
        run: attributes::describe_profile_associations,
    },
    Action {
        name: "DescribeInstanceCreditSpecifications",
        parameters: &["DryRun", "InstanceId.N", "Filter.N.Name", "Filter.N.Value.N", "MaxResults", "NextToken"],
        run: attributes::describe_credit_specifications,
    },
];
