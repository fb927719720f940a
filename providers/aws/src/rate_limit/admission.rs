//! The calls that pay for instances, and whether one may go.

use landfall_engine::provider::Admission;
use landfall_engine::step::StepId;
use tokio::time::Instant;

use super::buckets::RateLimits;
use super::instances::{Effect, Instances, QueuePlaces};

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
        self.metered(Metered::Launch, |instances| instances.owe(count, Instant::now()));
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
    use std::time::Duration;

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
