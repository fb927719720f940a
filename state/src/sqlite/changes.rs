//! Table `changes`: what a run did with each resource.

use landfall_engine::address::Address;
use rusqlite::{Connection, params};

use super::error::{StateError, TableError};
use super::state::State;
use crate::changes::{ChangeStatus, RunChange};
use crate::runs::RunNumber;

impl State {
    /// Adds changes to the history of a run, after those that it has.
    pub fn record_changes(&self, run: RunNumber, changes: &[RunChange]) -> Result<(), StateError> {
        self.writing(|transaction| {
            let last = "SELECT coalesce(max(position), 0) FROM changes WHERE run = ?1";
            let mut position: i64 = transaction.query_row(last, [run], |row| row.get(0))?;
            let mut statement = transaction.prepare_cached(
                "INSERT INTO changes (run, position, address, action, status, error) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            for RunChange { address, action, status, error } in changes {
                let full = || TableError::row("changes", run, "no position is left");
                position = position.checked_add(1).ok_or_else(full)?;
                statement.execute(params![run, position, address.as_str(), action, status.as_str(), error])?;
            }
            Ok(())
        })
    }
}

pub(crate) fn select(connection: &Connection, run: RunNumber) -> Result<Vec<RunChange>, TableError> {
    let sql = "SELECT address, action, status, error FROM changes WHERE run = ?1 ORDER BY position";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([run])?;
    let mut changes = Vec::new();
    while let Some(row) = rows.next()? {
        let (address, status): (String, String) = (row.get(0)?, row.get(2)?);
        let broken = |problem: &str| TableError::row("changes", format!("{run} {address}"), problem);
        changes.push(RunChange {
            address: Address::new(address.as_str()).map_err(|error| broken(&error.to_string()))?,
            action: row.get(1)?,
            status: ChangeStatus::ALL
                .into_iter()
                .find(|known| known.as_str() == status)
                .ok_or_else(|| broken("its status is unknown"))?,
            error: row.get(3)?,
        });
    }
    Ok(changes)
}
