//! How long things take: what the schemas call typical, in the account's own time scale, until the history of runs knows better.
//!
//! Expected times steer what starts first, when to look, and what a plan says of its time. None of them decides whether
//! something is ready: only a look does.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::kind::{Kind, Schemas};
use crate::time_scale::TimeScale;
use crate::until::Until;

/// How long creations and deletions are expected to take on the wall, by kind.
#[derive(Debug, Clone, Default)]
pub struct Expectations {
    times: BTreeMap<(Kind, Until), Expected>,
    propagation_delay: BTreeMap<Kind, Duration>,
}

/// How long something is expected to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// From its call until it can be used, or is gone.
    pub time: Duration,
    /// Whether this account's runs have shown it; otherwise it is what is typical.
    pub learnt: bool,
}

/// How long one creation or deletion of an earlier run took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// Of what.
    pub kind: Kind,
    /// Until what.
    pub until: Until,
    /// From its call until it could be used, or was gone.
    pub took: Duration,
}

impl Expectations {
    /// Returns what the schemas call typical, in an account of this time scale.
    pub fn typical(schemas: &Schemas, time_scale: TimeScale) -> Expectations {
        let both = |schema: &crate::kind::Schema| {
            [(Until::Ready, schema.creation_time), (Until::Gone, schema.deletion_time)].map(|(until, typical)| {
                let expected = Expected { time: time_scale.on_the_wall(typical), learnt: false };
                ((schema.kind.clone(), until), expected)
            })
        };
        let propagation_delay =
            |schema: &crate::kind::Schema| (schema.kind.clone(), time_scale.on_the_wall(schema.propagation_delay));
        Expectations {
            times: schemas.iter().flat_map(both).collect(),
            propagation_delay: schemas
                .iter()
                .filter(|schema| !schema.propagation_delay.is_zero())
                .map(propagation_delay)
                .collect(),
        }
    }

    /// Replaces what is typical by the median of what runs have shown, for kinds of which the schema says that they take
    /// longer than a call. How long a call takes is not learnt: it depends on the network of the day.
    pub fn learn(&mut self, observations: impl IntoIterator<Item = Observation>) {
        let mut shown: BTreeMap<(Kind, Until), Vec<Duration>> = BTreeMap::new();
        for Observation { kind, until, took } in observations {
            shown.entry((kind, until)).or_default().push(took);
        }
        for (key, mut times) in shown {
            let Some(expected) = self.times.get_mut(&key).filter(|expected| expected.time > CALL) else { continue };
            let middle = times.len() / 2;
            let (_, median, _) = times.select_nth_unstable(middle);
            *expected = Expected { time: *median, learnt: true };
        }
    }

    /// Returns how long a creation or a deletion of this kind is expected to take.
    pub fn of(&self, kind: &Kind, until: Until) -> Expected {
        self.times.get(&(kind.clone(), until)).copied().unwrap_or(Expected { time: CALL, learnt: false })
    }

    /// Returns how long after a creation of this kind what refers to it may be refused; `None` if it is known at once.
    pub fn propagation_delay(&self, kind: &Kind) -> Option<Duration> {
        self.propagation_delay.get(kind).copied()
    }
}

/// What a call takes that is answered when all is done.
pub const CALL: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Schema;

    const SLOW: Kind = Kind::new("test.slow");
    const QUICK: Kind = Kind::new("test.quick");

    fn expectations(time_scale: TimeScale) -> Expectations {
        let mut slow = Schema::new("test.slow", &[]);
        slow.creation_time = Duration::from_secs(100);
        slow.propagation_delay = Duration::from_secs(8);
        Expectations::typical(&[slow, Schema::new("test.quick", &[])].into_iter().collect(), time_scale)
    }

    fn observed(kind: Kind, until: Until, seconds: &[u64]) -> Vec<Observation> {
        let took = |s: &u64| Observation { kind: kind.clone(), until, took: Duration::from_secs(*s) };
        seconds.iter().map(took).collect()
    }

    #[test]
    fn what_is_typical_follows_the_time_scale() {
        let expected = |time_scale| expectations(time_scale).of(&SLOW, Until::Ready);
        assert_eq!(expected(TimeScale::WALL), Expected { time: Duration::from_secs(100), learnt: false });
        assert_eq!(expected(TimeScale::times(20.0)).time, Duration::from_secs(5));
        assert_eq!(expectations(TimeScale::times(4.0)).propagation_delay(&SLOW), Some(Duration::from_secs(2)));
        assert_eq!(expectations(TimeScale::WALL).propagation_delay(&QUICK), None);
    }

    #[test]
    fn the_median_of_what_was_seen_counts_more() {
        let mut expectations = expectations(TimeScale::WALL);
        expectations.learn(observed(SLOW, Until::Ready, &[80, 900, 90, 85, 10]));
        assert_eq!(expectations.of(&SLOW, Until::Ready), Expected { time: Duration::from_secs(85), learnt: true });
    }

    #[test]
    fn what_takes_no_longer_than_a_call_is_not_learnt() {
        let mut expectations = expectations(TimeScale::WALL);
        expectations.learn(observed(QUICK, Until::Ready, &[30]));
        assert_eq!(expectations.of(&QUICK, Until::Ready).time, CALL);
        expectations.learn(observed(Kind::new("test.unknown"), Until::Gone, &[30]));
        assert_eq!(expectations.of(&Kind::new("test.unknown"), Until::Gone).time, CALL);
    }
}
