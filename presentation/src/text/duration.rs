//! How long things take, and when they were, for people.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Returns a measured time: `0.4 s`, `43 s`, `2 min 5 s`, `1 h 3 min`.
pub fn elapsed(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 if time.as_millis() < 100 => format!("{} ms", time.as_millis()),
        0..10 => format!("{:.1} s", time.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// Returns an expected time, no more precise than it is: `a few seconds`, `about 40 s`, `about 2 min 50 s`.
pub fn expected(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..5 => "a few seconds".to_owned(),
        5..60 => format!("about {} s", seconds.next_multiple_of(5)),
        60..600 => {
            let rounded = seconds.next_multiple_of(10);
            match rounded % 60 {
                0 => format!("about {} min", rounded / 60),
                rest => format!("about {} min {rest} s", rounded / 60),
            }
        }
        _ => format!("about {} min", seconds.div_ceil(60)),
    }
}

/// Returns a moment as people here write it: `24 Nov 10:02`, with the year if it is not this one.
pub fn moment(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (at, now) = (at.to_zoned_datetime(zone.clone()), now.to_zoned_datetime(zone.clone()));
    let format = if at.year() == now.year() { "%-d %b %H:%M" } else { "%-d %b %Y %H:%M" };
    at.strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        let shown = |ms| (elapsed(Duration::from_millis(ms)), expected(Duration::from_millis(ms)));
        assert_eq!(shown(44), ("44 ms".into(), "a few seconds".into()));
        assert_eq!(shown(440), ("0.4 s".into(), "a few seconds".into()));
        assert_eq!(shown(43_210), ("43 s".into(), "about 45 s".into()));
        assert_eq!(shown(165_000), ("2 min 45 s".into(), "about 2 min 50 s".into()));
        assert_eq!(shown(3_780_000), ("1 h 3 min".into(), "about 63 min".into()));
    }

    #[test]
    fn a_moment_of_another_year_has_its_year() {
        let at: Timestamp = "2026-11-24T10:02:33Z".parse().expect("a timestamp");
        let later: Timestamp = "2027-01-02T00:00:00Z".parse().expect("a timestamp");
        assert_eq!(moment(at, at, &TimeZone::UTC), "24 Nov 10:02");
        assert_eq!(moment(at, later, &TimeZone::UTC), "24 Nov 2026 10:02");
    }
}
