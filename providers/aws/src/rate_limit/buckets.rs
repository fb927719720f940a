//! The buckets of a connection.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use landfall_engine::time_scale::TimeScale;
use tokio::time::Instant;

use super::bucket::{Bucket, Size};
use super::instances::Instances;
use super::sizes::{LAUNCHES, TERMINATIONS};

/// The buckets of a connection. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct RateLimits(Arc<Mutex<Buckets>>);

#[derive(Debug)]
pub(super) struct Buckets {
    time_scale: TimeScale,
    requests: BTreeMap<String, Bucket>,
    pub(super) launches: Instances,
    pub(super) terminations: Instances,
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

    pub(super) fn time_scale(&self) -> TimeScale {
        self.lock().time_scale
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Buckets> {
        // Numbers are whole whoever panicked beside them.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with the bucket that pays for a request.
    pub(super) fn request<T>(&self, name: &str, size: Size, now: Instant, with: impl FnOnce(&mut Bucket) -> T) -> T {
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
