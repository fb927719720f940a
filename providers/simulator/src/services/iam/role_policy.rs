//! Inline policies of roles.

use super::{input, output, role};
use crate::policy::Document;
use crate::services::action::Action;
use crate::wire::error::ApiError;
use crate::wire::params::Params;
use crate::wire::xml::Xml;
use crate::world::World;

/// Most characters of all inline policies of a role, white space not counted.
const SIZE_MAX: usize = 10_240;

/// The actions on inline policies.
pub(crate) const ACTIONS: &[Action] = &[
    Action { name: "PutRolePolicy", parameters: &["RoleName", "PolicyName", "PolicyDocument"], run: put },
    Action { name: "GetRolePolicy", parameters: &["RoleName", "PolicyName"], run: get },
    Action { name: "DeleteRolePolicy", parameters: &["RoleName", "PolicyName"], run: delete },
    Action { name: "ListRolePolicies", parameters: &["RoleName", "Marker", "MaxItems"], run: list },
];

fn unknown(name: &str) -> ApiError {
    input::no_such_entity(format!("The role policy with name {name} cannot be found."))
}

fn put(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let (role_name, name) = (input::role_name(params)?, input::policy_name(params)?);
    let document = input::document(params, "PolicyDocument")?;
    let role = role::find_mut(world, role_name)?;
    Document::parse(document)?;
    let others = role.inline.iter().filter(|(other, _)| *other != name);
    let size: usize = others.map(|(_, text)| input::document_size(text)).sum();
    if size + input::document_size(document) > SIZE_MAX {
        let message = format!("Maximum policy size of {SIZE_MAX} bytes exceeded for role {}", role.name);
        return Err(ApiError::new("LimitExceeded", message));
    }
    role.inline.insert(name.to_owned(), document.to_owned());
    Ok(Xml::new())
}

fn get(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let (role_name, name) = (input::role_name(params)?, input::policy_name(params)?);
    let role = role::find(world, role_name)?;
    let document = role.inline.get(name).ok_or_else(|| unknown(name))?;
    let names = Xml::new().text("RoleName", &role.name).text("PolicyName", name);
    Ok(names.text("PolicyDocument", output::encoded(document)))
}

fn delete(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let (role_name, name) = (input::role_name(params)?, input::policy_name(params)?);
    role::find_mut(world, role_name)?.inline.remove(name).ok_or_else(|| unknown(name))?;
    Ok(Xml::new())
}

fn list(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let role = role::find(world, input::role_name(params)?)?;
    let names = role.inline.keys().map(|name| (name.clone(), name)).collect();
    let (page, marker) = input::page(params, names)?;
    Ok(Xml::new().texts("PolicyNames", "member", page).and(output::more(marker)))
}
