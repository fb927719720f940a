//! Volumes.

use serde::{Deserialize, Serialize};

use crate::world::collection::Tagged;
use crate::world::tags::Tags;
use crate::world::time::Millis;

/// A volume.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Volume {
    pub(crate) shape: Shape,
    pub(crate) zone: String,
    pub(crate) attachment: Option<Attachment>,
    pub(crate) created_at: Millis,
    pub(crate) tags: Tags,
}

impl Tagged for Volume {
    fn tags(&self) -> &Tags {
        &self.tags
    }

    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.tags
    }
}

/// What a volume is, whoever makes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shape {
    pub(crate) size_gb: u32,
    pub(crate) volume_type: String,
    pub(crate) iops: Option<u32>,
    pub(crate) throughput: Option<u32>,
    pub(crate) encrypted: bool,
    pub(crate) snapshot_id: Option<String>,
}

/// Which instance has a volume, and as what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attachment {
    pub(crate) instance_id: String,
    pub(crate) device: String,
    pub(crate) delete_on_termination: bool,
}
