//! Roles, without their policies.

use std::collections::{BTreeMap, BTreeSet};

use super::{input, output, trust};
use crate::services::action::Action;
use crate::wire::error::ApiError;
use crate::wire::params::Params;
use crate::wire::xml::Xml;
use crate::world::World;
use crate::world::iam::Role;

/// Quota "Roles in an account".
const ROLES_MAX: usize = 1000;

/// The actions on roles.
pub(crate) const ACTIONS: &[Action] = &[
    Action {
        name: "CreateRole",
        parameters: &[
            "RoleName",
            "Path",
            "AssumeRolePolicyDocument",
            "Description",
            "MaxSessionDuration",
            input::TAGS[0],
            input::TAGS[1],
            input::TAGS[2],
        ],
        run: create,
    },
    Action { name: "GetRole", parameters: &["RoleName"], run: get },
    Action { name: "DeleteRole", parameters: &["RoleName"], run: delete },
    Action { name: "ListRoles", parameters: &["PathPrefix", "Marker", "MaxItems"], run: list },
    Action { name: "UpdateAssumeRolePolicy", parameters: &["RoleName", "PolicyDocument"], run: update_trust },
    Action { name: "UpdateRole", parameters: &["RoleName", "Description", "MaxSessionDuration"], run: update },
    Action { name: "UpdateRoleDescription", parameters: &["RoleName", "Description"], run: update_description },
];

/// Returns the role of a request.
pub(super) fn find<'a>(world: &'a World, name: &str) -> Result<&'a Role, ApiError> {
    world.iam.roles.get(&name.to_lowercase()).ok_or_else(|| unknown(name))
}

/// Returns the role of a request, to be changed.
pub(super) fn find_mut<'a>(world: &'a mut World, name: &str) -> Result<&'a mut Role, ApiError> {
    world.iam.roles.get_mut(&name.to_lowercase()).ok_or_else(|| unknown(name))
}

fn unknown(name: &str) -> ApiError {
    input::no_such_entity(format!("The role with name {name} cannot be found."))
}

impl Role {
    /// What lists, instance profiles and the rest show of a role.
    pub(super) fn summary(&self) -> Xml {
        Xml::new()
            .text("Path", &self.path)
            .text("RoleName", &self.name)
            .text("RoleId", &self.id)
            .text("Arn", &self.arn)
            .text("CreateDate", output::date(self.created))
            .text("AssumeRolePolicyDocument", output::encoded(&self.trust))
    }

    fn details(&self) -> Xml {
        let summary = self.summary().optional("Description", self.description.as_ref());
        summary.text("MaxSessionDuration", self.max_session_duration)
    }

    fn everything(&self) -> Xml {
        // Nobody takes on a role here, so that it was never used.
        self.details().and(output::tags_if_any(&self.tags)).inside("RoleLastUsed", Xml::new())
    }
}

fn create(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let (name, path) = (input::role_name(params)?, input::path(params)?);
    let trust = input::document(params, "AssumeRolePolicyDocument")?;
    let description = input::description(params)?;
    let max_session_duration = input::number(params, "MaxSessionDuration", 3600, 43_200)?.unwrap_or(3600);
    let tags = input::tags(params)?;
    trust::check(world, trust)?;
    let key = name.to_lowercase();
    if world.iam.roles.contains_key(&key) {
        return Err(ApiError::new("EntityAlreadyExists", format!("Role with name {name} already exists.")));
    }
    if world.iam.roles.len() >= ROLES_MAX {
        return Err(input::limit_exceeded("RolesPerAccount", ROLES_MAX));
    }
    let role = Role {
        name: name.to_owned(),
        path: path.to_owned(),
        id: world.ids.iam("AROA"),
        arn: format!("arn:{}:iam::{}:role{path}{name}", world.partition, world.account),
        created: world.now,
        trust: trust.to_owned(),
        description,
        max_session_duration,
        tags,
        inline: BTreeMap::new(),
        attached: BTreeSet::new(),
    };
    let answer = role.details().and(output::tags_if_any(&role.tags));
    world.iam.roles.insert(key, role);
    Ok(Xml::new().inside("Role", answer))
}

fn get(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    Ok(Xml::new().inside("Role", find(world, input::role_name(params)?)?.everything()))
}

fn delete(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let role = find(world, input::role_name(params)?)?;
    let conflict = |what: &str| ApiError::new("DeleteConflict", format!("Cannot delete entity, must {what} first."));
    let key = role.name.to_lowercase();
    if world.iam.profiles_with_role(&key).next().is_some() {
        return Err(conflict("remove roles from instance profile"));
    }
    if !role.attached.is_empty() {
        return Err(conflict("detach all policies"));
    }
    if !role.inline.is_empty() {
        return Err(conflict("delete policies"));
    }
    world.iam.roles.remove(&key);
    Ok(Xml::new())
}

/// "IAM resource-listing operations return a subset of the available attributes": no tags.
fn list(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let prefix = input::path_prefix(params)?;
    let roles = world.iam.roles.iter().filter(|(_, role)| role.path.starts_with(prefix));
    let (page, marker) = input::page(params, roles.map(|(key, role)| (key.clone(), role.details())).collect())?;
    Ok(Xml::new().list("Roles", "member", page).and(output::more(marker)))
}

fn update_trust(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let name = input::role_name(params)?;
    let document = input::document(params, "PolicyDocument")?;
    find(world, name)?;
    trust::check(world, document)?;
    find_mut(world, name)?.trust = document.to_owned();
    Ok(Xml::new())
}

/// What is not given is set back: "If you do not specify this value, the default of one hour is applied".
fn update(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let name = input::role_name(params)?;
    let description = input::description(params)?;
    let duration = input::number(params, "MaxSessionDuration", 3600, 43_200)?;
    let role = find_mut(world, name)?;
    if description.is_some() {
        role.description = description.filter(|text| !text.is_empty());
    }
    role.max_session_duration = duration.unwrap_or(3600);
    Ok(Xml::new())
}

fn update_description(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let name = input::role_name(params)?;
    input::required(params, "Description")?;
    let description = input::description(params)?;
    let role = find_mut(world, name)?;
    role.description = description.filter(|text| !text.is_empty());
    Ok(Xml::new().inside("Role", role.details()))
}
