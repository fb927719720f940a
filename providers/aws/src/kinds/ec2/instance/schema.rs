//! What an instance is like: what the engine knows of it, and what its properties are.

use std::time::Duration;

use landfall_aws_blueprint::shared_names::SPOT_OR_ON_DEMAND;
use landfall_engine::kind::{Field, Kind, Replacement, Schema};
use serde::{Deserialize, Serialize};

use crate::tags::Tags;

/// The kind's name.
pub(crate) const KIND: Kind = Kind::new("ec2.instance");

pub(super) const SCHEMA: Schema = {
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

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Shape {
    pub(super) image_id: String,
    pub(super) instance_type: String,
    pub(super) subnet_id: String,
    pub(super) security_group_ids: Vec<String>,
    pub(super) iam_instance_profile: Option<String>,
    pub(super) associate_public_ip_address: Option<bool>,
    pub(super) placement_group: Option<String>,
    pub(super) market: String,
    pub(super) root_device_name: Option<String>,
    pub(super) root_volume_gib: Option<i32>,
    pub(super) user_data: Option<String>,
    pub(super) state: String,
    pub(super) tags: Tags,
}
