//! How fast time goes in an account: as on the wall on AWS, faster in a simulated one.
//!
//! What a cloud documents (how long a gateway takes, how fast a bucket refills) is in the account's own time. What is
//! slept for and measured here is the wall's. This type is the one place where the two are converted.

use std::time::Duration;

/// How many seconds pass in an account while one passes on the wall.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimeScale(f64);

impl TimeScale {
    /// As on the wall: the time scale of every real account.
    pub const WALL: TimeScale = TimeScale(1.0);

    /// Returns the time scale of an account whose time goes `speed` times as fast as on the wall. A speed that is no positive
    /// number is the wall's, as it is for the simulated region's clock.
    pub fn times(speed: f64) -> TimeScale {
        if speed.is_finite() && speed > 0.0 { TimeScale(speed) } else { TimeScale::WALL }
    }

    /// Returns how many seconds pass in the account while one passes on the wall.
    pub fn speed(self) -> f64 {
        self.0
    }

    /// Returns how long on the wall a time takes that passes in the account.
    pub fn on_the_wall(self, in_the_account: Duration) -> Duration {
        Duration::try_from_secs_f64(in_the_account.as_secs_f64() / self.0).unwrap_or(Duration::MAX)
    }

    /// Returns how often in a second on the wall something happens that happens so often in a second of the account.
    pub fn a_second_on_the_wall(self, a_second_in_the_account: f64) -> f64 {
        a_second_in_the_account * self.0
    }
}

impl Default for TimeScale {
    fn default() -> TimeScale {
        TimeScale::WALL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_shrink_and_rates_grow_with_the_speed() {
        let time_scale = TimeScale::times(20.0);
        assert_eq!(time_scale.on_the_wall(Duration::from_secs(100)), Duration::from_secs(5));
        assert_eq!(time_scale.a_second_on_the_wall(0.3), 6.0);
        assert_eq!(TimeScale::WALL.on_the_wall(Duration::from_secs(7)), Duration::from_secs(7));
    }

    #[test]
    fn what_is_no_speed_is_the_walls() {
        for speed in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(TimeScale::times(speed), TimeScale::WALL, "{speed}");
        }
    }
}
