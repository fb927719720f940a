//! Times of the simulated clock.

/// Milliseconds since 1970, of the simulated clock.
pub(crate) type Millis = u64;

/// A day.
pub(crate) const DAY: Millis = 86_400_000;

/// Returns a time in the form of EC2's and IAM's answers.
pub(crate) fn iso(at: Millis) -> String {
    let at = jiff::Timestamp::from_millisecond(i64::try_from(at).unwrap_or(i64::MAX)).unwrap_or_default();
    at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}
