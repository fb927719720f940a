//! Rate shaping: calls go out no faster than AWS takes them.
//!
//! AWS meters each action by a token bucket ("Request throttling for the Amazon EC2 API") and refuses what finds it
//! empty. Here the same buckets are kept on this side, one set for a connection, shared by all its tasks:
//!
//! - `sizes` says which bucket pays for a call, and what is documented of it;
//! - `bucket` is one bucket, with its queue, and what a refusal does to it;
//! - `limiter` hooks into the SDK: every attempt of every call waits there for its turn, and an attempt that AWS refused
//!   for its rate is made again;
//! - `instances` are the two buckets that pay for instances. Waiting for them takes minutes, so the engine asks before
//!   it notes its intent, and not the SDK after.

mod allowance;
mod bucket;
mod instances;
mod limiter;
mod sizes;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use landfall_engine::time_scale::TimeScale;
use tokio::time::Instant;

use bucket::{Bucket, Size};
use instances::Instances;
use sizes::{LAUNCHES, TERMINATIONS};

pub(crate) use allowance::allowances;
pub(crate) use instances::{Effect, Metered, QueuePlaces};
pub(crate) use limiter::RateLimiter;

/// The buckets of a connection. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct RateLimits(Arc<Mutex<Buckets>>);

#[derive(Debug)]
struct Buckets {
    time_scale: TimeScale,
    requests: BTreeMap<String, Bucket>,
    launches: Instances,
    terminations: Instances,
}

impl Buckets {
    fn full(time_scale: TimeScale) -> Buckets {
        let now = Instant::now();
        Buckets {
            time_scale,
            requests: BTreeMap::new(),
            launches: Instances::new(LAUNCHES, time_scale, now),
            terminations: Instances::new(TERMINATIONS, time_scale, now),
        }
    }
}

impl Default for RateLimits {
    fn default() -> RateLimits {
        RateLimits(Arc::new(Mutex::new(Buckets::full(TimeScale::default()))))
    }
}

impl RateLimits {
    /// Begins anew, with full buckets, once it is known how fast time goes in the account.
    pub(crate) fn keep_time(&self, time_scale: TimeScale) {
        *self.lock() = Buckets::full(time_scale);
    }

    fn time_scale(&self) -> TimeScale {
        self.lock().time_scale
    }

    fn lock(&self) -> MutexGuard<'_, Buckets> {
        // Numbers are whole whoever panicked beside them.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with the bucket that pays for a request.
    fn request<T>(&self, name: &str, size: Size, now: Instant, with: impl FnOnce(&mut Bucket) -> T) -> T {
        let mut buckets = self.lock();
        match buckets.requests.get_mut(name) {
            Some(bucket) => with(bucket),
            None => {
                let fresh = Bucket::new(size, buckets.time_scale, now);
                with(buckets.requests.entry(name.to_owned()).or_insert(fresh))
            }
        }
    }
}
