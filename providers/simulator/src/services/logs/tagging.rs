//! Tags of log groups. Streams have none.

use serde_json::{Value, json};

use super::identifier::{arn, unknown_group};
use super::input::{self, Members, constraint, invalid};
use crate::wire::error::ApiError;
use crate::world::World;
use crate::world::logs::LogGroup;

/// Most tags of a group.
const TAGS_MAX: usize = 50;

/// Returns the group of an ARN, which must not end with `:*` here, unlike in policies.
fn find<'a>(world: &'a mut World, members: &Members) -> Result<&'a mut LogGroup, ApiError> {
    let given = input::required(members, "resourceArn")?;
    let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b"_+=/:,.@-#".contains(&b);
    if given.is_empty() || !given.bytes().all(is_allowed) {
        let pattern = "Member must satisfy regular expression pattern: [\\w+=/:,.@-]*";
        return Err(constraint("resourceArn", Some(given), pattern));
    }
    if !given.starts_with("arn:") || given.split(':').nth(2) != Some("logs") {
        return Err(invalid(format!("Invalid resource ARN: {given}")));
    }
    let name = given.strip_prefix(&arn(world, "")).ok_or_else(unknown_resource)?.to_owned();
    world.logs.groups.get_mut(&name).ok_or_else(unknown_resource)
}

fn unknown_resource() -> ApiError {
    ApiError::new("ResourceNotFoundException", "The specified resource does not exist.")
}

pub(super) fn tag(world: &mut World, members: &Members) -> Result<Value, ApiError> {
    let added = input::tags(members)?.ok_or_else(|| constraint("tags", None, "Member must not be null"))?;
    let group = find(world, members)?;
    let mut tags = group.tags.clone();
    tags.extend(added);
    if tags.len() > TAGS_MAX {
        let message = "A resource can have no more than 50 tags.";
        return Err(ApiError::new("TooManyTagsException", message));
    }
    group.tags = tags;
    Ok(Value::Null)
}

pub(super) fn untag(world: &mut World, members: &Members) -> Result<Value, ApiError> {
    let keys =
        input::texts(members, "tagKeys")?.ok_or_else(|| constraint("tagKeys", None, "Member must not be null"))?;
    find(world, members)?.tags.retain(|key, _| !keys.contains(&key.as_str()));
    Ok(Value::Null)
}

pub(super) fn list(world: &mut World, members: &Members) -> Result<Value, ApiError> {
    Ok(json!({ "tags": find(world, members)?.tags }))
}

/// The older form, by name.
pub(super) fn list_of_group(world: &mut World, members: &Members) -> Result<Value, ApiError> {
    let name = input::group_name(members)?;
    Ok(json!({ "tags": world.logs.groups.get(name).ok_or_else(unknown_group)?.tags }))
}
