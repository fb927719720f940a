//! Death at a crash point, for tests: the process ends in the middle of the n-th commit of a state, or right after it.

use std::sync::atomic::{AtomicUsize, Ordering};

use rusqlite::Connection;

use super::error::TableError;
use crate::crash_point::CrashPoint;

/// The variable that names the crash point of this process.
pub(crate) const CRASH_POINT: &str = "LANDFALL_STATE_TEST_CRASH_POINT";

/// Counted over all connections of the process.
static COMMITS: AtomicUsize = AtomicUsize::new(0);

/// Makes this connection deadly, in a process that is to die.
pub(crate) fn prepare(connection: &mut Connection) -> Result<(), TableError> {
    let Ok(text) = std::env::var(CRASH_POINT) else { return Ok(()) };
    let point = text.parse::<CrashPoint>().expect("a crash point");
    // Everything of the transaction has been carried out, and nothing of it is in the log.
    connection.commit_hook(Some(move || {
        let commit = COMMITS.fetch_add(1, Ordering::SeqCst);
        if point == CrashPoint::Before(commit) {
            std::process::abort();
        }
        false
    }))?;
    connection.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, _| {
        if COMMITS.load(Ordering::SeqCst).checked_sub(1).map(CrashPoint::After) == Some(point) {
            std::process::abort();
        }
        Ok(())
    }))?;
    Ok(())
}
