//! Resources by id that are found by their tags without a look at all of them: there can be ten thousand of a kind.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::world::tags::Tags;

/// A resource that has tags.
pub(crate) trait Tagged {
    /// Returns its tags.
    fn tags(&self) -> &Tags;

    /// Returns its tags to be changed. What lies in a [`Collection`] is only changed through [`Collection::retag`].
    fn tags_mut(&mut self) -> &mut Tags;
}

/// Ids of resources.
pub(crate) type Ids = BTreeSet<Arc<str>>;

/// Resources by id, and their ids by tag.
#[derive(Debug, Clone)]
pub(crate) struct Collection<T> {
    all: BTreeMap<String, T>,
    /// By key, then by value.
    by_tag: BTreeMap<String, BTreeMap<String, Ids>>,
}

static NO_IDS: Ids = Ids::new();

impl<T> Default for Collection<T> {
    fn default() -> Collection<T> {
        Collection { all: BTreeMap::new(), by_tag: BTreeMap::new() }
    }
}

impl<T> Deref for Collection<T> {
    type Target = BTreeMap<String, T>;

    fn deref(&self) -> &BTreeMap<String, T> {
        &self.all
    }
}

impl<T: Tagged> Collection<T> {
    /// Adds a resource. Ids are never used twice.
    pub(crate) fn insert(&mut self, id: String, resource: T) {
        for (key, value) in resource.tags() {
            note(&mut self.by_tag, key, value, &id);
        }
        self.all.insert(id, resource);
    }

    /// Removes a resource.
    pub(crate) fn remove(&mut self, id: &str) -> Option<T> {
        let resource = self.all.remove(id)?;
        resource.tags().iter().for_each(|(key, value)| forget(&mut self.by_tag, key, value, id));
        Some(resource)
    }

    /// Returns a resource, to change anything but its tags.
    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.all.get_mut(id)
    }

    /// Changes the tags of a resource.
    pub(crate) fn retag(&mut self, id: &str, change: impl FnOnce(&mut Tags)) {
        let Some(resource) = self.all.get_mut(id) else { return };
        let before = resource.tags().clone();
        change(resource.tags_mut());
        let after = resource.tags();
        for (key, value) in before.iter().filter(|(key, value)| after.get(*key) != Some(*value)) {
            forget(&mut self.by_tag, key, value, id);
        }
        for (key, value) in after.iter().filter(|(key, value)| before.get(*key) != Some(*value)) {
            note(&mut self.by_tag, key, value, id);
        }
    }

    /// Returns the ids of what has this tag.
    pub(crate) fn tagged(&self, key: &str, value: &str) -> &Ids {
        self.by_tag.get(key).and_then(|values| values.get(value)).unwrap_or(&NO_IDS)
    }
}

fn note(by_tag: &mut BTreeMap<String, BTreeMap<String, Ids>>, key: &str, value: &str, id: &str) {
    // Nearly always both are known, and need not be copied.
    if let Some(ids) = by_tag.get_mut(key).and_then(|values| values.get_mut(value)) {
        ids.insert(id.into());
        return;
    }
    by_tag.entry(key.to_owned()).or_default().entry(value.to_owned()).or_default().insert(id.into());
}

fn forget(by_tag: &mut BTreeMap<String, BTreeMap<String, Ids>>, key: &str, value: &str, id: &str) {
    let Some(values) = by_tag.get_mut(key) else { return };
    if let Some(ids) = values.get_mut(value) {
        ids.remove(id);
        if ids.is_empty() {
            values.remove(value);
        }
    }
    if values.is_empty() {
        by_tag.remove(key);
    }
}

impl<T: Serialize> Serialize for Collection<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.all.serialize(serializer)
    }
}

impl<'de, T: Tagged + Deserialize<'de>> Deserialize<'de> for Collection<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Collection<T>, D::Error> {
        let all: BTreeMap<String, T> = BTreeMap::deserialize(deserializer)?;
        let mut collection = Collection::default();
        all.into_iter().for_each(|(id, resource)| collection.insert(id, resource));
        Ok(collection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, Clone, Serialize, Deserialize)]
    struct Thing {
        tags: Tags,
    }

    impl Tagged for Thing {
        fn tags(&self) -> &Tags {
            &self.tags
        }

        fn tags_mut(&mut self) -> &mut Tags {
            &mut self.tags
        }
    }

    fn scanned(collection: &Collection<Thing>, key: &str, value: &str) -> Vec<String> {
        let has = |thing: &Thing| thing.tags.get(key).is_some_and(|has| has == value);
        collection.iter().filter(|(_, thing)| has(thing)).map(|(id, _)| id.clone()).collect()
    }

    proptest! {
        #[test]
        fn what_is_found_by_tag_is_what_a_scan_finds(
            steps in prop::collection::vec((0..4_u8, 0..5_u8, 0..3_u8, 0..3_u8), 0..60),
        ) {
            let mut collection: Collection<Thing> = Collection::default();
            for (step, id, key, value) in steps {
                let (id, key, value) = (format!("i-{id}"), format!("k{key}"), format!("v{value}"));
                match step {
                    0 if !collection.contains_key(&id) => {
                        collection.insert(id, Thing { tags: [(key, value)].into_iter().collect() });
                    }
                    1 => drop(collection.remove(&id)),
                    2 => collection.retag(&id, |tags| drop(tags.remove(&key))),
                    _ => collection.retag(&id, |tags| drop(tags.insert(key, value))),
                }
            }
            let stored = serde_json::to_string(&collection).expect("JSON");
            let read: Collection<Thing> = serde_json::from_str(&stored).expect("a collection");
            for (key, value) in (0..3).flat_map(|key| (0..3).map(move |value| (format!("k{key}"), format!("v{value}")))) {
                let wanted = scanned(&collection, &key, &value);
                for collection in [&collection, &read] {
                    let found: Vec<String> = collection.tagged(&key, &value).iter().map(|id| id.to_string()).collect();
                    prop_assert_eq!(&found, &wanted);
                }
            }
        }
    }
}
