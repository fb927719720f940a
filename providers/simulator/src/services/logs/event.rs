//! Taking log events in.

use serde_json::{Map, Value, json};

use super::identifier::{unknown_group, unknown_stream};
use super::input::{self, Members, constraint, invalid};
use crate::wire::error::ApiError;
use crate::world::World;
use crate::world::logs::Event;
use crate::world::time::DAY;

/// Most events of a call.
const EVENTS_MAX: usize = 10_000;
/// Most bytes of a call: the messages in UTF-8 and 26 for each event.
const BYTES_MAX: usize = 1_048_576;
/// What an event costs besides its message.
const EVENT_OVERHEAD: usize = 26;
/// How far back events may be.
const OLDEST: u64 = 14 * DAY;
/// How far ahead events may be.
const NEWEST: u64 = 2 * 3_600_000;

/// Events that are too old or too new are left out, and the answer says so; anything else fails the whole call.
pub(super) fn put(world: &mut World, members: &Members) -> Result<Value, ApiError> {
    let (group_name, stream_name) = (input::group_name(members)?, input::stream_name(members)?);
    let events = events(members)?;
    let now = world.now;
    let group = world.logs.groups.get_mut(group_name).ok_or_else(unknown_group)?;
    let too_old = events.partition_point(|(timestamp, _)| timestamp.saturating_add(OLDEST) < now);
    let kept = group.retention.map_or(u64::MAX, |days| days.saturating_mul(DAY));
    let expired = events.partition_point(|(timestamp, _)| timestamp.saturating_add(kept) < now);
    let too_new = events.partition_point(|(timestamp, _)| *timestamp <= now.saturating_add(NEWEST));
    let first = too_old.max(expired).min(too_new);
    let valid = events.get(first..too_new).unwrap_or_default();
    if let (Some((first, _)), Some((last, _))) = (valid.first(), valid.last())
        && last - first > DAY
    {
        return Err(invalid(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
        ));
    }
    let mut number = group.taken;
    let stream = group.streams.get_mut(stream_name).ok_or_else(unknown_stream)?;
    for (timestamp, message) in valid {
        let event = Event { timestamp: *timestamp, number, ingested: now, message: message.clone() };
        number += 1;
        let at = stream.events.partition_point(|other| other.timestamp <= event.timestamp);
        stream.events.insert(at, event);
    }
    if !valid.is_empty() {
        stream.last_ingestion = Some(now);
    }
    group.taken = number;
    let mut answer = json!({ "nextSequenceToken": format!("{number:056}") });
    let mut rejected = Map::new();
    if too_new < events.len() {
        rejected.insert("tooNewLogEventStartIndex".to_owned(), too_new.into());
    }
    if too_old > 0 {
        rejected.insert("tooOldLogEventEndIndex".to_owned(), too_old.into());
    }
    if expired > too_old {
        rejected.insert("expiredLogEventEndIndex".to_owned(), expired.into());
    }
    if !rejected.is_empty() {
        answer["rejectedLogEventsInfo"] = Value::Object(rejected);
    }
    Ok(answer)
}

/// Reads the events, which must be in the order of their times.
fn events(members: &Members) -> Result<Vec<(u64, String)>, ApiError> {
    let given = match members.get("logEvents") {
        None | Some(Value::Null) => return Err(constraint("logEvents", None, "Member must not be null")),
        Some(value) => value
            .as_array()
            .ok_or_else(|| ApiError::new("SerializationException", "The member logEvents is not a list."))?,
    };
    if given.is_empty() || given.len() > EVENTS_MAX {
        let size = if given.is_empty() { "greater than or equal to 1" } else { "less than or equal to 10000" };
        return Err(constraint("logEvents", Some("[...]"), &format!("Member must have length {size}")));
    }
    let mut events: Vec<(u64, String)> = Vec::with_capacity(given.len());
    let mut bytes = 0;
    for event in given {
        let event = event
            .as_object()
            .ok_or_else(|| ApiError::new("SerializationException", "A log event is not an object."))?;
        if let Some(other) = event.keys().find(|key| !matches!(key.as_str(), "timestamp" | "message")) {
            return Err(invalid(format!("The member {other} of a log event is not simulated.")));
        }
        let timestamp = input::time(event, "timestamp")?
            .ok_or_else(|| constraint("logEvents.member.timestamp", None, "Member must not be null"))?;
        let message = input::required(event, "message")?;
        if message.is_empty() {
            let text = "Member must have length greater than or equal to 1";
            return Err(constraint("logEvents.member.message", Some(""), text));
        }
        if events.last().is_some_and(|(before, _)| *before > timestamp) {
            return Err(invalid("Log events in a single PutLogEvents request must be in chronological order."));
        }
        bytes += message.len() + EVENT_OVERHEAD;
        events.push((timestamp, message.to_owned()));
    }
    if bytes > BYTES_MAX {
        return Err(invalid(format!("Upload too large: {bytes} bytes exceeds limit of {BYTES_MAX}")));
    }
    Ok(events)
}
