//! Managed policies attached to roles.

use super::{input, managed_policy, output, role};
use crate::services::action::Action;
use crate::wire::error::ApiError;
use crate::wire::params::Params;
use crate::wire::xml::Xml;
use crate::world::World;

/// Quota "Managed policies attached to an IAM role", as accounts have it at first.
const ATTACHED_MAX: usize = 10;

/// The actions on attached policies.
pub(crate) const ACTIONS: &[Action] = &[
    Action { name: "AttachRolePolicy", parameters: &["RoleName", "PolicyArn"], run: attach },
    Action { name: "DetachRolePolicy", parameters: &["RoleName", "PolicyArn"], run: detach },
    Action {
        name: "ListAttachedRolePolicies",
        parameters: &["RoleName", "PathPrefix", "Marker", "MaxItems"],
        run: list,
    },
    Action {
        name: "ListEntitiesForPolicy",
        parameters: &["PolicyArn", "EntityFilter", "PathPrefix", "Marker", "MaxItems"],
        run: list_entities,
    },
];

/// A second time is no error.
fn attach(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let (name, arn) = (input::role_name(params)?, managed_policy::arn_of(params)?);
    let is_attached = role::find(world, name)?.attached.contains(arn);
    if managed_policy::find(world, arn).is_none() {
        return Err(input::no_such_entity(format!("Policy {arn} does not exist or is not attachable.")));
    }
    let role = role::find_mut(world, name)?;
    if !is_attached && role.attached.len() >= ATTACHED_MAX {
        return Err(input::limit_exceeded("PoliciesPerRole", ATTACHED_MAX));
    }
    role.attached.insert(arn.to_owned());
    Ok(Xml::new())
}

fn detach(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let (name, arn) = (input::role_name(params)?, managed_policy::arn_of(params)?);
    if !role::find_mut(world, name)?.attached.remove(arn) {
        return Err(input::no_such_entity(format!("Policy {arn} was not found.")));
    }
    Ok(Xml::new())
}

fn list(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let role = role::find(world, input::role_name(params)?)?;
    let prefix = input::path_prefix(params)?;
    let attached = role.attached.iter().filter_map(|arn| managed_policy::find(world, arn));
    let rows = attached
        .filter(|policy| policy.path.starts_with(prefix))
        .map(|policy| (policy.arn.clone(), Xml::new().text("PolicyName", policy.name).text("PolicyArn", policy.arn)));
    let (page, marker) = input::page(params, rows.collect())?;
    Ok(Xml::new().list("AttachedPolicies", "member", page).and(output::more(marker)))
}

fn list_entities(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let arn = managed_policy::arn_of(params)?;
    let prefix = input::path_prefix(params)?;
    if managed_policy::find(world, arn).is_none() {
        return Err(managed_policy::unknown(arn));
    }
    let wants_roles = match params.get("EntityFilter") {
        None | Some("Role") => true,
        // There are no users and groups, and policies contain no policies.
        Some("User" | "Group" | "LocalManagedPolicy" | "AWSManagedPolicy") => false,
        Some(other) => {
            let values =
                "Member must satisfy enum value set: [User, Role, Group, LocalManagedPolicy, AWSManagedPolicy]";
            return Err(input::constraint("EntityFilter", Some(other), values));
        }
    };
    let roles = world
        .iam
        .roles
        .iter()
        .filter(|(_, role)| wants_roles && role.attached.contains(arn) && role.path.starts_with(prefix));
    let rows = roles
        .map(|(key, role)| (key.clone(), Xml::new().text("RoleName", &role.name).text("RoleId", &role.id)))
        .collect();
    let (page, marker) = input::page(params, rows)?;
    let none = Xml::new().inside("PolicyGroups", Xml::new()).inside("PolicyUsers", Xml::new());
    Ok(none.list("PolicyRoles", "member", page).and(output::more(marker)))
}
