//! How calls name groups: by name, by ARN, or by an identifier that is either.

use super::input::{Members, check_group_name, group_name, invalid, text};
use crate::wire::error::ApiError;
use crate::world::World;

/// Returns the ARN of a group, without `:*`.
pub(crate) fn arn(world: &World, group: &str) -> String {
    format!("arn:{}:logs:{}:{}:log-group:{group}", world.partition, world.region, world.account)
}

/// Returns the name of the group that `logGroupName` or `logGroupIdentifier` gives: a name or an ARN without `:*`.
pub(super) fn either_group<'a>(world: &World, members: &'a Members) -> Result<&'a str, ApiError> {
    match (text(members, "logGroupName")?, text(members, "logGroupIdentifier")?) {
        (Some(_), Some(_)) => Err(invalid("LogGroup name and LogGroup identifier cannot be both specified.")),
        (Some(_), None) => group_name(members),
        (None, Some(identifier)) => group_of_identifier(world, identifier),
        (None, None) => Err(invalid("Either logGroupName or logGroupIdentifier must be specified.")),
    }
}

/// Returns the name of the group in an identifier.
pub(super) fn group_of_identifier<'a>(world: &World, identifier: &'a str) -> Result<&'a str, ApiError> {
    if identifier.ends_with(":*") {
        return Err(invalid("If you specify the ARN as the log group identifier, it must not end with an asterisk."));
    }
    if !identifier.starts_with("arn:") {
        check_group_name("logGroupIdentifier", identifier)?;
        return Ok(identifier);
    }
    // Groups of other accounts and regions are not seen from here.
    identifier.strip_prefix(&arn(world, "")).ok_or_else(unknown_group)
}

/// Returns the error for a group that does not exist.
pub(super) fn unknown_group() -> ApiError {
    ApiError::new("ResourceNotFoundException", "The specified log group does not exist.")
}

/// Returns the error for a stream that does not exist.
pub(super) fn unknown_stream() -> ApiError {
    ApiError::new("ResourceNotFoundException", "The specified log stream does not exist.")
}
