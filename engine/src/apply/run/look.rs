//! When to look whether something has come to its end: seldom before it is likely, and then so often that little time is
//! lost.

use std::time::Duration;

use crate::expectation::Expected;

/// Shortest pause, and the first look. Peers poll every 10 to 15 s and so wait longer than the cloud makes them.
const FIRST: Duration = Duration::from_millis(400);
/// Shortest pause in an account where things take less than that.
const SHORTEST: Duration = Duration::from_millis(40);
/// Longest pause once the end is likely.
const LONGEST: Duration = Duration::from_secs(10);

/// Returns the pause until the next look at something that has taken so long.
///
/// What is known of a kind is what is typical on AWS; an account may be a fast imitation. So the first looks come early,
/// each at five times the age of the one before, and end where the end is likely: at seven tenths of the expected time.
/// From there on each look comes when the age has grown by 15 percent, so that hardly more is lost than that. What this
/// account has shown is trusted: then there are no early looks.
pub(super) fn pause(age: Duration, expected: Expected) -> Duration {
    let likely = expected.time.mul_f64(0.7);
    let shortest = (expected.time / 4).clamp(SHORTEST, FIRST);
    if age >= likely {
        return age.mul_f64(0.15).clamp(shortest, LONGEST);
    }
    let early = FIRST.max(age * 5);
    let next = if expected.learnt || early * 2 >= likely { likely } else { early };
    (next - age).max(shortest)
}

/// Returns how many looks it takes until something is seen to have come to its end, if it takes as long as is expected.
pub(crate) fn looks(expected: Expected) -> usize {
    let (mut age, mut looks) = (Duration::ZERO, 0);
    while age < expected.time {
        age += pause(age, expected);
        looks += 1;
    }
    looks
}

/// Returns the pause until a call is repeated that was refused because something of such an age is not known everywhere
/// yet. A refusal costs more than a look (launches have a small bucket), so there are no early tries and fewer late ones.
pub(super) fn pause_until_known(age: Duration, propagation_delay: Duration) -> Duration {
    let likely = propagation_delay.mul_f64(0.7);
    let shortest = (propagation_delay / 4).clamp(SHORTEST, FIRST);
    if age < likely { (likely - age).max(shortest) } else { age.mul_f64(0.25).clamp(shortest, LONGEST) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ages(expected_s: f64, learnt: bool, until_s: f64) -> Vec<f64> {
        let expected = Expected { time: Duration::from_secs_f64(expected_s), learnt };
        let mut age = Duration::ZERO;
        let mut all = Vec::new();
        while age.as_secs_f64() < until_s {
            age += pause(age, expected);
            all.push((age.as_secs_f64() * 10.0).round() / 10.0);
        }
        all
    }

    #[test]
    fn looks_gather_where_the_end_is_likely() {
        assert_eq!(ages(105.0, false, 105.0), [0.4, 2.0, 10.0, 73.5, 83.5, 93.5, 103.5, 113.5]);
        assert_eq!(ages(105.0, true, 105.0), [73.5, 83.5, 93.5, 103.5, 113.5]);
        assert_eq!(ages(25.0, false, 25.0), [0.4, 2.0, 17.5, 20.1, 23.1, 26.6]);
    }

    #[test]
    fn as_many_looks_are_foretold_as_it_takes() {
        let expected = |seconds, learnt| Expected { time: Duration::from_secs(seconds), learnt };
        assert_eq!((looks(expected(105, false)), looks(expected(105, true)), looks(expected(25, false))), (8, 5, 6));
    }

    #[test]
    fn a_refused_call_is_repeated_when_the_rest_is_likely_to_be_known() {
        let mut age = Duration::from_millis(300);
        let tries: Vec<f64> = std::iter::repeat_with(|| {
            age += pause_until_known(age, Duration::from_secs(8));
            (age.as_secs_f64() * 10.0).round() / 10.0
        })
        .take(4)
        .collect();
        assert_eq!(tries, [5.6, 7.0, 8.8, 10.9]);
    }

    #[test]
    fn where_things_take_no_time_looks_follow_each_other() {
        assert_eq!(ages(0.1, false, 0.2).len(), 5);
    }

    #[test]
    fn what_comes_sooner_or_later_than_expected_is_seen_soon_enough() {
        assert_eq!(ages(105.0, false, 3.0), [0.4, 2.0, 10.0]);
        assert_eq!(ages(1.6, false, 4.0), [0.4, 1.1, 1.5, 1.9, 2.3, 2.7, 3.1, 3.6, 4.1]);
        let late = ages(5.0, false, 100.0);
        assert!(late.windows(2).all(|pair| pair[1] - pair[0] <= 10.1), "{late:?}");
    }
}
