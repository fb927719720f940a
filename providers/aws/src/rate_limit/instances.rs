//! The buckets that pay for instances: a call takes a token for each that it starts or ends.
//!
//! With more than a thousand instances these waits are long. So a call is admitted before its intent is noted: while it
//! waits nothing is on its way, and stopping is stopping. Its steps keep their places in the queue until then.

use std::collections::BTreeMap;
use std::time::Duration;

use landfall_engine::provider::Admission;
use landfall_engine::step::StepId;
use landfall_engine::time_scale::TimeScale;
use tokio::time::Instant;

use super::RateLimits;
use super::bucket::{Bucket, Place, Size};

/// An action that pays for instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Metered {
    /// RunInstances.
    Launch,
    /// TerminateInstances.
    Termination,
}

impl Metered {
    /// Returns what an operation is, if it pays for instances.
    pub(crate) fn of(operation: &str) -> Option<Metered> {
        match operation.strip_prefix("ec2:").unwrap_or(operation) {
            "RunInstances" => Some(Metered::Launch),
            "TerminateInstances" => Some(Metered::Termination),
            _ => None,
        }
    }

    /// Says why a call has to wait.
    fn why(self) -> &'static str {
        match self {
            Metered::Launch => "EC2 lets an account launch 2 instances a second beyond the first 1,000",
            Metered::Termination => "EC2 lets an account terminate 20 instances a second beyond the first 1,000",
        }
    }
}

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

    fn admit(&mut self, steps: &[StepId], places: &mut QueuePlaces, now: Instant) -> Option<Duration> {
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

    fn note(&mut self, count: usize, effect: Effect, now: Instant) {
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
}

#[allow(clippy::cast_precision_loss, reason = "no call has so many instances")]
fn tokens(count: usize) -> f64 {
    count as f64
}

impl RateLimits {
    /// Lets a call go that pays for one instance for each of its steps, or says how long it must wait. Its tokens are then
    /// taken, and [`RateLimits::note`] must be told what became of it.
    pub(crate) fn admit(&self, metered: Metered, steps: &[StepId], places: &mut QueuePlaces) -> Admission {
        let wait = self.metered(metered, |instances| instances.admit(steps, places, Instant::now()));
        wait.map_or(Admission::Now, |wait| Admission::After { wait, why: metered.why() })
    }

    /// Notes what became of a call that was admitted.
    pub(crate) fn note(&self, metered: Metered, count: usize, effect: Effect) {
        self.metered(metered, |instances| instances.note(count, effect, Instant::now()));
    }

    /// Pays for instances that a call asks for without having been admitted: later calls wait the longer.
    pub(crate) fn owe_launches(&self, count: usize) {
        self.metered(Metered::Launch, |instances| instances.bucket.owe(tokens(count), Instant::now()));
    }

    fn metered<T>(&self, metered: Metered, with: impl FnOnce(&mut Instances) -> T) -> T {
        let mut buckets = self.lock();
        match metered {
            Metered::Launch => with(&mut buckets.launches),
            Metered::Termination => with(&mut buckets.terminations),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sizes::{LAUNCHES, TERMINATIONS};
    use super::*;

    fn steps(from: usize, count: usize) -> Vec<StepId> {
        (from..from + count).map(StepId).collect()
    }

    fn seconds(admission: &Admission) -> Option<f64> {
        match admission {
            Admission::Now => None,
            Admission::After { wait, .. } => Some(wait.as_secs_f64()),
        }
    }

    /// Waits about so long, a timer's step more or less.
    fn waits(admission: &Admission, wanted: f64) {
        let wait = seconds(admission).expect("it has to wait");
        assert!((wait - wanted).abs() < 0.02, "{wait} s, wanted {wanted} s");
    }

    #[test]
    fn the_sentence_has_the_numbers_of_the_bucket() {
        for (metered, size) in [(Metered::Launch, LAUNCHES), (Metered::Termination, TERMINATIONS)] {
            let sentence = metered.why().replace(',', "");
            assert!(sentence.contains(&format!(" {} instances a second", size.refill)), "{sentence}");
            assert!(sentence.ends_with(&format!(" first {}", size.capacity)), "{sentence}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_start_at_once_and_two_a_second_then() {
        let (rate_limits, mut places) = (RateLimits::default(), QueuePlaces::new());
        let launch = |from, places: &mut QueuePlaces| rate_limits.admit(Metered::Launch, &steps(from, 100), places);
        assert!((0..10).all(|call| launch(call * 100, &mut places) == Admission::Now));
        waits(&launch(1000, &mut places), 50.0);
        // Who comes later and wants less does not overtake.
        waits(&rate_limits.admit(Metered::Launch, &steps(1100, 1), &mut places), 50.5);
        // Nothing is refilled before the calls on their way are answered.
        tokio::time::advance(Duration::from_secs(100)).await;
        assert!(seconds(&launch(1000, &mut places)).is_some());
        (0..10).for_each(|_| rate_limits.note(Metered::Launch, 100, Effect::Answered));
        tokio::time::advance(Duration::from_millis(50_006)).await;
        assert_eq!(launch(1000, &mut places), Admission::Now);
        waits(&rate_limits.admit(Metered::Launch, &steps(1100, 1), &mut places), 0.5);
        assert_eq!(rate_limits.admit(Metered::Termination, &steps(2000, 1000), &mut places), Admission::Now);
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_refusal_is_tried_again_and_the_second_believed() {
        let (rate_limits, mut places) = (RateLimits::default(), QueuePlaces::new());
        let launch = |places: &mut QueuePlaces| rate_limits.admit(Metered::Launch, &steps(0, 100), places);
        let refuse = || rate_limits.note(Metered::Launch, 100, Effect::Refused { sent: Instant::now() });
        assert_eq!(launch(&mut places), Admission::Now);
        refuse();
        assert_eq!(launch(&mut places), Admission::Now, "what it had taken is given back");
        tokio::time::advance(Duration::from_secs(1)).await;
        refuse();
        waits(&launch(&mut places), 50.0);
        tokio::time::advance(Duration::from_secs(51)).await;
        assert_eq!(launch(&mut places), Admission::Now);
        refuse();
        waits(&launch(&mut places), 150.0);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_not_sent_costs_nothing_and_a_debt_is_paid_by_the_next() {
        let (rate_limits, mut places) = (RateLimits::default(), QueuePlaces::new());
        let launch =
            |from, count, places: &mut QueuePlaces| rate_limits.admit(Metered::Launch, &steps(from, count), places);
        assert_eq!(launch(0, 1000, &mut places), Admission::Now);
        rate_limits.note(Metered::Launch, 1000, Effect::Unsent);
        assert_eq!(launch(0, 900, &mut places), Admission::Now);
        rate_limits.note(Metered::Launch, 900, Effect::Answered);
        rate_limits.owe_launches(100);
        waits(&launch(1000, 10, &mut places), 5.0);
    }
}
