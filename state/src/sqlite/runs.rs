//! Table `runs`: who did what, when, and what came of it.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use super::error::{StateError, TableError};
use super::lock::{self, Lock, Occupancy};
use super::state::State;
use super::{changes, events, journal};
use crate::runs::{Run, RunDetail, RunEnd, RunId, RunNumber, RunOutcome, RunStart, RunStatus};
use crate::who::Who;

impl ToSql for RunNumber {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl FromSql for RunNumber {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<RunNumber> {
        i64::column_result(value).map(RunNumber)
    }
}

impl State {
    /// Begins a run. The lock shows that nobody else is at work; its holder is who the history names.
    pub fn begin_run(&self, lock: &Lock, start: &RunStart<'_>) -> Result<RunId, StateError> {
        self.begin_run_of(&lock.holder().who, start)
    }

    pub(crate) fn begin_run_of(&self, who: &Who, start: &RunStart<'_>) -> Result<RunId, StateError> {
        let Who { user, host, pid } = who;
        let uuid = Uuid::now_v7();
        let number = self.writing(|transaction| {
            let last = "SELECT coalesce(max(number), 0) FROM runs";
            let last: i64 = transaction.query_row(last, [], |row| row.get(0))?;
            let number =
                last.checked_add(1).map(RunNumber).ok_or_else(|| TableError::row("runs", last, "it is the last"))?;
            transaction.execute(
                "INSERT INTO runs (number, uuid, command, version, user, host, pid, began, stack_text, plan)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                params![
                    number,
                    uuid.to_string(),
                    start.command,
                    start.version,
                    user,
                    host,
                    pid,
                    Timestamp::now().to_string(),
                    start.stack_text,
                    start.plan_json,
                ],
            )?;
            journal::forget_before(transaction, number)?;
            events::forget_before(transaction, number)?;
            Ok(number)
        })?;
        Ok(RunId { number, uuid })
    }

    /// Ends a run.
    pub fn end_run(&self, run: RunNumber, end: &RunEnd<'_>) -> Result<(), StateError> {
        let api_calls = i64::try_from(end.api_calls).unwrap_or(i64::MAX);
        self.writing(|transaction| {
            let ended = transaction.execute(
                "UPDATE runs SET ended = ?2, outcome = ?3, report = ?4, api_calls = ?5, seconds = ?6 WHERE number = ?1",
                params![
                    run,
                    Timestamp::now().to_string(),
                    end.outcome.as_str(),
                    end.report_json,
                    api_calls,
                    end.took.as_secs_f64(),
                ],
            )?;
            if ended == 1 { Ok(()) } else { Err(TableError::row("runs", run, "it is missing")) }
        })
    }

    /// Returns the latest runs, the last one first, at most `limit` of them.
    pub fn history(&self, limit: usize) -> Result<Vec<Run>, StateError> {
        let occupancy = self.occupancy();
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.reading(|transaction| select_latest(transaction, limit, &occupancy))
    }

    /// Returns everything that is known of a run; `None` if there is no run of this number.
    pub fn run(&self, number: RunNumber) -> Result<Option<RunDetail>, StateError> {
        let occupancy = self.occupancy();
        self.reading(|transaction| {
            let sql = format!("SELECT {COLUMNS}, stack_text, plan, report FROM runs WHERE number = ?1");
            let mut statement = transaction.prepare(&sql)?;
            let mut rows = statement.query([number])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            Ok(Some(RunDetail {
                run: check(row, &occupancy)?,
                stack_text: row.get(12)?,
                plan_json: row.get(13)?,
                report_json: row.get(14)?,
                changes: changes::select(transaction, number)?,
            }))
        })
    }

    /// Who holds the lock now. If that cannot be found out, nobody is presumed dead.
    pub(crate) fn occupancy(&self) -> Occupancy {
        lock::occupancy(self.path()).unwrap_or(Occupancy::Held(None))
    }
}

pub(crate) fn select_latest(
    connection: &Connection,
    limit: i64,
    occupancy: &Occupancy,
) -> Result<Vec<Run>, TableError> {
    let sql = format!("SELECT {COLUMNS} FROM runs ORDER BY number DESC LIMIT ?1");
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([limit])?;
    let mut runs = Vec::new();
    while let Some(row) = rows.next()? {
        runs.push(check(row, occupancy)?);
    }
    Ok(runs)
}

const COLUMNS: &str = "number, uuid, command, version, user, host, pid, began, ended, outcome, api_calls, seconds";

fn check(row: &Row<'_>, occupancy: &Occupancy) -> Result<Run, TableError> {
    let number: RunNumber = row.get(0)?;
    let broken = |problem: &dyn fmt::Display| TableError::row("runs", number, problem);
    let instant = |text: &str| text.parse::<Timestamp>().map_err(|error| broken(&error));
    let uuid: String = row.get(1)?;
    let who = Who { user: row.get(4)?, host: row.get(5)?, pid: row.get(6)? };
    let began = instant(&row.get::<_, String>(7)?)?;
    let ended: Option<String> = row.get(8)?;
    let outcome: Option<String> = row.get(9)?;
    let api_calls: Option<i64> = row.get(10)?;
    let seconds: Option<f64> = row.get(11)?;
    let status = match outcome {
        Some(word) => RunOutcome::ALL
            .into_iter()
            .find(|known| known.as_str() == word)
            .map(RunStatus::Ended)
            .ok_or_else(|| broken(&"its outcome is unknown"))?,
        None if is_at_work(&who, began, occupancy) => RunStatus::Running,
        None => RunStatus::Crashed,
    };
    Ok(Run {
        id: RunId { number, uuid: uuid.parse().map_err(|error: uuid::Error| broken(&error))? },
        command: row.get(2)?,
        version: row.get(3)?,
        who,
        began,
        ended: ended.as_deref().map(instant).transpose()?,
        status,
        api_calls: api_calls.map(u64::try_from).transpose().map_err(|error| broken(&error))?,
        took: seconds.map(Duration::try_from_secs_f64).transpose().map_err(|error| broken(&error))?,
    })
}

/// A run goes on as long as its process holds the lock; asking for the process id instead would mistake a later
/// process of the same number for it. For the same reason the lock must be older than the run: in a container every
/// landfall is process 1.
fn is_at_work(who: &Who, began: Timestamp, occupancy: &Occupancy) -> bool {
    match occupancy {
        Occupancy::Free => false,
        Occupancy::Held(None) => true,
        Occupancy::Held(Some(holder)) => holder.who == *who && holder.since <= began,
    }
}
