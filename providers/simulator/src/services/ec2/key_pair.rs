//! Key pairs: only read here. None can be made, so a launch can only name one that a test put there.

use serde::{Deserialize, Serialize};

use super::Action;
use super::query::{Described, select, tag_set};
use crate::wire::error::ApiError;
use crate::wire::params::Params;
use crate::wire::xml::Xml;
use crate::world::{Millis, Tags, World, iso};

/// The actions on key pairs. DescribeKeyPairs knows no pages.
pub(crate) const ACTIONS: &[Action] = &[Action {
    name: "DescribeKeyPairs",
    parameters: &["DryRun", "KeyName.N", "KeyPairId.N", "Filter.N.Name", "Filter.N.Value.N"],
    run: describe,
}];

/// A key pair, kept by its name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KeyPair {
    pub(crate) id: String,
    pub(crate) key_type: String,
    pub(crate) fingerprint: String,
    pub(crate) created_at: Millis,
    pub(crate) tags: Tags,
}

struct WithName<'a>(&'a str, &'a KeyPair);

impl Described for WithName<'_> {
    const FILTERS: &'static [&'static str] = &["key-name", "key-pair-id", "fingerprint"];

    fn filter_values(&self, name: &str) -> Option<Vec<String>> {
        let value = match name {
            "key-name" => self.0,
            "key-pair-id" => &self.1.id,
            "fingerprint" => &self.1.fingerprint,
            _ => return None,
        };
        Some(vec![value.to_owned()])
    }

    fn tags(&self) -> &Tags {
        &self.1.tags
    }
}

/// The error for a name that is not known.
pub(crate) fn not_found(name: &str) -> ApiError {
    ApiError::new("InvalidKeyPair.NotFound", format!("The key pair '{name}' does not exist"))
}

fn describe(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let mut found = select(&world.ec2.key_pairs, &params.list("KeyName"), params, WithName, not_found)?;
    let ids = params.list("KeyPairId");
    if let Some(unknown) = ids.iter().find(|id| !world.ec2.key_pairs.values().any(|key| key.id == **id)) {
        let message = format!("The key pair ID '{unknown}' does not exist");
        return Err(ApiError::new("InvalidKeyPair.NotFound", message));
    }
    found.retain(|(_, key)| ids.is_empty() || ids.contains(&key.1.id.as_str()));
    let rows = found.into_iter().map(|(name, key)| {
        Xml::new()
            .text("keyPairId", &key.1.id)
            .text("keyName", name)
            .text("keyType", &key.1.key_type)
            .text("keyFingerprint", &key.1.fingerprint)
            .text("createTime", iso(key.1.created_at))
            .and(tag_set(&key.1.tags))
    });
    Ok(Xml::new().set("keySet", rows))
}
