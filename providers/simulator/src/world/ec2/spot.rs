//! Spot requests.

use serde::{Deserialize, Serialize};

use crate::world::collection::Tagged;
use crate::world::tags::Tags;
use crate::world::time::Millis;

/// A Spot request of a launch. All of them are one-time: they end with their instance.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SpotRequest {
    pub(crate) instance_id: String,
    pub(crate) instance_type: String,
    pub(crate) image_id: String,
    pub(crate) subnet_id: String,
    pub(crate) zone: String,
    pub(crate) max_price_micros: u64,
    pub(crate) state: SpotRequestState,
    pub(crate) created_at: Millis,
    pub(crate) updated_at: Millis,
    pub(crate) tags: Tags,
}

impl Tagged for SpotRequest {
    fn tags(&self) -> &Tags {
        &self.tags
    }

    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.tags
    }
}

/// Where a request is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SpotRequestState {
    Active,
    /// Cancelled while its instance goes on.
    Cancelled,
    /// Cancelled, and the instance is gone.
    CancelledAndTerminated,
    Closed,
    Interrupted,
}
