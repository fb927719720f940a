//! GetInstanceProfile: shows a profile and the role in it, which are two resources here.

use aws_sdk_iam::types::InstanceProfile;
use landfall_engine::provider::CallFailure;

use crate::classify::failure;
use crate::cloud::Cloud;
use crate::kinds::by_name::if_any;
use crate::operation::{Operation, arn};

pub(super) const GET_INSTANCE_PROFILE: Operation =
    Operation::new("iam:GetInstanceProfile").on(&[arn::INSTANCE_PROFILE]);

/// Finds the profile of this name, whoever's it is.
pub(super) async fn look_up(cloud: &Cloud, name: &str) -> Result<Option<InstanceProfile>, CallFailure> {
    let call = cloud.iam.get_instance_profile().instance_profile_name(name);
    let answer = call.send().await.map_err(|e| failure(&GET_INSTANCE_PROFILE, e));
    Ok(if_any(answer)?.and_then(|answer| answer.instance_profile))
}
