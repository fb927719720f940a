//! Waiting with an end to it.

use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

const STEP: Duration = Duration::from_millis(5);

/// Asks until there is an answer; `None` when the time is up.
pub(crate) fn until<T>(limit: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + limit;
    loop {
        if let Some(answer) = ask() {
            return Some(answer);
        }
        if Instant::now() >= end {
            return None;
        }
        std::thread::sleep(STEP);
    }
}

/// The child's end, if it comes in time.
pub(crate) fn for_end(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    until(limit, || child.try_wait().expect("a child of this process can be waited for"))
}

/// Ends a child of our own, by its handle, and leaves no zombie. One that has ended already is as good.
pub(crate) fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}
