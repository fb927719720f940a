//! How long things take: what the schemas call typical, in the account's own tempo, until the history of runs knows better.
//!
//! Expected times steer what starts first, when to look, and what a plan says of its time. None of them decides whether
//! something is ready: only a look does.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::kind::{Kind, Schemas};
use crate::provider::Until;
use crate::tempo::Tempo;

/// How long creations and deletions are expected to take on the wall, by kind.
#[derive(Debug, Clone, Default)]
pub struct Expectations {
    times: BTreeMap<(Kind, Until), Expected>,
    known_after: BTreeMap<Kind, Duration>,
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
    /// Returns what the schemas call typical, in an account of this tempo.
    pub fn typical(schemas: &Schemas, tempo: Tempo) -> Expectations {
        let both = |schema: &crate::kind::Schema| {
            [(Until::Ready, schema.creation_time), (Until::Gone, schema.deletion_time)].map(|(until, typical)| {
                let expected = Expected { time: tempo.on_the_wall(typical), learnt: false };
                ((schema.kind.clone(), until), expected)
            })
        };
        let known_after = |schema: &crate::kind::Schema| (schema.kind.clone(), tempo.on_the_wall(schema.known_after));
        Expectations {
            times: schemas.iter().flat_map(both).collect(),
            known_after: schemas.iter().filter(|schema| !schema.known_after.is_zero()).map(known_after).collect(),
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
    pub fn known_after(&self, kind: &Kind) -> Option<Duration> {
        self.known_after.get(kind).copied()
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

    fn expectations(tempo: Tempo) -> Expectations {
        let mut slow = Schema::new("test.slow", &[]);
        slow.creation_time = Duration::from_secs(100);
        slow.known_after = Duration::from_secs(8);
        Expectations::typical(&[slow, Schema::new("test.quick", &[])].into_iter().collect(), tempo)
    }

    fn observed(kind: Kind, until: Until, seconds: &[u64]) -> Vec<Observation> {
        let took = |s: &u64| Observation { kind: kind.clone(), until, took: Duration::from_secs(*s) };
        seconds.iter().map(took).collect()
    }

    #[test]
    fn what_is_typical_follows_the_tempo() {
        let expected = |tempo| expectations(tempo).of(&SLOW, Until::Ready);
        assert_eq!(expected(Tempo::WALL), Expected { time: Duration::from_secs(100), learnt: false });
        assert_eq!(expected(Tempo::times(20.0)).time, Duration::from_secs(5));
        assert_eq!(expectations(Tempo::times(4.0)).known_after(&SLOW), Some(Duration::from_secs(2)));
        assert_eq!(expectations(Tempo::WALL).known_after(&QUICK), None);
    }

    #[test]
    fn the_median_of_what_was_seen_counts_more() {
        let mut expectations = expectations(Tempo::WALL);
        expectations.learn(observed(SLOW, Until::Ready, &[80, 900, 90, 85, 10]));
        assert_eq!(expectations.of(&SLOW, Until::Ready), Expected { time: Duration::from_secs(85), learnt: true });
    }

    #[test]
    fn what_takes_no_longer_than_a_call_is_not_learnt() {
        let mut expectations = expectations(Tempo::WALL);
        expectations.learn(observed(QUICK, Until::Ready, &[30]));
        assert_eq!(expectations.of(&QUICK, Until::Ready).time, CALL);
        expectations.learn(observed(Kind::new("test.unknown"), Until::Gone, &[30]));
        assert_eq!(expectations.of(&Kind::new("test.unknown"), Until::Gone).time, CALL);
    }
}
