//! What all Describe actions have in common: ids, filters, pages.
//!
//! "Values of a filter are alternatives, filters must all hold; `*` and `?` are wildcards, case counts" (EC2 API
//! reference, Filter). More than 200 values in a call are refused.

use crate::wire::error::ApiError;
use crate::wire::params::{Params, invalid_value};
use crate::wire::xml::Xml;
use crate::world::Tags;

/// Most filter values of a call.
const FILTER_VALUES_MAX: usize = 200;

/// A resource that can be described: what its filters look at.
pub(crate) trait Described {
    /// Returns the values that a filter of this name looks at, or `None` if the action has no such filter.
    fn filter_values(&self, name: &str) -> Option<Vec<String>>;

    /// Returns its tags.
    fn tags(&self) -> &Tags;
}

/// The filters of a request.
pub(crate) struct Filters(Vec<(String, Vec<String>)>);

impl Filters {
    /// Reads `Filter.N.Name` and `Filter.N.Value.M`.
    pub(crate) fn of(params: &Params) -> Result<Filters, ApiError> {
        let mut filters = Vec::new();
        let mut count = 0;
        for filter in params.structures("Filter") {
            let name = filter.required("Name")?.to_owned();
            let values: Vec<String> = filter.list("Value").into_iter().map(str::to_owned).collect();
            count += values.len();
            filters.push((name, values));
        }
        if count > FILTER_VALUES_MAX {
            let message =
                format!("The maximum number of filter values specified on a single call is {FILTER_VALUES_MAX}");
            return Err(ApiError::new("FilterLimitExceeded", message));
        }
        Ok(Filters(filters))
    }

    /// Tells whether a resource passes all filters.
    pub(crate) fn select(&self, resource: &impl Described) -> Result<bool, ApiError> {
        for (name, patterns) in &self.0 {
            let values = match name.split_once(':') {
                Some(("tag", key)) => resource.tags().get(key).cloned().into_iter().collect(),
                _ if name == "tag-key" => resource.tags().keys().cloned().collect(),
                _ => resource
                    .filter_values(name)
                    .ok_or_else(|| ApiError::new("InvalidParameterValue", format!("The filter '{name}' is invalid")))?,
            };
            if !values.iter().any(|value| patterns.iter().any(|pattern| matches(pattern, value))) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn matches(pattern: &str, value: &str) -> bool {
    if !pattern.contains(['*', '?']) {
        return pattern == value;
    }
    wildmatch::WildMatch::new(pattern).matches(value)
}

/// Selects by ids and filters, in the order of ids. One id that does not exist fails the whole call, as `missing` says.
pub(crate) fn select<'a, T: Described>(
    all: impl IntoIterator<Item = (&'a String, &'a T)>,
    ids: &[&str],
    params: &Params,
    missing: impl Fn(&str) -> ApiError,
) -> Result<Vec<(&'a String, &'a T)>, ApiError> {
    let filters = Filters::of(params)?;
    let all: Vec<(&String, &T)> = all.into_iter().collect();
    if let Some(unknown) = ids.iter().find(|id| !all.iter().any(|(known, _)| known == *id)) {
        return Err(missing(unknown));
    }
    let mut selected = Vec::new();
    for (id, resource) in all {
        if (ids.is_empty() || ids.contains(&id.as_str())) && filters.select(resource)? {
            selected.push((id, resource));
        }
    }
    Ok(selected)
}

/// Cuts a page out of an answer and says how to go on. `smallest` and `largest` are the sizes that the action takes.
pub(crate) fn page<T>(
    params: &Params,
    all: Vec<T>,
    smallest: i64,
    largest: i64,
) -> Result<(Vec<T>, Option<String>), ApiError> {
    let start = match params.get("NextToken") {
        None => 0,
        Some(token) => start_of(token)
            .filter(|start| *start <= all.len())
            .ok_or_else(|| ApiError::new("InvalidNextToken", "The token that was given is not valid."))?,
    };
    let size = match params.number("MaxResults")? {
        None => all.len(),
        Some(size) if size < smallest || size > largest => return Err(invalid_value("maxResults", &size.to_string())),
        Some(size) => usize::try_from(size).unwrap_or(usize::MAX),
    };
    let total = all.len();
    let page: Vec<T> = all.into_iter().skip(start).take(size).collect();
    let end = start + page.len();
    Ok((page, (end < total).then(|| token_of(end))))
}

/// Tokens are opaque to clients: they only look like nothing that could be counted up.
fn token_of(start: usize) -> String {
    format!("eyJ{:016x}", (start as u64) ^ TOKEN_MASK)
}

fn start_of(token: &str) -> Option<usize> {
    let number = u64::from_str_radix(token.strip_prefix("eyJ")?, 16).ok()?;
    usize::try_from(number ^ TOKEN_MASK).ok()
}

const TOKEN_MASK: u64 = 0x5eed_5eed_0bad_cafe;

/// Returns the id of a request that names exactly one, checked for its form.
pub(crate) fn id<'a>(params: &'a Params, name: &str, prefix: &str, malformed: &str) -> Result<&'a str, ApiError> {
    let id = params.required(name)?;
    check_form(id, prefix, malformed)?;
    Ok(id)
}

/// Refuses an id that is not in the form of its kind: the prefix and 8 or 17 hexadecimal digits.
pub(crate) fn check_form(id: &str, prefix: &str, malformed: &str) -> Result<(), ApiError> {
    let digits = id.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('-'));
    let is_well_formed = digits.is_some_and(|d| matches!(d.len(), 8 | 17) && d.bytes().all(|b| b.is_ascii_hexdigit()));
    if is_well_formed {
        return Ok(());
    }
    Err(ApiError::new(malformed, format!("Invalid id: \"{id}\" (expecting \"{prefix}-...\")")))
}

/// Returns tags as answers show them.
pub(crate) fn tag_set(tags: &Tags) -> Xml {
    Xml::new().set("tagSet", tags.iter().map(|(key, value)| Xml::new().text("key", key).text("value", value)))
}
