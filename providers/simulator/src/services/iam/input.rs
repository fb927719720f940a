//! Reading and checking parameters, in IAM's words: `ValidationError` with the constraint that is not met.

use crate::services::key_page;
use crate::wire::error::ApiError;
use crate::wire::params::Params;
use crate::world::Tags;

/// Most tags of a resource.
const TAGS_MAX: usize = 50;
/// Longest document that is looked at, before IAM's own smaller limits.
const DOCUMENT_MAX: usize = 131_072;

/// The parameters of tags, for the lists of actions that take them. An empty list is sent as the bare name.
pub(super) const TAGS: [&str; 3] = ["Tags", "Tags.member.N.Key", "Tags.member.N.Value"];

/// Returns the error for a value that misses a constraint of the API's model.
pub(super) fn constraint(name: &str, value: Option<&str>, constraint: &str) -> ApiError {
    let value = value.map_or_else(|| "null".to_owned(), |value| format!("'{value}'"));
    let mut member = name.to_owned();
    if let Some(first) = member.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    let message =
        format!("1 validation error detected: Value {value} at '{member}' failed to satisfy constraint: {constraint}");
    ApiError::new("ValidationError", message)
}

/// Returns the error for something that does not exist.
pub(super) fn no_such_entity(message: String) -> ApiError {
    ApiError::new("NoSuchEntity", message)
}

/// Returns the error for a quota that is used up.
pub(super) fn limit_exceeded(quota: &str, limit: usize) -> ApiError {
    ApiError::new("LimitExceeded", format!("Cannot exceed quota for {quota}: {limit}"))
}

/// Returns a parameter that the action cannot do without.
pub(super) fn required<'a>(params: &'a Params, name: &str) -> Result<&'a str, ApiError> {
    params.get(name).ok_or_else(|| constraint(name, None, "Member must not be null"))
}

/// Returns a parameter between these lengths.
fn sized<'a>(params: &'a Params, name: &str, longest: usize) -> Result<&'a str, ApiError> {
    let value = required(params, name)?;
    if value.is_empty() {
        return Err(constraint(name, Some(value), "Member must have length greater than or equal to 1"));
    }
    if value.chars().count() > longest {
        let limit = format!("Member must have length less than or equal to {longest}");
        return Err(constraint(name, Some(value), &limit));
    }
    Ok(value)
}

/// Returns a name: letters, digits and `_+=,.@-`.
pub(super) fn name<'a>(params: &'a Params, name: &str, longest: usize) -> Result<&'a str, ApiError> {
    let value = sized(params, name, longest)?;
    if !value.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b)) {
        let pattern = "Member must satisfy regular expression pattern: [\\w+=,.@-]+";
        return Err(constraint(name, Some(value), pattern));
    }
    Ok(value)
}

/// Returns the name of a role.
pub(super) fn role_name(params: &Params) -> Result<&str, ApiError> {
    name(params, "RoleName", 64)
}

/// Returns the name of an instance profile.
pub(super) fn profile_name(params: &Params) -> Result<&str, ApiError> {
    name(params, "InstanceProfileName", 128)
}

/// Returns the name of an inline or managed policy.
pub(super) fn policy_name(params: &Params) -> Result<&str, ApiError> {
    name(params, "PolicyName", 128)
}

/// Returns a policy document. IAM takes printable characters of Latin-1 only.
pub(super) fn document<'a>(params: &'a Params, name: &str) -> Result<&'a str, ApiError> {
    let value = sized(params, name, DOCUMENT_MAX)?;
    if !value.chars().all(|c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{ff}')) {
        let pattern = "Member must satisfy regular expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u00FF]+";
        return Err(constraint(name, Some(value), pattern));
    }
    Ok(value)
}

/// The size of a document as IAM counts it: "IAM does not count white space".
pub(super) fn document_size(text: &str) -> usize {
    text.chars().filter(|c| !c.is_ascii_whitespace()).count()
}

/// Returns the path of something that is made: `/`, or between two `/`.
pub(super) fn path(params: &Params) -> Result<&str, ApiError> {
    let path = match params.get("Path") {
        None => return Ok("/"),
        Some(_) => sized(params, "Path", 512)?,
    };
    let is_printable = path.bytes().all(|b| (0x21..=0x7e).contains(&b));
    if !path.starts_with('/') || !path.ends_with('/') || !is_printable {
        let message = "The specified value for path is invalid. It must begin and end with / and contain only \
                       alphanumeric characters and/or / characters.";
        return Err(ApiError::new("ValidationError", message));
    }
    Ok(path)
}

/// Returns the beginning of the paths that a list is asked for.
pub(super) fn path_prefix(params: &Params) -> Result<&str, ApiError> {
    let prefix = match params.get("PathPrefix") {
        None => return Ok("/"),
        Some(_) => sized(params, "PathPrefix", 512)?,
    };
    if !prefix.starts_with('/') || !prefix.bytes().all(|b| (0x21..=0x7f).contains(&b)) {
        let pattern = "Member must satisfy regular expression pattern: \\u002F[\\u0021-\\u007F]*";
        return Err(constraint("PathPrefix", Some(prefix), pattern));
    }
    Ok(prefix)
}

/// Returns a description.
pub(super) fn description(params: &Params) -> Result<Option<String>, ApiError> {
    let Some(text) = params.get("Description") else { return Ok(None) };
    if text.chars().count() > 1000 {
        let limit = "Member must have length less than or equal to 1000";
        return Err(constraint("Description", Some(text), limit));
    }
    if !text.chars().all(|c| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{a1}'..='\u{ff}')) {
        let pattern =
            "Member must satisfy regular expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*";
        return Err(constraint("Description", Some(text), pattern));
    }
    Ok(Some(text.to_owned()))
}

/// Returns a whole number between these bounds.
pub(super) fn number(params: &Params, name: &str, smallest: u32, largest: u32) -> Result<Option<u32>, ApiError> {
    let Some(text) = params.get(name) else { return Ok(None) };
    let number: i64 = text
        .parse()
        .map_err(|_| ApiError::new("MalformedInput", format!("Invalid value for parameter {name}: {text}")))?;
    if number < i64::from(smallest) {
        let limit = format!("Member must have value greater than or equal to {smallest}");
        return Err(constraint(name, Some(text), &limit));
    }
    match u32::try_from(number) {
        Ok(number) if number <= largest => Ok(Some(number)),
        _ => {
            let limit = format!("Member must have value less than or equal to {largest}");
            Err(constraint(name, Some(text), &limit))
        }
    }
}

/// Returns the tags of a request. Keys that differ in case only are the same key to IAM.
pub(super) fn tags(params: &Params) -> Result<Tags, ApiError> {
    if params.get("Tags").is_some_and(|text| !text.is_empty()) {
        return Err(ApiError::new("MalformedInput", "Tags is not a list."));
    }
    let mut tags = Tags::new();
    let given = params.structures("Tags.member");
    if given.len() > TAGS_MAX {
        let limit = format!("Member must have length less than or equal to {TAGS_MAX}");
        return Err(constraint("tags", Some("..."), &limit));
    }
    for tag in &given {
        let (key, value) = (sized(tag, "Key", 128)?, required(tag, "Value")?);
        if value.chars().count() > 256 {
            return Err(constraint("Value", Some(value), "Member must have length less than or equal to 256"));
        }
        if let Some(wrong) = [key, value].into_iter().find(|text| !text.chars().all(is_tag_character)) {
            let pattern = "Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*";
            return Err(constraint("tags", Some(wrong), pattern));
        }
        if is_reserved(key) {
            return Err(ApiError::new("InvalidInput", "System tags cannot be added/updated by requester"));
        }
        if tags.keys().any(|other| is_same_key(other, key)) {
            let message = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
            return Err(ApiError::new("InvalidInput", message));
        }
        tags.insert(key.to_owned(), value.to_owned());
    }
    Ok(tags)
}

/// Returns tags with further ones. `quota` is the name of the limit.
pub(super) fn merged(old: &Tags, added: Tags, quota: &str) -> Result<Tags, ApiError> {
    let mut tags = old.clone();
    for (key, value) in added {
        tags.retain(|other, _| !is_same_key(other, &key));
        tags.insert(key, value);
    }
    if tags.len() > TAGS_MAX { Err(limit_exceeded(quota, TAGS_MAX)) } else { Ok(tags) }
}

/// Returns tags without those of `TagKeys.member.N`. A key that is not there is no error.
pub(super) fn without(old: &Tags, params: &Params) -> Result<Tags, ApiError> {
    let keys = params.list("TagKeys.member");
    if keys.is_empty() && params.get("TagKeys").is_none() {
        return Err(constraint("TagKeys", None, "Member must not be null"));
    }
    let mut tags = old.clone();
    tags.retain(|key, _| !keys.iter().any(|other| is_same_key(other, key)));
    Ok(tags)
}

fn is_same_key(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

fn is_reserved(key: &str) -> bool {
    key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:"))
}

fn is_tag_character(c: char) -> bool {
    c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c)
}

/// Cuts a page out of a list that is sorted by its keys.
pub(super) fn page<T>(params: &Params, all: Vec<(String, T)>) -> Result<(Vec<T>, Option<String>), ApiError> {
    let marker = params.get("Marker");
    let size = number(params, "MaxItems", 1, 1000)?.unwrap_or(100) as usize;
    key_page::cut(all, "AA", marker, size, false)
        .ok_or_else(|| ApiError::new("ValidationError", format!("Invalid Marker: {}", marker.unwrap_or_default())))
}
