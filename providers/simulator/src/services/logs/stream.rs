//! Log streams.

use serde_json::{Value, json};

use super::identifier::{self, arn, unknown_group, unknown_stream};
use super::input::{self, Members, constraint, invalid};
use crate::wire::error::ApiError;
use crate::world::World;
use crate::world::logs::LogStream;

pub(super) fn create(world: &mut World, members: &Members) -> Result<Value, ApiError> {
    let (group, name) = (input::group_name(members)?, input::stream_name(members)?);
    let group = world.logs.groups.get_mut(group).ok_or_else(unknown_group)?;
    if group.streams.contains_key(name) {
        return Err(ApiError::new("ResourceAlreadyExistsException", "The specified log stream already exists"));
    }
    let stream = LogStream { created: world.now, ..LogStream::default() };
    group.streams.insert(name.to_owned(), stream);
    Ok(Value::Null)
}

pub(super) fn delete(world: &mut World, members: &Members) -> Result<Value, ApiError> {
    let (group, name) = (input::group_name(members)?, input::stream_name(members)?);
    let group = world.logs.groups.get_mut(group).ok_or_else(unknown_group)?;
    group.streams.remove(name).ok_or_else(unknown_stream)?;
    Ok(Value::Null)
}

pub(super) fn describe(world: &mut World, members: &Members) -> Result<Value, ApiError> {
    let group_name = identifier::either_group(world, members)?;
    let prefix = input::text(members, "logStreamNamePrefix")?;
    if let Some(prefix) = prefix {
        input::check_stream_name("logStreamNamePrefix", prefix)?;
    }
    let by_time = match input::text(members, "orderBy")? {
        None | Some("LogStreamName") => false,
        Some("LastEventTime") => true,
        other => {
            let values = "Member must satisfy enum value set: [LogStreamName, LastEventTime]";
            return Err(constraint("orderBy", other, values));
        }
    };
    if by_time && prefix.is_some() {
        return Err(invalid("Cannot order by LastEventTime with a logStreamNamePrefix."));
    }
    let is_descending = input::flag(members, "descending")?.unwrap_or(false);
    let group = world.logs.groups.get(group_name).ok_or_else(unknown_group)?;
    let arn = arn(world, group_name);
    let mut rows: Vec<(String, Value)> = Vec::new();
    for (name, stream) in group.streams.iter().filter(|(name, _)| prefix.is_none_or(|prefix| name.starts_with(prefix)))
    {
        let last = stream.events.last().map_or(0, |event| event.timestamp);
        let key = if by_time { format!("{last:020}{name}") } else { name.clone() };
        rows.push((key, row(&arn, name, stream)));
    }
    rows.sort_by(|a, b| if is_descending { b.0.cmp(&a.0) } else { a.0.cmp(&b.0) });
    let (page, next) = input::page(members, rows, is_descending)?;
    let mut answer = json!({ "logStreams": page });
    if let Some(next) = next {
        answer["nextToken"] = next.into();
    }
    Ok(answer)
}

/// "Starting on June 17, 2019, the storedBytes of log streams is always zero."
fn row(group_arn: &str, name: &str, stream: &LogStream) -> Value {
    let mut row = json!({
        "logStreamName": name,
        "creationTime": stream.created,
        "arn": format!("{group_arn}:log-stream:{name}"),
        "storedBytes": 0,
    });
    if let (Some(first), Some(last), Some(ingestion)) =
        (stream.events.first(), stream.events.last(), stream.last_ingestion)
    {
        row["firstEventTimestamp"] = first.timestamp.into();
        row["lastEventTimestamp"] = last.timestamp.into();
        row["lastIngestionTime"] = ingestion.into();
        row["uploadSequenceToken"] = format!("{:056}", last.number + 1).into();
    }
    row
}
