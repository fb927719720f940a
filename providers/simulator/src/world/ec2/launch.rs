//! What launches refer to and draw on: key pairs, templates, placement groups, quotas.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::world::tags::Tags;
use crate::world::time::Millis;

/// A key pair, kept by its name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KeyPair {
    pub(crate) id: String,
    pub(crate) key_type: String,
    pub(crate) fingerprint: String,
    pub(crate) created_at: Millis,
    pub(crate) tags: Tags,
}

/// A launch template, kept by its id.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LaunchTemplate {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) created_at: Millis,
    /// What it says of a launch, in the names of RunInstances' own parameters.
    pub(crate) data: BTreeMap<String, String>,
    pub(crate) tags: Tags,
}

/// A placement group, kept by its id.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PlacementGroup {
    pub(crate) name: String,
    pub(crate) strategy: PlacementStrategy,
    pub(crate) tags: Tags,
}

/// How a group places its instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum PlacementStrategy {
    Cluster,
    Partition { count: u8 },
    Spread,
}

/// The limits of the account in this region, in vCPUs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Quotas {
    /// L-1216C47A.
    pub(crate) on_demand_standard: u32,
    /// L-DB2E81BA.
    pub(crate) on_demand_g: u32,
    /// L-417A185B.
    pub(crate) on_demand_p: u32,
    /// L-34B43A08.
    pub(crate) spot_standard: u32,
    /// L-3819A6DF.
    pub(crate) spot_g: u32,
    /// L-7212CCBC.
    pub(crate) spot_p: u32,
}

impl Default for Quotas {
    /// A large account's: a new one has 5 and 0, which would only teach that a request for more must be made.
    fn default() -> Quotas {
        Quotas {
            on_demand_standard: 32_768,
            on_demand_g: 1_536,
            on_demand_p: 1_152,
            spot_standard: 32_768,
            spot_g: 1_536,
            spot_p: 1_152,
        }
    }
}
