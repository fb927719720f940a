//! Work that blocks on the disk, off the threads of the asynchronous runtime.

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::JoinError;

/// Works on a thread that may block. Work that has begun is finished, even if nobody waits for it any more. A runtime of
/// one thread does one thing after the other, so that a run in it can be repeated exactly; there the work is done at once.
///
/// # Errors
/// If the work panicked, or the runtime ends before the work begins.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, JoinError> {
    if Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread {
        return Ok(work());
    }
    tokio::task::spawn_blocking(work).await
}
