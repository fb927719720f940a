//! Log groups and how long they keep their events.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::identifier::{self, arn, unknown_group};
use super::input::{self, Members, constraint, invalid};
use crate::wire::error::ApiError;
use crate::world::World;
use crate::world::logs::LogGroup;

/// The numbers of days that a retention policy can have.
const RETENTIONS: [i64; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

pub(super) fn create(world: &mut World, members: &Members) -> Result<Value, ApiError> {
    let name = input::group_name(members)?;
    if name.starts_with("aws/") {
        return Err(invalid("Log groups starting with aws/ are reserved for AWS"));
    }
    let class = class(members)?.unwrap_or("STANDARD");
    let tags = input::tags(members)?.unwrap_or_default();
    let is_protected = input::flag(members, "deletionProtectionEnabled")?.unwrap_or(false);
    if world.logs.groups.contains_key(name) {
        return Err(ApiError::new("ResourceAlreadyExistsException", "The specified log group already exists"));
    }
    let group = LogGroup {
        created: world.now,
        // "Logs in the Delivery log class are kept for two days", whatever one sets.
        retention: (class == "DELIVERY").then_some(2),
        class: class.to_owned(),
        is_protected,
        tags,
        streams: BTreeMap::new(),
        taken: 0,
    };
    world.logs.groups.insert(name.to_owned(), group);
    Ok(Value::Null)
}

fn class(members: &Members) -> Result<Option<&str>, ApiError> {
    let class = input::text(members, "logGroupClass")?;
    if class.is_some_and(|class| !matches!(class, "STANDARD" | "INFREQUENT_ACCESS" | "DELIVERY")) {
        let values = "Member must satisfy enum value set: [INFREQUENT_ACCESS, DELIVERY, STANDARD]";
        return Err(constraint("logGroupClass", class, values));
    }
    Ok(class)
}

pub(super) fn delete(world: &mut World, members: &Members) -> Result<Value, ApiError> {
    let name = input::group_name(members)?;
    let group = world.logs.groups.get(name).ok_or_else(unknown_group)?;
    if group.is_protected {
        let message = format!("Log group {name} cannot be deleted because deletion protection is enabled.");
        return Err(ApiError::new("ValidationException", message));
    }
    world.logs.groups.remove(name);
    Ok(Value::Null)
}

/// "The results are ASCII-sorted by log group name."
pub(super) fn describe(world: &mut World, members: &Members) -> Result<Value, ApiError> {
    let (prefix, pattern) = (input::text(members, "logGroupNamePrefix")?, input::text(members, "logGroupNamePattern")?);
    if let Some(prefix) = prefix {
        input::check_group_name("logGroupNamePrefix", prefix)?;
    }
    if prefix.is_some() && pattern.is_some() {
        return Err(invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."));
    }
    let class = class(members)?.unwrap_or("STANDARD");
    let is_wanted = |(name, group): &(&String, &LogGroup)| {
        let is_named = prefix.is_none_or(|prefix| name.starts_with(prefix));
        // A prefix or pattern alone finds groups of every class.
        let is_of_class = !members.contains_key("logGroupClass") || group.class == class;
        is_named && is_of_class && pattern.is_none_or(|pattern| name.contains(pattern))
    };
    let rows = world.logs.groups.iter().filter(is_wanted).map(|(name, group)| (name.clone(), row(world, name, group)));
    let (page, next) = input::page(members, rows.collect(), false)?;
    let mut answer = json!({ "logGroups": page });
    if let Some(next) = next {
        answer["nextToken"] = next.into();
    }
    Ok(answer)
}

/// Tags are not among it. `storedBytes` lags hours behind, so that a fresh group always has none.
fn row(world: &World, name: &str, group: &LogGroup) -> Value {
    let arn = arn(world, name);
    let mut row = json!({
        "logGroupName": name,
        "creationTime": group.created,
        "metricFilterCount": 0,
        "arn": format!("{arn}:*"),
        "logGroupArn": arn,
        "storedBytes": 0,
        "logGroupClass": group.class,
        "deletionProtectionEnabled": group.is_protected,
    });
    if let Some(days) = group.retention {
        row["retentionInDays"] = days.into();
    }
    row
}

pub(super) fn put_retention(world: &mut World, members: &Members) -> Result<Value, ApiError> {
    let name = input::group_name(members)?;
    let days = input::number(members, "retentionInDays")?
        .ok_or_else(|| constraint("retentionInDays", None, "Member must not be null"))?;
    let group = world.logs.groups.get_mut(name).ok_or_else(unknown_group)?;
    let days = Some(days).filter(|days| RETENTIONS.contains(days)).and_then(|days| u64::try_from(days).ok());
    let Some(days) = days else {
        let values: Vec<String> = RETENTIONS.iter().map(i64::to_string).collect();
        return Err(invalid(format!(
            "Specified RetentionInDays is invalid. Valid values are: [{}]",
            values.join(", ")
        )));
    };
    refuse_delivery(group)?;
    group.retention = Some(days);
    Ok(Value::Null)
}

pub(super) fn delete_retention(world: &mut World, members: &Members) -> Result<Value, ApiError> {
    let name = input::group_name(members)?;
    let group = world.logs.groups.get_mut(name).ok_or_else(unknown_group)?;
    refuse_delivery(group)?;
    group.retention = None;
    Ok(Value::Null)
}

fn refuse_delivery(group: &LogGroup) -> Result<(), ApiError> {
    if group.class == "DELIVERY" {
        return Err(invalid("The retention of log groups of the class DELIVERY cannot be changed."));
    }
    Ok(())
}

pub(super) fn put_deletion_protection(world: &mut World, members: &Members) -> Result<Value, ApiError> {
    let identifier = input::required(members, "logGroupIdentifier")?;
    let is_protected = input::flag(members, "deletionProtectionEnabled")?
        .ok_or_else(|| constraint("deletionProtectionEnabled", None, "Member must not be null"))?;
    let name = identifier::group_of_identifier(world, identifier)?;
    world.logs.groups.get_mut(name).ok_or_else(unknown_group)?.is_protected = is_protected;
    Ok(Value::Null)
}
