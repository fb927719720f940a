//! Instances and the launches that made them.

use serde::{Deserialize, Serialize};

use crate::world::collection::Tagged;
use crate::world::tags::Tags;
use crate::world::time::Millis;

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
    pub(crate) wants_public_ip: bool,
    /// `None` on demand.
    pub(crate) spot_request_id: Option<String>,
    /// Why and when it stopped or ended.
    pub(crate) reason: Option<(Reason, Millis)>,
    pub(crate) disable_api_termination: bool,
    pub(crate) disable_api_stop: bool,
    pub(crate) no_source_dest_check: bool,
    pub(crate) terminates_on_shutdown: bool,
    pub(crate) monitoring: bool,
    pub(crate) ebs_optimized: bool,
    pub(crate) metadata: MetadataOptions,
    /// In place of the launch's, once it was changed.
    pub(crate) user_data: Option<String>,
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

    /// Tells whether it is on its way out or gone.
    pub(crate) fn is_ending(self) -> bool {
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
    /// Returns AWS's code for it.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Reason::User => "Client.UserInitiatedShutdown",
            Reason::SpotInterruption => "Server.SpotInstanceTermination",
        }
    }

    /// Returns AWS's words for it.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Reason::User => "Client.UserInitiatedShutdown: User initiated shutdown",
            Reason::SpotInterruption => "Server.SpotInstanceTermination: Spot instance termination",
        }
    }
}

/// How the instance metadata service answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MetadataOptions {
    pub(crate) tokens_required: bool,
    pub(crate) endpoint_enabled: bool,
    pub(crate) hop_limit: u8,
    pub(crate) ipv6_enabled: bool,
    pub(crate) tags_enabled: bool,
}

impl Default for MetadataOptions {
    fn default() -> MetadataOptions {
        let (tokens_required, ipv6_enabled, tags_enabled) = (false, false, false);
        MetadataOptions { tokens_required, endpoint_enabled: true, hop_limit: 1, ipv6_enabled, tags_enabled }
    }
}

/// What the instances of one launch have in common.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Reservation {
    pub(crate) client_token: Option<String>,
    pub(crate) image_id: String,
    pub(crate) root_device: String,
    pub(crate) key_name: Option<String>,
    /// The name of the placement group.
    #[serde(default)]
    pub(crate) placement_group: Option<String>,
    /// ARN and id, as they were at launch.
    pub(crate) profile: Option<(String, String)>,
    /// As it was given, in base64.
    pub(crate) user_data: Option<String>,
    pub(crate) unlimited_credits: bool,
    /// In the order of launch; without those whose record is gone.
    pub(crate) instance_ids: Vec<String>,
}
