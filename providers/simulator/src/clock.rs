//! The simulated clock.

use std::time::Duration;

use tokio::time::Instant;

use crate::http::HttpResponse;
use crate::world::Millis;

/// The header in which a region says how many of its seconds pass while one passes here. Clients that know it wait for
/// less; all others do not look at it.
const TIME_SCALE_HEADER: &str = "x-landfall-time-scale";

/// Turns the time that passes here into time of the region. It goes by tokio's clock, so it stands still and jumps where
/// a test pauses that one.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    began: Instant,
    base: Millis,
    speed: f64,
}

impl Clock {
    /// Starts a clock that reads `base`, in milliseconds since 1970, and runs so many times as fast as the real one.
    pub fn start(base: u64, speed: f64) -> Clock {
        let speed = if speed.is_finite() && speed > 0.0 { speed } else { 1.0 };
        Clock { began: Instant::now(), base, speed }
    }

    /// Returns the simulated time, in milliseconds since 1970.
    pub fn now(&self) -> u64 {
        let passed = self.began.elapsed().as_secs_f64() * 1000.0 * self.speed;
        self.base.saturating_add(passed as u64)
    }

    /// Says in an answer how fast this clock runs, where that is not as on the wall.
    pub(crate) fn announce(&self, response: &mut HttpResponse) {
        if self.speed != 1.0 {
            response.headers.push((TIME_SCALE_HEADER.to_owned(), self.speed.to_string()));
        }
    }

    /// Returns how long so many simulated milliseconds take here.
    pub fn here(&self, simulated_ms: u64) -> Duration {
        // Beyond a year it makes no difference.
        Duration::from_secs_f64((simulated_ms as f64 / 1000.0 / self.speed).min(3.2e7))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_follows_a_paused_clock_at_its_speed() {
        let clock = Clock::start(1_000, 20.0);
        assert_eq!(clock.now(), 1_000);
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(clock.now(), 101_000);
        assert_eq!(clock.here(100_000), Duration::from_secs(5));
    }

    #[test]
    fn only_a_clock_of_another_speed_is_announced() {
        let announced = |speed| {
            let mut response = HttpResponse { status: 200, headers: vec![], body: vec![] };
            Clock::start(0, speed).announce(&mut response);
            response.headers.into_iter().map(|(_, value)| value).collect::<Vec<_>>()
        };
        assert_eq!(announced(20.0), ["20"]);
        assert_eq!(announced(1.0), Vec::<String>::new());
    }
}
