//! Places: the account and the region that a resource is in.
//!
//! A place is part of what a resource is: an id says which thing is meant only together with the place that gave it, and
//! what moves to another place is another thing there.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// An account and, unless the resource belongs to none, a region of it.
///
/// Copies share their content, so that each of very many resources can hold its place.
#[derive(Clone, Serialize, Deserialize)]
#[serde(into = "Parts", from = "Parts")]
pub struct Place(Arc<Parts>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
struct Parts {
    account: String,
    region: Option<String>,
}

impl Place {
    /// Returns the place of what is in a region.
    pub fn regional(account: impl Into<String>, region: impl Into<String>) -> Place {
        Place::of(account, Some(region.into()))
    }

    /// Returns the place of what belongs to no region of an account, such as its users and roles.
    pub fn global(account: impl Into<String>) -> Place {
        Place::of(account, None)
    }

    /// Returns the place of an account with a region or none.
    pub fn of(account: impl Into<String>, region: Option<String>) -> Place {
        Place(Arc::new(Parts { account: account.into(), region }))
    }

    /// Returns the account's id.
    pub fn account(&self) -> &str {
        &self.0.account
    }

    /// Returns the region; `None` for what belongs to none.
    pub fn region(&self) -> Option<&str> {
        self.0.region.as_deref()
    }

    /// Tells whether this is the place of what belongs to no region.
    pub fn is_global(&self) -> bool {
        self.0.region.is_none()
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Eq for Place {}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        if Arc::ptr_eq(&self.0, &other.0) { Ordering::Equal } else { self.0.cmp(&other.0) }
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for Place {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl From<Parts> for Place {
    fn from(parts: Parts) -> Place {
        Place(Arc::new(parts))
    }
}

impl From<Place> for Parts {
    fn from(place: Place) -> Parts {
        Parts::clone(&place.0)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.region() {
            Some(region) => write!(f, "account {}, {region}", self.account()),
            None => write!(f, "account {}, no region", self.account()),
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place").field("account", &self.account()).field("region", &self.region()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashSet};

    use super::*;

    #[test]
    fn equal_places_are_one_whoever_made_them() {
        let made = || [Place::regional("1", "north"), Place::global("1"), Place::regional("2", "north")];
        let sorted: BTreeSet<Place> = made().into_iter().chain(made()).collect();
        let hashed: HashSet<Place> = made().into_iter().chain(made()).collect();
        assert_eq!((sorted.len(), hashed.len()), (3, 3));
        let texts: Vec<String> = sorted.iter().map(Place::to_string).collect();
        assert_eq!(texts, ["account 1, no region", "account 1, north", "account 2, north"]);
    }

    #[test]
    fn a_place_is_written_with_its_parts() {
        for (place, text) in [
            (Place::regional("1", "north"), r#"{"account":"1","region":"north"}"#),
            (Place::global("1"), r#"{"account":"1","region":null}"#),
        ] {
            assert_eq!(serde_json::to_string(&place).expect("JSON"), text);
            assert_eq!(serde_json::from_str::<Place>(text).expect("what was written"), place);
        }
    }
}
