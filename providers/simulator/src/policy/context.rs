//! What is known about a request when policies are asked about it.

use std::collections::BTreeMap;

use crate::world::Tags;

/// A request that policies are asked about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    /// As in `ec2:RunInstances`.
    pub(crate) action: &'a str,
    /// An ARN, or `*` for actions that are not about a resource.
    pub(crate) resource: &'a str,
    /// The condition keys.
    pub(crate) context: &'a Context,
}

/// The condition keys of a request with their values. Names of keys are not case-sensitive, so that they are kept in
/// small letters; values are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Context(BTreeMap<String, Vec<String>>);

impl Context {
    /// Returns a context that knows nothing.
    pub(crate) fn new() -> Context {
        Context::default()
    }

    /// Adds a key with one value, such as `aws:RequestedRegion`, `ec2:CreateAction`, `iam:PassedToService`.
    pub(crate) fn with(self, key: &str, value: &str) -> Context {
        self.with_all(key, [value])
    }

    /// Adds a key with several values.
    pub(crate) fn with_all<'v>(mut self, key: &str, values: impl IntoIterator<Item = &'v str>) -> Context {
        self.0.insert(key.to_ascii_lowercase(), values.into_iter().map(str::to_owned).collect());
        self
    }

    /// Adds the tags that a request gives: `aws:RequestTag/K` for each, and `aws:TagKeys`.
    pub(crate) fn with_request_tags(self, tags: &Tags) -> Context {
        if tags.is_empty() {
            return self;
        }
        let context = self.with_all("aws:TagKeys", tags.keys().map(String::as_str));
        tags.iter().fold(context, |all, (key, value)| all.with(&format!("aws:RequestTag/{key}"), value))
    }

    /// Adds the tags of the resource: `aws:ResourceTag/K`, and the service's own key such as `ec2:ResourceTag/K`.
    pub(crate) fn with_resource_tags(self, service: &str, tags: &Tags) -> Context {
        tags.iter().fold(self, |all, (key, value)| {
            let all = all.with(&format!("aws:ResourceTag/{key}"), value);
            all.with(&format!("{service}:ResourceTag/{key}"), value)
        })
    }

    /// Returns the values of a key, if the request has it.
    pub(crate) fn values(&self, key: &str) -> Option<&[String]> {
        self.0.get(&key.to_ascii_lowercase()).map(Vec::as_slice)
    }
}
