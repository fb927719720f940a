//! Reading log events: of one stream, or of a group with a filter.

use serde_json::{Value, json};

use super::identifier::{self, unknown_group, unknown_stream};
use super::input::{self, Members, invalid};
use crate::wire::error::ApiError;
use crate::world::World;
use crate::world::logs::Event;

/// Most events of a page.
const EVENTS_MAX: i64 = 10_000;
/// Most bytes of a page.
const BYTES_MAX: usize = 1_048_576;

/// Where an event stands in its group: by time, then in the order of coming.
type Place = (u64, u64);

fn place(event: &Event) -> Place {
    (event.timestamp, event.number)
}

fn written(place: Place) -> String {
    format!("{:028}{:028}", place.0, place.1)
}

fn read_place(text: &str) -> Option<Place> {
    let (time, number) = text.split_at_checked(28)?;
    Some((time.parse().ok()?, number.parse().ok()?))
}

fn invalid_token() -> ApiError {
    invalid("The specified nextToken is invalid.")
}

/// How many of these events fit a page.
fn fitting<'a>(events: impl Iterator<Item = &'a Event>, limit: usize) -> usize {
    let mut bytes = 0;
    events
        .take(limit)
        .take_while(|event| {
            bytes += event.message.len() + 26;
            bytes <= BYTES_MAX
        })
        .count()
}

/// Goes through a stream in both directions. At an end the token that was given comes back.
pub(super) fn get(world: &mut World, members: &Members) -> Result<Value, ApiError> {
    let group_name = identifier::either_group(world, members)?;
    let stream_name = input::stream_name(members)?;
    let start = input::time(members, "startTime")?.unwrap_or(0);
    let end = input::time(members, "endTime")?.unwrap_or(u64::MAX);
    let limit = input::limit(members, EVENTS_MAX)?.unwrap_or(10_000);
    let from_head = input::flag(members, "startFromHead")?.unwrap_or(false);
    let token =
        input::text(members, "nextToken")?.map(|token| direction_of(token).ok_or_else(invalid_token)).transpose()?;
    let group = world.logs.groups.get(group_name).ok_or_else(unknown_group)?;
    let stream = group.streams.get(stream_name).ok_or_else(unknown_stream)?;
    let gone = group.gone_before(world.now);
    // "Events with a timestamp equal to or later than" the end are not included.
    let all: Vec<&Event> =
        stream.events.iter().filter(|event| event.timestamp >= start.max(gone) && event.timestamp < end).collect();
    let (page, rest) = match token {
        Some(Direction::Forward(after)) => {
            let from = all.partition_point(|event| place(event) < after);
            let rest = all.get(from..).unwrap_or_default();
            (&rest[..fitting(rest.iter().copied(), limit)], after)
        }
        Some(Direction::Backward(before)) => {
            let to = all.partition_point(|event| place(event) < before);
            (last_of(all.get(..to).unwrap_or_default(), limit), before)
        }
        None if from_head => (&all[..fitting(all.iter().copied(), limit)], (start, 0)),
        None => (last_of(&all, limit), (start, 0)),
    };
    // Both tokens name a gap between events: the one after the page, and the one before it.
    let forward = page.last().map_or(rest, |event| (event.timestamp, event.number + 1));
    let backward = page.first().map_or(rest, |event| place(event));
    Ok(json!({
        "events": page.iter().map(|event| row(event)).collect::<Vec<_>>(),
        "nextForwardToken": format!("f/{}/s", written(forward)),
        "nextBackwardToken": format!("b/{}/s", written(backward)),
    }))
}

fn last_of<'a, 'b>(events: &'b [&'a Event], limit: usize) -> &'b [&'a Event] {
    let count = fitting(events.iter().rev().copied(), limit);
    &events[events.len() - count..]
}

enum Direction {
    Forward(Place),
    Backward(Place),
}

fn direction_of(token: &str) -> Option<Direction> {
    let inner = token.strip_suffix("/s")?;
    match inner.split_once('/')? {
        ("f", place) => read_place(place).map(Direction::Forward),
        ("b", place) => read_place(place).map(Direction::Backward),
        _ => None,
    }
}

fn row(event: &Event) -> Value {
    json!({ "timestamp": event.timestamp, "message": event.message, "ingestionTime": event.ingested })
}

pub(super) fn filter(world: &mut World, members: &Members) -> Result<Value, ApiError> {
    let group_name = identifier::either_group(world, members)?;
    let start = input::time(members, "startTime")?.unwrap_or(0);
    let end = input::time(members, "endTime")?.unwrap_or(u64::MAX);
    let limit = input::limit(members, EVENTS_MAX)?.unwrap_or(10_000);
    let names = input::texts(members, "logStreamNames")?;
    let prefix = input::text(members, "logStreamNamePrefix")?;
    let pattern = Pattern::read(input::text(members, "filterPattern")?.unwrap_or_default())?;
    // "The value is ignored. All results are interleaved."
    input::flag(members, "interleaved")?;
    if names.is_some() && prefix.is_some() {
        return Err(invalid("logStreamNames and logStreamNamePrefix cannot be both specified."));
    }
    if names.as_ref().is_some_and(|names| names.is_empty() || names.len() > 100) {
        return Err(invalid("logStreamNames takes 1 to 100 names."));
    }
    let from = match input::text(members, "nextToken")? {
        None => (0, 0),
        Some(token) => token.strip_prefix("n/").and_then(read_place).ok_or_else(invalid_token)?,
    };
    let group = world.logs.groups.get(group_name).ok_or_else(unknown_group)?;
    if names.iter().flatten().any(|name| !group.streams.contains_key(*name)) {
        return Err(unknown_stream());
    }
    let is_wanted = |stream: &str| {
        names.as_ref().is_none_or(|names| names.contains(&stream))
            && prefix.is_none_or(|prefix| stream.starts_with(prefix))
    };
    let start = start.max(group.gone_before(world.now));
    let mut found: Vec<(&str, &Event)> = Vec::new();
    for (name, stream) in group.streams.iter().filter(|(name, _)| is_wanted(name)) {
        // "Events with a timestamp later than" the end are not returned.
        let events =
            stream.events.iter().filter(|event| (start..=end).contains(&event.timestamp) && place(event) >= from);
        found.extend(events.filter(|event| pattern.matches(&event.message)).map(|event| (name.as_str(), event)));
    }
    found.sort_by_key(|(_, event)| place(event));
    let count = fitting(found.iter().map(|(_, event)| *event), limit);
    let rows: Vec<Value> = found
        .iter()
        .take(count)
        .map(|(stream, event)| {
            let mut row = row(event);
            row["logStreamName"] = (*stream).into();
            row["eventId"] = written(place(event)).into();
            row
        })
        .collect();
    let mut answer = json!({ "events": rows, "searchedLogStreams": [] });
    if let Some((_, next)) = found.get(count) {
        answer["nextToken"] = format!("n/{}", written(place(next))).into();
    }
    Ok(answer)
}

/// A filter pattern of terms: all plain ones, none of the `-` ones, and one of the `?` ones.
struct Pattern {
    all: Vec<String>,
    none: Vec<String>,
    any: Vec<String>,
}

impl Pattern {
    fn read(text: &str) -> Result<Pattern, ApiError> {
        let mut pattern = Pattern { all: vec![], none: vec![], any: vec![] };
        if text.chars().count() > 1024 {
            return Err(invalid("The filter pattern is too long."));
        }
        let mut rest = text.trim_start();
        if rest.starts_with(['{', '[', '%']) {
            return Err(invalid("Filter patterns for JSON, for fields and regular expressions are not simulated."));
        }
        while let Some(first) = rest.chars().next() {
            let list = match first {
                '-' => &mut pattern.none,
                '?' => &mut pattern.any,
                _ => &mut pattern.all,
            };
            let term = rest.strip_prefix(['-', '?']).unwrap_or(rest);
            let (word, after) = match term.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').ok_or_else(|| invalid("Invalid filter pattern"))?,
                None => term.split_at(term.find(char::is_whitespace).unwrap_or(term.len())),
            };
            list.push(word.to_owned());
            rest = after.trim_start();
        }
        Ok(pattern)
    }

    fn matches(&self, message: &str) -> bool {
        let has = |term: &String| message.contains(term.as_str());
        self.all.iter().all(has) && !self.none.iter().any(has) && (self.any.is_empty() || self.any.iter().any(has))
    }
}
