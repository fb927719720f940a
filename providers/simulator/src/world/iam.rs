//! Everything that IAM holds.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::world::tags::Tags;
use crate::world::time::Millis;

/// What IAM holds. The keys are names in small letters: "names are not distinguished by case".
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Iam {
    pub(crate) roles: BTreeMap<String, Role>,
    pub(crate) instance_profiles: BTreeMap<String, InstanceProfile>,
    /// The account's own managed policies.
    pub(crate) policies: BTreeMap<String, ManagedPolicy>,
}

impl Iam {
    /// Returns the profiles that hold a role, given by its key.
    pub(crate) fn profiles_with_role<'a>(
        &'a self,
        key: &'a str,
    ) -> impl Iterator<Item = (&'a String, &'a InstanceProfile)> {
        self.instance_profiles.iter().filter(move |(_, profile)| profile.role.as_deref() == Some(key))
    }
}

/// A role.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Role {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) created: Millis,
    /// The trust policy, as it was given.
    pub(crate) trust: String,
    pub(crate) description: Option<String>,
    pub(crate) max_session_duration: u32,
    pub(crate) tags: Tags,
    /// Inline policies by name, as they were given.
    pub(crate) inline: BTreeMap<String, String>,
    /// ARNs of managed policies.
    pub(crate) attached: BTreeSet<String>,
}

/// An instance profile.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct InstanceProfile {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) created: Millis,
    /// The key of its role: the name in small letters.
    pub(crate) role: Option<String>,
    /// Since when it has its role.
    pub(crate) role_since: Millis,
    pub(crate) tags: Tags,
}

/// A managed policy of the account's own. It has one version, `v1`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ManagedPolicy {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) created: Millis,
    pub(crate) description: Option<String>,
    pub(crate) document: String,
    pub(crate) tags: Tags,
}
