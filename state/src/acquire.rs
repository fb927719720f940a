//! Waiting for a lease that somebody else holds.

use std::time::Duration;

use tokio::time::Instant;

use crate::lease::LeaseRequest;
use crate::store::Store;
use crate::store_error::AcquireError;

/// How often a lease is asked for that somebody else holds.
const PAUSE: Duration = Duration::from_millis(250);

/// Takes the lease of a state. Asks again until it is free or the time is up; `waiting` is told once, before the first
/// pause, who holds it.
///
/// # Errors
/// [`AcquireError::Held`] if it is still held when the time is up; [`AcquireError::Unusable`] at once.
pub async fn acquire_within<S: Store>(
    store: &S,
    request: &LeaseRequest,
    timeout: Duration,
    waiting: impl FnOnce(&AcquireError) + Send,
) -> Result<S::Writer, AcquireError> {
    let (asked_at, mut waiting) = (Instant::now(), Some(waiting));
    loop {
        match store.acquire(request).await {
            Err(held @ AcquireError::Held { .. }) if asked_at.elapsed() < timeout => {
                if let Some(waiting) = waiting.take() {
                    waiting(&held);
                }
                tokio::time::sleep(PAUSE).await;
            }
            acquired => return acquired,
        }
    }
}
