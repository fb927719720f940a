//! Everything that CloudWatch Logs holds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::world::tags::Tags;
use crate::world::time::{DAY, Millis};

/// What CloudWatch Logs holds, by name.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Logs {
    pub(crate) groups: BTreeMap<String, LogGroup>,
}

/// A log group.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LogGroup {
    pub(crate) created: Millis,
    /// In days; without it, events stay.
    pub(crate) retention: Option<u64>,
    pub(crate) class: String,
    pub(crate) is_protected: bool,
    pub(crate) tags: Tags,
    pub(crate) streams: BTreeMap<String, LogStream>,
    /// How many events were taken: the number of the next.
    pub(crate) taken: u64,
}

impl LogGroup {
    /// Returns the time before which events are gone: "up to 72 hours" after their retention.
    pub(crate) fn gone_before(&self, now: Millis) -> Millis {
        self.retention.map_or(0, |days| now.saturating_sub(days.saturating_add(3).saturating_mul(DAY)))
    }
}

/// A log stream.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct LogStream {
    pub(crate) created: Millis,
    /// By time, and then in the order in which they came.
    pub(crate) events: Vec<Event>,
    pub(crate) last_ingestion: Option<Millis>,
}

/// A log event.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) timestamp: Millis,
    /// Its number in the group.
    pub(crate) number: u64,
    pub(crate) ingested: Millis,
    pub(crate) message: String,
}
