//! Table `events`: what was told while a run went on.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::error::TableError;
use crate::events::{EventsByRun, StoredEvent};
use crate::retention::{EVENT_RUNS_KEPT, EVENTS_KEPT};
use crate::runs::RunNumber;

/// Writes events, and drops what is too old. A part of a transaction whose failure leaves the rest of it alone.
pub(crate) fn insert_apart(connection: &Connection, events: &EventsByRun) -> Result<(), TableError> {
    if events.is_empty() {
        return Ok(());
    }
    connection.execute_batch("SAVEPOINT events")?;
    let inserted = insert(connection, events);
    if inserted.is_err() && !connection.is_autocommit() {
        connection.execute_batch("ROLLBACK TO events")?;
    }
    if !connection.is_autocommit() {
        connection.execute_batch("RELEASE events")?;
    }
    inserted
}

fn insert(connection: &Connection, events: &EventsByRun) -> Result<(), TableError> {
    let sql = "INSERT OR REPLACE INTO events (run, seq, time, event) VALUES (?1, ?2, ?3, ?4)";
    let mut statement = connection.prepare_cached(sql)?;
    let mut exists = connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM runs WHERE number = ?1)")?;
    let mut rest = events.iter().peekable();
    while let Some(((run, _), _)) = rest.peek() {
        let run = *run;
        let is_known: bool = exists.query_row([run], |row| row.get(0))?;
        while let Some((_, event)) = rest.next_if(|((of, _), _)| *of == run) {
            // What belongs to no run would never be asked for, nor dropped.
            if is_known {
                let StoredEvent { seq, time, event } = event;
                statement.execute(params![run, number(*seq), time.to_string(), event.to_string()])?;
            }
        }
        bound(connection, run)?;
    }
    Ok(())
}

/// Those events of a run go whose numbers are not among the last [`EVENTS_KEPT`]. Asked by number and not by count, this
/// costs a write no more in a run with many events than in one with few.
fn bound(connection: &Connection, run: RunNumber) -> Result<(), TableError> {
    let sql = "DELETE FROM events WHERE run = ?1 AND seq <= (SELECT max(seq) FROM events WHERE run = ?1) - ?2";
    connection.prepare_cached(sql)?.execute(params![run, EVENTS_KEPT as i64])?;
    Ok(())
}

/// Drops the events of runs that ended long before this one.
pub(crate) fn forget_before(connection: &Connection, run: RunNumber) -> Result<(), TableError> {
    connection.execute("DELETE FROM events WHERE run <= ?1", [run.0 - EVENT_RUNS_KEPT])?;
    Ok(())
}

pub(crate) fn select(
    connection: &Connection,
    run: RunNumber,
    after: u64,
    limit: usize,
) -> Result<Vec<StoredEvent>, TableError> {
    let sql = "SELECT seq, time, event FROM events WHERE run = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![run, number(after), limit])?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        let (seq, time, event): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let broken = |problem: &dyn std::fmt::Display| TableError::row("events", format!("{run}/{seq}"), problem);
        events.push(StoredEvent {
            seq: u64::try_from(seq).map_err(|error| broken(&error))?,
            time: time.parse::<Timestamp>().map_err(|error| broken(&error))?,
            event: serde_json::from_str(&event).map_err(|error| broken(&error))?,
        });
    }
    Ok(events)
}

/// SQLite's integers end earlier; no run has so many events.
fn number(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}
