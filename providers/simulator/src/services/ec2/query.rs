//! What all Describe actions have in common: ids, filters, pages.
//!
//! "Values of a filter are alternatives, filters must all hold; `*` and `?` are wildcards, case counts" (EC2 API
//! reference, Filter). More than 200 values in a call are refused.

use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;

use crate::wire::error::ApiError;
use crate::wire::params::{Params, invalid_value};
use crate::wire::xml::Xml;
use crate::world::Tags;
use crate::world::collection::{Collection, Ids, Tagged};

/// Most filter values of a call.
const FILTER_VALUES_MAX: usize = 200;

/// A resource that can be described: what its filters look at.
pub(crate) trait Described {
    /// The filters that the action has, besides `tag:KEY` and `tag-key`.
    const FILTERS: &'static [&'static str];

    /// Returns the values that a filter of this name looks at, or `None` if the action has no such filter.
    fn filter_values(&self, name: &str) -> Option<Vec<String>>;

    /// Returns its tags, if such things can have any.
    fn tags(&self) -> &Tags {
        &NO_TAGS
    }
}

static NO_TAGS: Tags = Tags::new();

impl<T: Described> Described for &T {
    const FILTERS: &'static [&'static str] = T::FILTERS;

    fn filter_values(&self, name: &str) -> Option<Vec<String>> {
        (**self).filter_values(name)
    }

    fn tags(&self) -> &Tags {
        (**self).tags()
    }
}

/// The filters of a request for resources of one kind.
pub(crate) struct Filters<T> {
    all: Vec<Filter>,
    of: PhantomData<fn(&T)>,
}

struct Filter {
    name: String,
    patterns: Vec<String>,
}

impl Filter {
    /// Returns the key that the filter looks at.
    fn tag(&self) -> Option<&str> {
        self.name.strip_prefix("tag:")
    }

    fn is_met_by(&self, value: &str) -> bool {
        self.patterns.iter().any(|pattern| matches(pattern, value))
    }
}

impl<T: Described> Filters<T> {
    /// Reads `Filter.N.Name` and `Filter.N.Value.M`. A filter that the action does not have is refused, whatever there
    /// is to be filtered.
    pub(crate) fn of(params: &Params) -> Result<Filters<T>, ApiError> {
        let mut all = Vec::new();
        let mut count = 0;
        for filter in params.structures("Filter") {
            let name = filter.required("Name")?.to_owned();
            if !(name.starts_with("tag:") || name == "tag-key" || T::FILTERS.contains(&name.as_str())) {
                return Err(no_such_filter(&name));
            }
            let patterns: Vec<String> = filter.list("Value").into_iter().map(str::to_owned).collect();
            count += patterns.len();
            all.push(Filter { name, patterns });
        }
        check_filter_values(count)?;
        Ok(Filters { all, of: PhantomData })
    }

    /// Tells whether a resource passes all filters.
    pub(crate) fn select(&self, resource: &T) -> Result<bool, ApiError> {
        for filter in &self.all {
            let is_met = match filter.tag() {
                Some(key) => resource.tags().get(key).is_some_and(|value| filter.is_met_by(value)),
                None if filter.name == "tag-key" => resource.tags().keys().any(|key| filter.is_met_by(key)),
                None => {
                    let values = resource.filter_values(&filter.name).ok_or_else(|| no_such_filter(&filter.name))?;
                    values.iter().any(|value| filter.is_met_by(value))
                }
            };
            if !is_met {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Returns the values of a filter that has no wildcards: polls name their resources so, and only those need be
    /// looked at.
    pub(crate) fn exact(&self, name: &str) -> Option<Vec<&str>> {
        let filter = self.all.iter().find(|filter| filter.name == name)?;
        let is_exact = !filter.patterns.iter().any(|pattern| has_wildcard(pattern));
        is_exact.then(|| filter.patterns.iter().map(String::as_str).collect())
    }

    /// Returns the ids of all that can pass, by the filter for a tag that fewest pass; `None` if no filter says so.
    pub(crate) fn candidates<'a, R>(&self, source: &'a impl Source<R>) -> Option<BTreeSet<&'a str>> {
        let by_tag = self.all.iter().filter_map(|filter| {
            let key = filter.tag()?;
            let is_exact = filter.patterns.iter().all(|pattern| !has_wildcard(pattern));
            let found = || filter.patterns.iter().map(|value| source.tagged(key, value)).collect::<Option<Vec<&Ids>>>();
            if is_exact { found() } else { None }
        });
        let fewest = by_tag.min_by_key(|found| found.iter().map(|ids| ids.len()).sum::<usize>())?;
        Some(fewest.into_iter().flatten().map(AsRef::as_ref).collect())
    }
}

/// Refuses more values than EC2 takes in the filters of one call.
pub(crate) fn check_filter_values(count: usize) -> Result<(), ApiError> {
    if count > FILTER_VALUES_MAX {
        let message = format!("The maximum number of filter values specified on a single call is {FILTER_VALUES_MAX}");
        return Err(ApiError::new("FilterLimitExceeded", message));
    }
    Ok(())
}

/// Says that an action does not have this filter.
pub(crate) fn no_such_filter(name: &str) -> ApiError {
    ApiError::new("InvalidParameterValue", format!("The filter '{name}' is invalid"))
}

fn has_wildcard(pattern: &str) -> bool {
    pattern.contains(['*', '?', '\\'])
}

/// Tells whether a value fits a pattern of a filter.
pub(crate) fn matches(pattern: &str, value: &str) -> bool {
    if !has_wildcard(pattern) {
        return pattern == value;
    }
    wildmatch::WildMatch::new(pattern).matches(value)
}

/// Where resources lie by their ids.
pub(crate) trait Source<R> {
    /// Returns all of them.
    fn all(&self) -> &BTreeMap<String, R>;

    /// Returns the ids of what has this tag, or `None` if nobody keeps count.
    fn tagged(&self, key: &str, value: &str) -> Option<&Ids>;
}

impl<R> Source<R> for BTreeMap<String, R> {
    fn all(&self) -> &BTreeMap<String, R> {
        self
    }

    fn tagged(&self, _: &str, _: &str) -> Option<&Ids> {
        None
    }
}

impl<R: Tagged> Source<R> for Collection<R> {
    fn all(&self) -> &BTreeMap<String, R> {
        self
    }

    fn tagged(&self, key: &str, value: &str) -> Option<&Ids> {
        Some(self.tagged(key, value))
    }
}

/// Selects by ids and filters, in the order of ids; `view` is how filters see a resource. One id that does not exist fails
/// the whole call, as `missing` says.
pub(crate) fn select<'a, R: 'a, V: Described>(
    source: &'a impl Source<R>,
    ids: &[&str],
    params: &Params,
    view: impl Fn(&'a str, &'a R) -> V,
    missing: impl Fn(&str) -> ApiError,
) -> Result<Vec<(&'a str, V)>, ApiError> {
    let filters = Filters::of(params)?;
    let all = source.all();
    if let Some(unknown) = ids.iter().find(|id| !all.contains_key(**id)) {
        return Err(missing(unknown));
    }
    let named = (!ids.is_empty()).then(|| ids.iter().copied().collect::<BTreeSet<&str>>());
    let mut selected = Vec::new();
    let mut look = |id: &'a str, resource: &'a R| {
        let seen = view(id, resource);
        if filters.select(&seen)? {
            selected.push((id, seen));
        }
        Ok::<(), ApiError>(())
    };
    match named.or_else(|| filters.candidates(source)) {
        Some(few) => {
            for (id, resource) in few.into_iter().filter_map(|id| all.get_key_value(id)) {
                look(id, resource)?;
            }
        }
        None => {
            for (id, resource) in all {
                look(id, resource)?;
            }
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
