//! Reading the members of a request.

use serde_json::{Map, Value};

use crate::services::key_page;
use crate::wire::error::ApiError;
use crate::world::Tags;

/// The members of a request.
pub(super) type Members = Map<String, Value>;

/// Returns the error for a value that the action does not take.
pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidParameterException", message)
}

/// Returns the error for a value that misses a constraint of the API's model.
pub(super) fn constraint(name: &str, value: Option<&str>, constraint: &str) -> ApiError {
    let value = value.map_or_else(|| "null".to_owned(), |value| format!("'{value}'"));
    invalid(format!(
        "1 validation error detected: Value {value} at '{name}' failed to satisfy constraint: {constraint}"
    ))
}

fn wrong_type(name: &str, wanted: &str) -> ApiError {
    ApiError::new("SerializationException", format!("The member {name} is not a {wanted}."))
}

/// Returns a text, if there is one. `null` is the same as nothing.
pub(super) fn text<'a>(members: &'a Members, name: &str) -> Result<Option<&'a str>, ApiError> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(wrong_type(name, "string")),
    }
}

/// Returns a text that the action cannot do without.
pub(super) fn required<'a>(members: &'a Members, name: &str) -> Result<&'a str, ApiError> {
    text(members, name)?.ok_or_else(|| constraint(name, None, "Member must not be null"))
}

/// Returns a whole number, if there is one.
pub(super) fn number(members: &Members, name: &str) -> Result<Option<i64>, ApiError> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_i64().map(Some).ok_or_else(|| wrong_type(name, "number")),
    }
}

/// Returns a time in milliseconds since 1970, if there is one.
pub(super) fn time(members: &Members, name: &str) -> Result<Option<u64>, ApiError> {
    number(members, name)?
        .map(|number| {
            u64::try_from(number).map_err(|_| {
                constraint(name, Some(&number.to_string()), "Member must have value greater than or equal to 0")
            })
        })
        .transpose()
}

/// Returns the size of a page.
pub(super) fn limit(members: &Members, largest: i64) -> Result<Option<usize>, ApiError> {
    let Some(limit) = number(members, "limit")? else { return Ok(None) };
    if limit < 1 {
        let text = "Member must have value greater than or equal to 1";
        return Err(constraint("limit", Some(&limit.to_string()), text));
    }
    if limit > largest {
        let text = format!("Member must have value less than or equal to {largest}");
        return Err(constraint("limit", Some(&limit.to_string()), &text));
    }
    Ok(usize::try_from(limit).ok())
}

/// Returns a flag.
pub(super) fn flag(members: &Members, name: &str) -> Result<Option<bool>, ApiError> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_bool().map(Some).ok_or_else(|| wrong_type(name, "boolean")),
    }
}

/// Returns a list of texts, if there is one.
pub(super) fn texts<'a>(members: &'a Members, name: &str) -> Result<Option<Vec<&'a str>>, ApiError> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(all)) => all
            .iter()
            .map(|value| value.as_str().ok_or_else(|| wrong_type(name, "list of strings")))
            .collect::<Result<_, _>>()
            .map(Some),
        Some(_) => Err(wrong_type(name, "list")),
    }
}

fn sized(name: &str, value: &str, longest: usize) -> Result<(), ApiError> {
    if value.is_empty() {
        return Err(constraint(name, Some(value), "Member must have length greater than or equal to 1"));
    }
    if value.chars().count() > longest {
        let text = format!("Member must have length less than or equal to {longest}");
        return Err(constraint(name, Some(value), &text));
    }
    Ok(())
}

/// Checks the name of a group, or a part of one.
pub(super) fn check_group_name(name: &str, value: &str) -> Result<(), ApiError> {
    sized(name, value, 512)?;
    if !value.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-/#".contains(&b)) {
        let pattern = "Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+";
        return Err(constraint(name, Some(value), pattern));
    }
    Ok(())
}

/// Checks the name of a stream, or the beginning of one.
pub(super) fn check_stream_name(name: &str, value: &str) -> Result<(), ApiError> {
    sized(name, value, 512)?;
    if value.contains([':', '*']) {
        let pattern = "Member must satisfy regular expression pattern: [^:*]*";
        return Err(constraint(name, Some(value), pattern));
    }
    Ok(())
}

/// Returns the name of a group.
pub(super) fn group_name(members: &Members) -> Result<&str, ApiError> {
    let value = required(members, "logGroupName")?;
    check_group_name("logGroupName", value)?;
    Ok(value)
}

/// Returns the name of a stream.
pub(super) fn stream_name(members: &Members) -> Result<&str, ApiError> {
    let value = required(members, "logStreamName")?;
    check_stream_name("logStreamName", value)?;
    Ok(value)
}

/// Returns tags. A request must not give more than a resource may have.
pub(super) fn tags(members: &Members) -> Result<Option<Tags>, ApiError> {
    let given = match members.get("tags") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(given)) => given,
        Some(_) => return Err(wrong_type("tags", "map")),
    };
    let mut tags = Tags::new();
    if given.is_empty() || given.len() > 50 {
        let size = if given.is_empty() { "greater than or equal to 1" } else { "less than or equal to 50" };
        return Err(constraint("tags", Some("{...}"), &format!("Member must have length {size}")));
    }
    for (key, value) in given {
        let value = value.as_str().ok_or_else(|| wrong_type("tags", "map of strings"))?;
        sized("tags", key, 128)?;
        if value.chars().count() > 256 {
            return Err(constraint("tags", Some(value), "Member must have length less than or equal to 256"));
        }
        if ![key, value].iter().all(|text| text.chars().all(is_tag_character)) {
            let pattern = "Member must satisfy regular expression pattern: ^([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+)$";
            return Err(constraint("tags", Some(key), pattern));
        }
        if key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:")) {
            return Err(invalid("aws: prefixed tag key names are not allowed for external use."));
        }
        tags.insert(key.clone(), value.to_owned());
    }
    Ok(Some(tags))
}

fn is_tag_character(c: char) -> bool {
    c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c)
}

/// Cuts a page out of rows sorted by their keys. The token is the last key of the page before.
pub(super) fn page(
    members: &Members,
    all: Vec<(String, Value)>,
    is_descending: bool,
) -> Result<(Vec<Value>, Option<String>), ApiError> {
    let size = limit(members, 50)?.unwrap_or(50);
    key_page::cut(all, "t", text(members, "nextToken")?, size, is_descending)
        .ok_or_else(|| invalid("The specified nextToken is invalid."))
}
