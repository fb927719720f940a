//! The buckets that pay for instances: a call takes a token for each that it starts or ends.
//!
//! With more than a thousand instances these waits are long. So a call is admitted before its intent is noted: while it
//! waits nothing is on its way, and stopping is stopping. Its steps keep their places in the queue until then.

use std::collections::BTreeMap;
use std::time::Duration;

use landfall_engine::step::StepId;
use landfall_engine::time_scale::TimeScale;
use tokio::time::Instant;

use super::bucket::{Bucket, Place, Size};

/// The places of the steps of a run that wait.
pub(crate) type QueuePlaces = BTreeMap<StepId, Place>;

/// What became of an admitted call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It was answered, and its tokens are spent.
    Answered,
    /// AWS refused it for its rate. Nobody says for which of the two buckets.
    Refused {
        /// When it was sent.
        sent: Instant,
    },
    /// It did not leave.
    Unsent,
}

/// One such bucket.
#[derive(Debug)]
pub(super) struct Instances {
    bucket: Bucket,
    /// Refusals in a row, those of calls that were on their way together counted once.
    refusals: u32,
}

impl Instances {
    pub(super) fn new(size: Size, time_scale: TimeScale, now: Instant) -> Instances {
        Instances { bucket: Bucket::new(size, time_scale, now), refusals: 0 }
    }

    pub(super) fn admit(&mut self, steps: &[StepId], places: &mut QueuePlaces, now: Instant) -> Option<Duration> {
        let last = steps.iter().map(|step| *places.entry(*step).or_insert_with(|| self.bucket.queue(1.0)));
        let last = last.reduce(|a, b| if a < b { b } else { a })?;
        let wait = self.bucket.wait(last, now);
        if wait.is_none() {
            for step in steps {
                places.remove(step);
            }
            self.bucket.take(tokens(steps.len()));
        }
        wait
    }

    pub(super) fn note(&mut self, count: usize, effect: Effect, now: Instant) {
        let tokens = tokens(count);
        match effect {
            Effect::Answered => {
                self.refusals = 0;
                self.bucket.answered(tokens, now);
            }
            Effect::Unsent => self.bucket.unsent(tokens, now),
            Effect::Refused { sent } => {
                // The first time it may be the bucket of requests, and another try tells. After that there are fewer
                // tokens than were asked for: half as many, a quarter.
                self.refusals += u32::from(self.bucket.is_news(sent));
                let left = tokens / 2_f64.powi(i32::try_from(self.refusals).unwrap_or(i32::MAX).saturating_sub(1));
                self.bucket.refused(tokens, sent, left, self.refusals > 1, now);
            }
        }
    }

    /// Pays for what was not admitted.
    pub(super) fn owe(&mut self, count: usize, now: Instant) {
        self.bucket.owe(tokens(count), now);
    }
}

#[allow(clippy::cast_precision_loss, reason = "no call has so many instances")]
fn tokens(count: usize) -> f64 {
    count as f64
}
