//! A token bucket as this side has to keep it: never fuller than the one on AWS's side, which it cannot see. Pure.
//!
//! AWS takes a call's tokens when the call arrives, some time between its sending and its answer. So tokens are taken
//! here when it is sent, and what is on its way is not refilled before it is answered. Then the level here is never
//! above AWS's, whatever the network does in between, and what this bucket lets go is not refused.
//!
//! Whoever must wait takes a place in a queue, so nobody is overtaken, and a queue of many calls is told at once how
//! long it is. A refusal says that the bucket is smaller or shared: it is then taken to be empty and to fill half as
//! fast, and believed again little by little.

use std::time::Duration;

use landfall_engine::time_scale::TimeScale;
use tokio::time::Instant;

/// How large a bucket is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Size {
    /// Most tokens.
    pub(crate) capacity: f64,
    /// Tokens that come in a second of the account.
    pub(crate) refill: f64,
}

/// After a refusal no bucket is believed to fill more slowly than this part of what is documented.
const SLOWEST: f64 = 0.125;
/// In this much of the account's time the refill grows from nothing to what is documented.
const RECOVERY: Duration = Duration::from_secs(120);
/// AWS may count in steps. The simulated region counts in milliseconds.
const STEP: Duration = Duration::from_millis(5);

/// A bucket. Tokens are counted from the first on, so that a place in the queue is a number: it is reached when so many
/// have been supplied.
#[derive(Debug)]
pub(crate) struct Bucket {
    capacity: f64,
    /// Tokens a second on the wall: what is documented, and what is believed.
    documented: f64,
    refill: f64,
    recovery: Duration,
    step: Duration,
    supplied: f64,
    reserved: f64,
    taken: f64,
    on_their_way: f64,
    /// Until when the supply is counted.
    as_of: Instant,
    /// When the refill was last cut; the answers to calls that were sent before say nothing new.
    cut: Option<Instant>,
    /// When the refill was last changed.
    changed: Instant,
}

/// A place in the queue of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(crate) struct Place {
    at: f64,
}

impl Bucket {
    /// Returns a full bucket.
    pub(crate) fn new(size: Size, time_scale: TimeScale, now: Instant) -> Bucket {
        let refill = time_scale.a_second_on_the_wall(size.refill);
        Bucket {
            capacity: size.capacity,
            documented: refill,
            refill,
            recovery: time_scale.on_the_wall(RECOVERY),
            step: time_scale.on_the_wall(STEP),
            supplied: size.capacity,
            reserved: 0.0,
            taken: 0.0,
            on_their_way: 0.0,
            as_of: now,
            cut: None,
            changed: now,
        }
    }

    /// Takes a place in the queue, for so many tokens.
    pub(crate) fn queue(&mut self, tokens: f64) -> Place {
        self.reserved += tokens;
        Place { at: self.reserved }
    }

    /// Returns how long a place has to wait, as far as is known now; `None` if its tokens may be taken.
    pub(crate) fn wait(&mut self, place: Place, now: Instant) -> Option<Duration> {
        self.fill(now);
        // Sums of fractions: what lacks less than this is there.
        let missing = place.at - self.supplied - 1e-6;
        // A little later than computed, since a timer that is early by a hair would have to be set again.
        (missing > 0.0).then(|| {
            let until_it_fills = self.as_of.saturating_duration_since(now) + Duration::from_millis(1);
            Duration::try_from_secs_f64(missing / self.refill).unwrap_or(Duration::MAX).saturating_add(until_it_fills)
        })
    }

    /// Takes tokens whose place has been reached: a call is sent.
    pub(crate) fn take(&mut self, tokens: f64) {
        self.taken += tokens;
        self.on_their_way += tokens;
    }

    /// Lets a place go that was not used. Its tokens count as spent: others behind it have reckoned with that.
    pub(crate) fn leave(&mut self, tokens: f64) {
        self.taken += tokens;
    }

    /// Takes tokens without asking, for a call that goes in any case: later ones wait the longer.
    pub(crate) fn owe(&mut self, tokens: f64, now: Instant) {
        self.fill(now);
        self.reserved += tokens;
        self.taken += tokens;
    }

    /// Notes that a call was answered, and not refused for its rate.
    pub(crate) fn answered(&mut self, tokens: f64, now: Instant) {
        self.fill(now);
        self.settle(tokens);
        let part = (now - self.changed).as_secs_f64() / self.recovery.as_secs_f64().max(1e-9);
        self.refill = (self.refill + self.documented * part).min(self.documented);
        self.changed = now;
    }

    /// Notes that a call was not sent after all.
    pub(crate) fn unsent(&mut self, tokens: f64, now: Instant) {
        self.fill(now);
        self.settle(tokens);
        self.supplied += tokens;
    }

    /// Notes that a call that was sent then was refused for its rate: it has cost nothing, and there are no more tokens
    /// than `left`. `cuts` says whether the refill is doubted as well.
    pub(crate) fn refused(&mut self, tokens: f64, sent: Instant, left: f64, cuts: bool, now: Instant) {
        self.fill(now);
        self.settle(tokens);
        self.supplied = (self.supplied + tokens).min(self.taken + left);
        if cuts && self.is_news(sent) {
            self.refill = (self.refill / 2.0).max(self.documented * SLOWEST);
            self.changed = now;
        }
        if self.is_news(sent) {
            self.cut = Some(now);
        }
    }

    /// Tells whether a call that was sent then knows more than the refusals so far.
    pub(crate) fn is_news(&self, sent: Instant) -> bool {
        self.cut.is_none_or(|cut| sent >= cut)
    }

    fn settle(&mut self, tokens: f64) {
        self.on_their_way = (self.on_their_way - tokens).max(0.0);
    }

    fn fill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.as_of);
        let most = self.taken + self.capacity - self.on_their_way;
        let filled = self.supplied + self.refill * passed.as_secs_f64();
        if filled < most {
            self.supplied = filled;
            self.as_of = self.as_of.max(now);
        } else {
            // A full bucket begins to fill when it is full no more.
            self.supplied = most;
            self.as_of = now + self.step;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    const DESCRIBE: Size = Size { capacity: 100.0, refill: 20.0 };

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// Sends a call that is answered at once, if it may go.
    fn goes(bucket: &mut Bucket, now: Instant) -> bool {
        let place = bucket.queue(1.0);
        let may_go = bucket.wait(place, now).is_none();
        if may_go {
            bucket.take(1.0);
            bucket.answered(1.0, now);
        } else {
            bucket.leave(1.0);
        }
        may_go
    }

    /// Returns how long a place has to wait, in whole milliseconds.
    fn waits(bucket: &mut Bucket, place: Place, now: Instant) -> Option<u128> {
        bucket.wait(place, now).map(|wait| (wait + Duration::from_micros(500)).as_millis())
    }

    #[test]
    fn a_full_bucket_lets_a_burst_go_and_then_its_refill() {
        let start = Instant::now();
        let mut bucket = Bucket::new(DESCRIBE, TimeScale::WALL, start);
        let places: Vec<Place> = (0..140).map(|_| bucket.queue(1.0)).collect();
        let waits: Vec<Option<u128>> = places.iter().map(|place| waits(&mut bucket, *place, start)).collect();
        assert!(waits[..100].iter().all(Option::is_none));
        assert_eq!(waits[100], Some(56), "20 a second, and a step");
        assert_eq!(waits[139], Some(2_006));
    }

    #[test]
    fn a_faster_account_refills_faster() {
        let start = Instant::now();
        let mut bucket = Bucket::new(DESCRIBE, TimeScale::times(20.0), start);
        let last = (0..140).map(|_| bucket.queue(1.0)).last().expect("a place");
        assert_eq!(waits(&mut bucket, last, start), Some(101));
    }

    #[test]
    fn what_is_on_its_way_is_not_refilled() {
        let start = Instant::now();
        let mut bucket = Bucket::new(DESCRIBE, TimeScale::WALL, start);
        for _ in 0..100 {
            let place = bucket.queue(1.0);
            assert_eq!(bucket.wait(place, start), None);
            bucket.take(1.0);
        }
        let next = bucket.queue(1.0);
        assert!(bucket.wait(next, start + ms(60_000)).is_some(), "none of the hundred may have arrived yet");
        bucket.answered(1.0, start + ms(60_000));
        assert!(bucket.wait(next, start + ms(60_100)).is_none());
    }

    #[test]
    fn a_refusal_empties_and_slows_and_trust_comes_back() {
        let start = Instant::now();
        let mut bucket = Bucket::new(DESCRIBE, TimeScale::WALL, start);
        let place = bucket.queue(1.0);
        assert_eq!(bucket.wait(place, start), None);
        bucket.take(1.0);
        bucket.refused(1.0, start, 0.0, true, start);
        let place = bucket.queue(1.0);
        assert_eq!(waits(&mut bucket, place, start), Some(106), "half of 20 a second, and a step");
        // Calls that were on their way with it say nothing new.
        bucket.take(3.0);
        (0..3).for_each(|_| bucket.refused(1.0, start - ms(1), 0.0, true, start));
        assert_eq!(bucket.refill, 10.0);
        for _ in 0..20 {
            bucket.refused(0.0, start, 0.0, true, start);
        }
        assert_eq!(bucket.refill, 2.5, "there is a slowest");
        bucket.answered(0.0, start + ms(60_000));
        assert_eq!(bucket.refill, 12.5);
        bucket.answered(0.0, start + ms(600_000));
        assert_eq!(bucket.refill, 20.0, "never more than is documented");
    }

    #[test]
    fn a_place_that_is_left_and_a_debt_delay_the_rest_and_no_more() {
        let start = Instant::now();
        let size = Size { capacity: 4.0, refill: 1.0 };
        let mut bucket = Bucket::new(size, TimeScale::WALL, start);
        bucket.owe(6.0, start);
        let place = bucket.queue(1.0);
        assert_eq!(waits(&mut bucket, place, start), Some(3_006));
        bucket.leave(1.0);
        // Long afterwards the bucket is as full as ever.
        let later = start + ms(100_000);
        bucket.fill(later);
        assert_eq!((0..9).filter(|_| goes(&mut bucket, later)).count(), 4);
    }

    #[derive(Debug, Clone)]
    struct Sent {
        after: u64,
        travels: u64,
        returns: u64,
    }

    fn sent() -> impl Strategy<Value = Sent> {
        (prop_oneof![Just(0), 0_u64..40, 0_u64..4_000], 0_u64..300, 0_u64..300)
            .prop_map(|(after, travels, returns)| Sent { after, travels, returns })
    }

    proptest! {
        /// Whatever the network does, the other side's bucket is never asked for more than it holds; and the queue is
        /// left in the order in which it was joined.
        #[test]
        fn nothing_that_may_go_is_refused_on_the_other_side(
            capacity in 1_u32..60,
            refill in 1_u32..30,
            calls in prop::collection::vec(sent(), 1..150),
        ) {
            let start = Instant::now();
            let size = Size { capacity: f64::from(capacity), refill: f64::from(refill) };
            let mut here = Bucket::new(size, TimeScale::WALL, start);
            let mut waiting: VecDeque<(Place, Sent)> = VecDeque::new();
            let (mut arrivals, mut answers): (Vec<u64>, Vec<u64>) = (vec![], vec![]);
            let mut joins: VecDeque<(u64, Sent)> = VecDeque::new();
            let mut time = 0;
            for call in calls {
                time += call.after;
                joins.push_back((time, call));
            }
            let total = joins.len();
            let mut now = 0;
            while arrivals.len() < total {
                let at = start + ms(now);
                answers.retain(|answer| {
                    let is_due = *answer <= now;
                    if is_due {
                        here.answered(1.0, at);
                    }
                    !is_due
                });
                while joins.front().is_some_and(|(joins_at, _)| *joins_at <= now) {
                    let (_, call) = joins.pop_front().expect("one");
                    waiting.push_back((here.queue(1.0), call));
                }
                while let Some((place, call)) = waiting.front() {
                    if here.wait(*place, at).is_some() {
                        // Nobody behind may go before.
                        prop_assert!(waiting.iter().skip(1).all(|(behind, _)| here.wait(*behind, at).is_some()));
                        break;
                    }
                    here.take(1.0);
                    arrivals.push(now + call.travels);
                    answers.push(now + call.travels + call.returns);
                    waiting.pop_front();
                }
                now += 7;
                prop_assert!(now < 10_000_000, "the queue does not move");
            }
            arrivals.sort_unstable();
            let (mut level, mut as_of) = (size.capacity, 0);
            for arrival in arrivals {
                #[allow(clippy::cast_precision_loss, reason = "milliseconds of a test")]
                let passed = (arrival - as_of) as f64 / 1000.0;
                level = (level + passed * size.refill).min(size.capacity) - 1.0;
                as_of = arrival;
                prop_assert!(level >= -1e-5, "refused at {arrival} ms: {level}");
            }
        }
    }
}
