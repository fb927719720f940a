//! Tags of roles, instance profiles and the account's own managed policies.

use super::{input, instance_profile, managed_policy, output, role};
use crate::services::action::Action;
use crate::wire::error::ApiError;
use crate::wire::params::Params;
use crate::wire::xml::Xml;
use crate::world::{Tags, World};

/// The actions on tags.
pub(crate) const ACTIONS: &[Action] = &[
    Action {
        name: "TagRole",
        parameters: &["RoleName", input::TAGS[0], input::TAGS[1], input::TAGS[2]],
        run: tag_role,
    },
    Action { name: "UntagRole", parameters: &["RoleName", "TagKeys", "TagKeys.member.N"], run: untag_role },
    Action { name: "ListRoleTags", parameters: &["RoleName", "Marker", "MaxItems"], run: list_of_role },
    Action {
        name: "TagInstanceProfile",
        parameters: &["InstanceProfileName", input::TAGS[0], input::TAGS[1], input::TAGS[2]],
        run: tag_profile,
    },
    Action {
        name: "UntagInstanceProfile",
        parameters: &["InstanceProfileName", "TagKeys", "TagKeys.member.N"],
        run: untag_profile,
    },
    Action {
        name: "ListInstanceProfileTags",
        parameters: &["InstanceProfileName", "Marker", "MaxItems"],
        run: list_of_profile,
    },
    Action {
        name: "TagPolicy",
        parameters: &["PolicyArn", input::TAGS[0], input::TAGS[1], input::TAGS[2]],
        run: tag_policy,
    },
    Action { name: "UntagPolicy", parameters: &["PolicyArn", "TagKeys", "TagKeys.member.N"], run: untag_policy },
    Action { name: "ListPolicyTags", parameters: &["PolicyArn", "Marker", "MaxItems"], run: list_of_policy },
];

fn added(params: &Params) -> Result<Tags, ApiError> {
    let tags = input::tags(params)?;
    if tags.is_empty() && params.get("Tags").is_none() {
        return Err(input::constraint("Tags", None, "Member must not be null"));
    }
    Ok(tags)
}

fn tag_role(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let (name, added) = (input::role_name(params)?, added(params)?);
    let role = role::find_mut(world, name)?;
    role.tags = input::merged(&role.tags, added, "TagsPerRole")?;
    Ok(Xml::new())
}

fn untag_role(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let role = role::find_mut(world, input::role_name(params)?)?;
    role.tags = input::without(&role.tags, params)?;
    Ok(Xml::new())
}

fn list_of_role(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    list(params, &role::find(world, input::role_name(params)?)?.tags)
}

fn tag_profile(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let (name, added) = (input::profile_name(params)?, added(params)?);
    let profile = instance_profile::find_mut(world, name)?;
    profile.tags = input::merged(&profile.tags, added, "TagsPerInstanceProfile")?;
    Ok(Xml::new())
}

fn untag_profile(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let profile = instance_profile::find_mut(world, input::profile_name(params)?)?;
    profile.tags = input::without(&profile.tags, params)?;
    Ok(Xml::new())
}

fn list_of_profile(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    list(params, &instance_profile::find(world, input::profile_name(params)?)?.tags)
}

fn tag_policy(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let (arn, added) = (managed_policy::arn_of(params)?, added(params)?);
    let policy = managed_policy::find_own(world, arn)?;
    policy.tags = input::merged(&policy.tags, added, "TagsPerPolicy")?;
    Ok(Xml::new())
}

fn untag_policy(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let policy = managed_policy::find_own(world, managed_policy::arn_of(params)?)?;
    policy.tags = input::without(&policy.tags, params)?;
    Ok(Xml::new())
}

fn list_of_policy(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    list(params, &managed_policy::find_own(world, managed_policy::arn_of(params)?)?.tags)
}

fn list(params: &Params, tags: &Tags) -> Result<Xml, ApiError> {
    let rows = tags.iter().map(|(key, value)| (key.clone(), (key.clone(), value.clone()))).collect();
    let (page, marker) = input::page(params, rows)?;
    Ok(output::tags(&page.into_iter().collect()).and(output::more(marker)))
}
