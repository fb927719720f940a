//! Instances: launched together in reservations, each with an interface and volumes of its own.
//!
//! Sources: EC2 API reference (RunInstances, DescribeInstances, TerminateInstances, …), EC2 user guide "Instance
//! lifecycle", sheet §5.1 to §5.4.

mod attributes;
mod describe;
mod launch;
mod read;
mod states;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::collection::Tagged;
use super::query::check_form;
use super::{Action, Ec2};
use crate::wire::error::ApiError;
use crate::wire::params::Params;
use crate::world::{Millis, Tags, World};

pub(crate) use launch::launched_again;
pub(crate) use read::in_template;
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

/// Where an instance is in its life.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum State {
    #[default]
    Pending,
    Running,
    Stopping,
    Stopped,
    ShuttingDown,
    Terminated,
}

impl State {
    /// Returns AWS's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            State::Pending => "pending",
            State::Running => "running",
            State::Stopping => "stopping",
            State::Stopped => "stopped",
            State::ShuttingDown => "shutting-down",
            State::Terminated => "terminated",
        }
    }

    /// Returns AWS's number; its low byte is all that means anything.
    pub(crate) fn code(self) -> u32 {
        match self {
            State::Pending => 0,
            State::Running => 16,
            State::ShuttingDown => 32,
            State::Terminated => 48,
            State::Stopping => 64,
            State::Stopped => 80,
        }
    }

    fn is_ending(self) -> bool {
        matches!(self, State::ShuttingDown | State::Terminated)
    }
}

/// What made an instance stop or end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Reason {
    User,
    SpotInterruption,
}

impl Reason {
    fn code(self) -> &'static str {
        match self {
            Reason::User => "Client.UserInitiatedShutdown",
            Reason::SpotInterruption => "Server.SpotInstanceTermination",
        }
    }

    fn message(self) -> &'static str {
        match self {
            Reason::User => "Client.UserInitiatedShutdown: User initiated shutdown",
            Reason::SpotInterruption => "Server.SpotInstanceTermination: Spot instance termination",
        }
    }
}

/// How the instance metadata service answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MetadataOptions {
    tokens_required: bool,
    endpoint_enabled: bool,
    hop_limit: u8,
    ipv6_enabled: bool,
    tags_enabled: bool,
}

impl Default for MetadataOptions {
    fn default() -> MetadataOptions {
        let (tokens_required, ipv6_enabled, tags_enabled) = (false, false, false);
        MetadataOptions { tokens_required, endpoint_enabled: true, hop_limit: 1, ipv6_enabled, tags_enabled }
    }
}

/// An instance. What it has in common with the others of its launch is kept once, in the [`Reservation`].
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Instance {
    pub(crate) reservation_id: String,
    pub(crate) launch_index: u32,
    pub(crate) instance_type: String,
    pub(crate) state: State,
    /// When the state changes by itself; [`NEVER`] if it does not.
    pub(crate) changes_at: Millis,
    pub(crate) launched_at: Millis,
    pub(crate) vpc_id: String,
    pub(crate) subnet_id: String,
    pub(crate) zone: String,
    /// `None` once it is terminated.
    pub(crate) interface_id: Option<String>,
    pub(crate) volume_ids: Vec<String>,
    /// Whether it gets a public address as long as it runs.
    wants_public_ip: bool,
    /// `None` on demand.
    pub(crate) spot_request_id: Option<String>,
    /// Why and when it stopped or ended.
    reason: Option<(Reason, Millis)>,
    pub(crate) disable_api_termination: bool,
    disable_api_stop: bool,
    no_source_dest_check: bool,
    terminates_on_shutdown: bool,
    monitoring: bool,
    ebs_optimized: bool,
    metadata: MetadataOptions,
    /// In place of the launch's, once it was changed.
    user_data: Option<String>,
    pub(crate) tags: Tags,
}

impl Tagged for Instance {
    fn tags(&self) -> &Tags {
        &self.tags
    }

    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.tags
    }
}

/// The time of what does not happen by itself.
pub(crate) const NEVER: Millis = Millis::MAX;

/// What the instances of one launch have in common.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Reservation {
    pub(crate) client_token: Option<String>,
    pub(crate) image_id: String,
    root_device: String,
    key_name: Option<String>,
    /// The name of the placement group.
    #[serde(default)]
    pub(crate) placement_group: Option<String>,
    /// ARN and id, as they were at launch.
    pub(crate) profile: Option<(String, String)>,
    /// As it was given, in base64.
    user_data: Option<String>,
    unlimited_credits: bool,
    /// In the order of launch; without those whose record is gone.
    pub(crate) instance_ids: Vec<String>,
}

impl Ec2 {
    /// Refuses an id that is malformed or unknown.
    pub(crate) fn instance(&self, id: &str) -> Result<&Instance, ApiError> {
        check_form(id, "i", "InvalidInstanceID.Malformed")?;
        self.instances.get(id).ok_or_else(|| not_found(&[id]))
    }

    fn reservation_of(&self, instance: &Instance) -> Option<&Reservation> {
        self.reservations.get(&instance.reservation_id)
    }

    /// Lets an instance change by itself at a time.
    fn schedule_instance(&mut self, id: &str, at: Millis) {
        let Some(instance) = self.instances.get_mut(id) else { return };
        instance.changes_at = at;
        if at != NEVER {
            self.instance_schedule.insert((at, id.to_owned()));
        }
    }
}

fn not_found(ids: &[&str]) -> ApiError {
    let message = match ids {
        [one] => format!("The instance ID '{one}' does not exist"),
        more => format!("The instance IDs '{}' do not exist", more.join(", ")),
    };
    ApiError::new("InvalidInstanceID.NotFound", message)
}

/// Returns the ids that a call names, all of them known.
fn named<'a>(world: &World, params: &'a Params) -> Result<Vec<&'a str>, ApiError> {
    let ids = params.list("InstanceId");
    ids.iter().try_for_each(|id| check_form(id, "i", "InvalidInstanceID.Malformed"))?;
    let unknown: Vec<&str> = ids.iter().copied().filter(|id| !world.ec2.instances.contains_key(*id)).collect();
    if unknown.is_empty() { Ok(ids) } else { Err(not_found(&unknown)) }
}

/// Returns everything tagged that is kept here.
pub(crate) fn all_tagged(ec2: &Ec2) -> Vec<(&str, &'static str, &Tags)> {
    let instances = ec2.instances.iter().map(|(id, r)| (id.as_str(), "instance", &r.tags));
    let volumes = ec2.volumes.iter().map(|(id, r)| (id.as_str(), "volume", &r.tags));
    let requests = ec2.spot_requests.iter().map(|(id, r)| (id.as_str(), "spot-instances-request", &r.tags));
    instances.chain(volumes).chain(requests).collect()
}
