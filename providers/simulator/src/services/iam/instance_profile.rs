//! Instance profiles: what hands a role to an instance.

use super::{input, output, role};
use crate::services::action::Action;
use crate::wire::error::ApiError;
use crate::wire::params::Params;
use crate::wire::xml::Xml;
use crate::world::World;
use crate::world::iam::{InstanceProfile, Role};

/// Quota "Instance profiles in an account".
const PROFILES_MAX: usize = 1000;

/// The actions on instance profiles.
pub(crate) const ACTIONS: &[Action] = &[
    Action {
        name: "CreateInstanceProfile",
        parameters: &["InstanceProfileName", "Path", input::TAGS[0], input::TAGS[1], input::TAGS[2]],
        run: create,
    },
    Action { name: "GetInstanceProfile", parameters: &["InstanceProfileName"], run: get },
    Action { name: "DeleteInstanceProfile", parameters: &["InstanceProfileName"], run: delete },
    Action { name: "ListInstanceProfiles", parameters: &["PathPrefix", "Marker", "MaxItems"], run: list },
    Action { name: "ListInstanceProfilesForRole", parameters: &["RoleName", "Marker", "MaxItems"], run: list_for_role },
    Action { name: "AddRoleToInstanceProfile", parameters: &["InstanceProfileName", "RoleName"], run: add_role },
    Action {
        name: "RemoveRoleFromInstanceProfile",
        parameters: &["InstanceProfileName", "RoleName"],
        run: remove_role,
    },
];

/// An instance profile as EC2 shows it with an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProfileArn {
    pub(crate) arn: String,
    pub(crate) id: String,
}

/// Returns the profile that an instance is to be launched with, named by its name or its ARN.
///
/// EC2 learns of profiles and of their roles only after a while; until then it says that there is none.
pub(crate) fn usable_profile(world: &World, name_or_arn: &str) -> Result<ProfileArn, ApiError> {
    let lag = world.delays.instance_profile_visible;
    let is_arn = name_or_arn.starts_with("arn:");
    let named =
        |profile: &&InstanceProfile| if is_arn { profile.arn == name_or_arn } else { profile.name == name_or_arn };
    let visible = |profile: &&InstanceProfile| world.now >= profile.created.saturating_add(lag);
    let Some(profile) = world.iam.instance_profiles.values().find(named).filter(visible) else {
        let (parameter, kind) = if is_arn { ("arn", "ARN") } else { ("name", "name") };
        let message = format!(
            "Value ({name_or_arn}) for parameter iamInstanceProfile.{parameter} is invalid. Invalid IAM Instance Profile {kind}"
        );
        return Err(ApiError::new("InvalidParameterValue", message));
    };
    if profile.role.is_none() || world.now < profile.role_since.saturating_add(lag) {
        let message = format!("IAM Instance Profile \"{}\" has no associated IAM Roles", profile.arn);
        return Err(ApiError::new("InvalidParameterValue", message));
    }
    Ok(ProfileArn { arn: profile.arn.clone(), id: profile.id.clone() })
}

pub(super) fn find<'a>(world: &'a World, name: &str) -> Result<&'a InstanceProfile, ApiError> {
    world.iam.instance_profiles.get(&name.to_lowercase()).ok_or_else(|| unknown(name))
}

pub(super) fn find_mut<'a>(world: &'a mut World, name: &str) -> Result<&'a mut InstanceProfile, ApiError> {
    world.iam.instance_profiles.get_mut(&name.to_lowercase()).ok_or_else(|| unknown(name))
}

fn unknown(name: &str) -> ApiError {
    input::no_such_entity(format!("Instance Profile {name} cannot be found."))
}

/// What lists show: no tags.
fn summary(world: &World, profile: &InstanceProfile) -> Xml {
    let role = profile.role.as_ref().and_then(|key| world.iam.roles.get(key));
    Xml::new()
        .text("Path", &profile.path)
        .text("InstanceProfileName", &profile.name)
        .text("InstanceProfileId", &profile.id)
        .text("Arn", &profile.arn)
        .text("CreateDate", output::date(profile.created))
        .list("Roles", "member", role.map(Role::summary))
}

fn create(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let (name, path) = (input::profile_name(params)?, input::path(params)?);
    let tags = input::tags(params)?;
    let key = name.to_lowercase();
    if world.iam.instance_profiles.contains_key(&key) {
        return Err(ApiError::new("EntityAlreadyExists", format!("Instance Profile {name} already exists.")));
    }
    if world.iam.instance_profiles.len() >= PROFILES_MAX {
        return Err(input::limit_exceeded("InstanceProfilesPerAccount", PROFILES_MAX));
    }
    let profile = InstanceProfile {
        name: name.to_owned(),
        path: path.to_owned(),
        id: world.ids.iam("AIPA"),
        arn: format!("arn:{}:iam::{}:instance-profile{path}{name}", world.partition, world.account),
        created: world.now,
        role: None,
        role_since: world.now,
        tags,
    };
    let answer = summary(world, &profile).and(output::tags_if_any(&profile.tags));
    world.iam.instance_profiles.insert(key, profile);
    Ok(Xml::new().inside("InstanceProfile", answer))
}

fn get(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let profile = find(world, input::profile_name(params)?)?;
    Ok(Xml::new().inside("InstanceProfile", summary(world, profile).and(output::tags_if_any(&profile.tags))))
}

/// Instances that use it are no obstacle: "any applications running on the instance will break".
fn delete(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let profile = find(world, input::profile_name(params)?)?;
    if profile.role.is_some() {
        let message = "Cannot delete entity, must remove roles from instance profile first.";
        return Err(ApiError::new("DeleteConflict", message));
    }
    let key = profile.name.to_lowercase();
    world.iam.instance_profiles.remove(&key);
    Ok(Xml::new())
}

fn list(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let prefix = input::path_prefix(params)?;
    let profiles = world.iam.instance_profiles.iter().filter(|(_, profile)| profile.path.starts_with(prefix));
    let rows = profiles.map(|(key, profile)| (key.clone(), summary(world, profile))).collect();
    let (page, marker) = input::page(params, rows)?;
    Ok(Xml::new().list("InstanceProfiles", "member", page).and(output::more(marker)))
}

fn list_for_role(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let role = role::find(world, input::role_name(params)?)?.name.to_lowercase();
    let rows =
        world.iam.profiles_with_role(&role).map(|(key, profile)| (key.clone(), summary(world, profile))).collect();
    let (page, marker) = input::page(params, rows)?;
    Ok(Xml::new().list("InstanceProfiles", "member", page).and(output::more(marker)))
}

/// Not even the same role can be added again.
fn add_role(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let (name, role_name) = (input::profile_name(params)?, input::role_name(params)?);
    let profile = find(world, name)?;
    let role = role::find(world, role_name)?.name.to_lowercase();
    if profile.role.is_some() {
        return Err(input::limit_exceeded("InstanceSessionsPerInstanceProfile", 1));
    }
    let now = world.now;
    let profile = find_mut(world, name)?;
    profile.role = Some(role);
    profile.role_since = now;
    Ok(Xml::new())
}

fn remove_role(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let (name, role_name) = (input::profile_name(params)?, input::role_name(params)?);
    let role = role::find(world, role_name)?.name.to_lowercase();
    let profile = find_mut(world, name)?;
    if profile.role.as_ref() != Some(&role) {
        let message = format!("Role {role_name} in Instance Profile {name} cannot be found.");
        return Err(input::no_such_entity(message));
    }
    profile.role = None;
    Ok(Xml::new())
}
