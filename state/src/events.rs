//! The events of a run, as the store keeps them.
//!
//! An event tells people what happens; nothing rests on it. So it waits in memory for the next write of any sort, the
//! intents of a call as a rule, and shares its commit: events cost no flush of the disk of their own. A crash loses
//! those that still wait, and no intent.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::Value;

use crate::retention::EVENTS_KEPT;
use crate::runs::RunNumber;

/// An event of a run. What it says is no matter of the store.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEvent {
    /// Its number within its run. Later ones have higher numbers; two of one number are one event, and the later
    /// content counts.
    pub seq: u64,
    /// When it happened.
    pub time: Timestamp,
    /// What happened.
    pub event: Value,
}

/// Events that wait for the next write. At most as many as are kept of a run; beyond that the oldest go.
#[derive(Debug, Default)]
pub(crate) struct PendingEvents(Mutex<EventsByRun>);

/// Events by run and number.
pub(crate) type EventsByRun = BTreeMap<(RunNumber, u64), StoredEvent>;

impl PendingEvents {
    /// Adds events of a run.
    pub(crate) fn append(&self, run: RunNumber, events: Vec<StoredEvent>) {
        let mut waiting = self.waiting();
        waiting.extend(events.into_iter().map(|event| ((run, event.seq), event)));
        bound(&mut waiting);
    }

    /// Takes all that wait, for a write that is about to begin.
    pub(crate) fn take(&self) -> EventsByRun {
        std::mem::take(&mut *self.waiting())
    }

    /// Gives back what could not be written. What was appended meanwhile is newer.
    pub(crate) fn give_back(&self, mut unwritten: EventsByRun) {
        let mut waiting = self.waiting();
        unwritten.append(&mut waiting);
        bound(&mut unwritten);
        *waiting = unwritten;
    }

    fn waiting(&self) -> MutexGuard<'_, EventsByRun> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn bound(events: &mut EventsByRun) {
    while events.len() > EVENTS_KEPT {
        events.pop_first();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(seq: u64, text: &str) -> StoredEvent {
        StoredEvent { seq, time: Timestamp::UNIX_EPOCH, event: text.into() }
    }

    #[test]
    fn what_could_not_be_written_comes_first_and_what_is_newer_counts() {
        let (pending, run) = (PendingEvents::default(), RunNumber::from(1));
        pending.append(run, vec![event(1, "a"), event(2, "b")]);
        let unwritten = pending.take();
        pending.append(run, vec![event(2, "newer"), event(3, "c")]);
        pending.give_back(unwritten);
        let left: Vec<StoredEvent> = pending.take().into_values().collect();
        assert_eq!(left, [event(1, "a"), event(2, "newer"), event(3, "c")]);
        assert!(pending.take().is_empty());
    }

    #[test]
    fn the_oldest_go_where_nobody_writes() {
        let pending = PendingEvents::default();
        let many = EVENTS_KEPT as u64 + 7;
        pending.append(RunNumber::from(1), (1..=many).map(|seq| event(seq, "")).collect());
        let left = pending.take();
        assert_eq!((left.len(), left.into_keys().next()), (EVENTS_KEPT, Some((RunNumber::from(1), 8))));
    }
}
