//! `iam.instance_profile_role`: the role in an instance profile. It has no id and no tags; it is seen in the profile's
//! description.
//!
//! A profile holds one role. AddRoleToInstanceProfile is not idempotent: a second call answers `LimitExceeded`, even
//! for the role that is in it. The caller needs `iam:PassRole` for it.

use std::time::Duration;

use landfall_aws_blueprint::addresses;
use landfall_engine::attribute::Claim;
use landfall_engine::kind::{Field, Schema};
use landfall_engine::provider::{Ask, CallError, CallFailure};
use landfall_engine::resource::Literals;
use serde::{Deserialize, Serialize};

use super::get_instance_profile::{GET_INSTANCE_PROFILE, look_up};
use crate::classify::{failure, not_yet_visible};
use crate::cloud::Cloud;
use crate::kinds::{AddressIndex, DELETED, Pending, ResourceKind, Seen, SendResult, Sweep, alone, created, updated};
use crate::operation::{Calls, Operation, PASS_ROLE, REMOVE_ROLE_FROM_INSTANCE_PROFILE, Sent, arn};
use crate::shape::shape_of;

const ADD_ROLE_TO_INSTANCE_PROFILE: Operation =
    Operation::new("iam:AddRoleToInstanceProfile").on(&[arn::INSTANCE_PROFILE]).also(&[&PASS_ROLE]);

pub(super) const SCHEMA: Schema = {
    let fields = &[Field::new("instance_profile_name").immutable(), Field::new("role_name").immutable()];
    let mut schema = Schema::new("iam.instance_profile_role", fields).global();
    // The call takes no time, but EC2 accepts a fresh profile with its role 5 to 15 s later only.
    schema.propagation_delay = Duration::from_secs(8);
    schema
};

const CALLS: Calls = Calls::new(
    Sent::always(&[&ADD_ROLE_TO_INSTANCE_PROFILE]).sometimes(&[&GET_INSTANCE_PROFILE]),
    Sent::always(&[&REMOVE_ROLE_FROM_INSTANCE_PROFILE]),
);

/// The kind.
pub(crate) struct InstanceProfileRole;

#[derive(Debug, Serialize, Deserialize)]
struct Shape {
    instance_profile_name: String,
    role_name: String,
}

impl ResourceKind for InstanceProfileRole {
    fn schema(&self) -> Schema {
        SCHEMA
    }

    fn calls(&self) -> Calls {
        CALLS
    }

    fn sweep(&self) -> Sweep {
        Sweep::With("iam.instance_profile")
    }

    /// A stack has one profile, and a profile one role, so this has a fixed place.
    fn claim(&self, _seen: &Seen, _addresses: &AddressIndex<'_>) -> Claim {
        Claim::Address(addresses::instance_profile_role())
    }

    fn send<'a>(&'a self, cloud: &'a Cloud, _token: &'a str, asks: &'a [Ask]) -> Pending<'a, Vec<SendResult>> {
        alone(asks, move |ask| async move {
            match ask {
                Ask::Create { properties } => create(cloud, properties).await,
                Ask::Update { .. } => Ok(updated()),
                Ask::Delete { properties, .. } => {
                    let existing: Shape = shape_of(properties, &REMOVE_ROLE_FROM_INSTANCE_PROFILE)?;
                    cloud
                        .iam
                        .remove_role_from_instance_profile()
                        .instance_profile_name(existing.instance_profile_name)
                        .role_name(existing.role_name)
                        .send()
                        .await
                        .map_err(|e| failure(&REMOVE_ROLE_FROM_INSTANCE_PROFILE, e))?;
                    Ok(DELETED)
                }
            }
        })
    }
}

async fn create(cloud: &Cloud, properties: &Literals) -> SendResult {
    let wanted: Shape = shape_of(properties, &ADD_ROLE_TO_INSTANCE_PROFILE)?;
    let answer = cloud
        .iam
        .add_role_to_instance_profile()
        .instance_profile_name(&wanted.instance_profile_name)
        .role_name(&wanted.role_name)
        .customize()
        .config_override(cloud.iam_once())
        .send()
        .await
        .map_err(|e| not_yet_visible(failure(&ADD_ROLE_TO_INSTANCE_PROFILE, e)));
    if let Err(failure) = answer {
        let full = failure.class == CallError::Quota;
        let holds = if full { roles_in(cloud, &wanted.instance_profile_name).await? } else { vec![] };
        if !holds.contains(&wanted.role_name) {
            return Err(if full { occupied(&wanted, &holds, failure) } else { failure });
        }
    }
    Ok(created(id(&wanted.instance_profile_name, &wanted.role_name), Literals::new()))
}

async fn roles_in(cloud: &Cloud, profile: &str) -> Result<Vec<String>, CallFailure> {
    let profile = look_up(cloud, profile).await?;
    let roles = profile.iter().flat_map(|profile| profile.roles());
    Ok(roles.map(|role| role.role_name().to_owned()).collect())
}

/// It is not the account that is full.
fn occupied(wanted: &Shape, holds: &[String], failure: CallFailure) -> CallFailure {
    let message = format!(
        "the instance profile `{}` holds the role `{}` already, and can hold only one",
        wanted.instance_profile_name,
        holds.join("`, `")
    );
    CallFailure { class: CallError::Refused, message, ..failure }
}

/// Returns a role in a profile as the profile's description shows it.
pub(super) fn seen(profile: &str, role: &str) -> Seen {
    let shape = Shape { instance_profile_name: profile.to_owned(), role_name: role.to_owned() };
    Seen::new(SCHEMA.kind, id(profile, role), &shape)
}

fn id(profile: &str, role: &str) -> String {
    format!("{profile}/{role}")
}
