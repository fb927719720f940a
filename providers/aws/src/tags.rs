//! Tags: how a resource says which stack, which address and which run it belongs to.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::Tag;
pub(crate) use landfall_aws_blueprint::shared_names::{ADDRESS, REGION, STACK};
use landfall_engine::resource::Literals;

/// Names the run that made it. It says nothing about what the resource should be, so it is never compared.
pub(crate) const RUN: &str = "landfall:run";

/// Tags by key.
pub(crate) type Tags = BTreeMap<String, String>;

/// Returns the tags that are compared with declared ones: without AWS's own and without the run.
pub(crate) fn comparable(tags: &Tags) -> Tags {
    let compared = |key: &&String| !key.starts_with("aws:") && key.as_str() != RUN;
    tags.keys().filter(compared).map(|key| (key.clone(), tags[key].clone())).collect()
}

/// Reads EC2's form.
pub(crate) fn from_ec2(tags: &[Tag]) -> Tags {
    tags.iter()
        .map(|tag| (tag.key().unwrap_or_default().to_owned(), tag.value().unwrap_or_default().to_owned()))
        .collect()
}

/// Writes EC2's form.
pub(crate) fn to_ec2(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// What must be done to come from one set of tags to another.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Retagging {
    pub(crate) set: Tags,
    pub(crate) remove: Vec<String>,
}

impl Retagging {
    pub(crate) fn between(before: &Tags, after: &Tags) -> Retagging {
        let set = after.iter().filter(|(key, value)| before.get(*key) != Some(value));
        let remove = before.keys().filter(|key| !after.contains_key(*key));
        Retagging { set: set.map(|(k, v)| (k.clone(), v.clone())).collect(), remove: remove.cloned().collect() }
    }
}

/// Reads the tags out of properties.
pub(crate) fn of_properties(properties: &Literals) -> Tags {
    let tags = properties.get("tags").and_then(|tags| tags.as_object());
    let texts = tags.into_iter().flatten().filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned())));
    texts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn the_run_and_what_aws_adds_are_not_compared() {
        let all = tags(&[("aws:ec2:fleet-id", "f"), (RUN, "r"), (STACK, "acme"), ("owner", "kim")]);
        assert_eq!(comparable(&all), tags(&[(STACK, "acme"), ("owner", "kim")]));
    }

    #[test]
    fn only_what_differs_is_set_or_removed() {
        let before = tags(&[("same", "1"), ("old", "1"), ("changed", "1")]);
        let after = tags(&[("same", "1"), ("new", "1"), ("changed", "2")]);
        let expected = Retagging { set: tags(&[("new", "1"), ("changed", "2")]), remove: vec!["old".to_owned()] };
        assert_eq!(Retagging::between(&before, &after), expected);
    }
}
