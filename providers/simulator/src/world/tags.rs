//! Tags, shared by what was made together: a launch gives the same tags to thousands of resources.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Tags by key. A clone shares them until either is changed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tags(Option<Arc<BTreeMap<String, String>>>);

static NONE: BTreeMap<String, String> = BTreeMap::new();

impl Tags {
    /// Returns no tags.
    pub(crate) const fn new() -> Tags {
        Tags(None)
    }
}

impl Deref for Tags {
    type Target = BTreeMap<String, String>;

    fn deref(&self) -> &BTreeMap<String, String> {
        self.0.as_deref().unwrap_or(&NONE)
    }
}

impl DerefMut for Tags {
    fn deref_mut(&mut self) -> &mut BTreeMap<String, String> {
        Arc::make_mut(self.0.get_or_insert_default())
    }
}

impl PartialEq for Tags {
    fn eq(&self, other: &Tags) -> bool {
        **self == **other
    }
}

impl Eq for Tags {}

impl From<BTreeMap<String, String>> for Tags {
    fn from(tags: BTreeMap<String, String>) -> Tags {
        Tags((!tags.is_empty()).then(|| Arc::new(tags)))
    }
}

impl IntoIterator for Tags {
    type Item = (String, String);
    type IntoIter = std::collections::btree_map::IntoIter<String, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.map(Arc::unwrap_or_clone).unwrap_or_default().into_iter()
    }
}

impl<'a> IntoIterator for &'a Tags {
    type Item = (&'a String, &'a String);
    type IntoIter = std::collections::btree_map::Iter<'a, String, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl FromIterator<(String, String)> for Tags {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(tags: I) -> Tags {
        tags.into_iter().collect::<BTreeMap<_, _>>().into()
    }
}

impl Serialize for Tags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Tags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Tags, D::Error> {
        BTreeMap::deserialize(deserializer).map(Tags::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_shares_until_it_is_changed() {
        let one: Tags = [("a".to_owned(), "1".to_owned())].into_iter().collect();
        let mut other = one.clone();
        assert!(std::ptr::eq(&*one, &*other));
        other.insert("b".to_owned(), "2".to_owned());
        assert_eq!((one.len(), other.len()), (1, 2));
    }

    #[test]
    fn they_are_stored_as_a_map() {
        let tags: Tags = serde_json::from_str(r#"{"a":"1"}"#).expect("tags");
        assert_eq!(tags.get("a").map(String::as_str), Some("1"));
        assert_eq!(serde_json::to_string(&(tags, Tags::new())).expect("JSON"), r#"[{"a":"1"},{}]"#);
    }
}
