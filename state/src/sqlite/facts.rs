//! Table `facts`: what compiling had to know of the account, chosen once so that plans do not move by themselves.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::checksum::Checksum;
use super::error::{StateError, TableError};
use super::state::State;

impl State {
    /// Returns the facts, as the provider wrote them; `None` if none are remembered.
    pub fn facts(&self) -> Result<Option<Value>, StateError> {
        self.reading(|transaction| select(transaction))
    }

    /// Remembers the facts in place of those known so far.
    pub fn record_facts(&self, facts: &Value) -> Result<(), StateError> {
        let document = facts.to_string();
        self.writing(|transaction| {
            transaction.execute(
                "INSERT OR REPLACE INTO facts (only_row, document, recorded, checksum) VALUES (1, ?1, ?2, ?3)",
                params![document, Timestamp::now().to_string(), checksum(&document)],
            )?;
            Ok(())
        })
    }
}

pub(crate) fn forget(connection: &Connection) -> Result<(), TableError> {
    connection.execute("DELETE FROM facts", [])?;
    Ok(())
}

pub(crate) fn select(connection: &Connection) -> Result<Option<Value>, TableError> {
    let row: Option<(String, i64)> = connection
        .query_row("SELECT document, checksum FROM facts", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((document, sealed)) = row else { return Ok(None) };
    if checksum(&document) != sealed {
        return Err(TableError::row("facts", 1, "its checksum does not fit"));
    }
    serde_json::from_str(&document).map(Some).map_err(|error| TableError::row("facts", 1, error))
}

fn checksum(document: &str) -> i64 {
    Checksum::new().text(document).value()
}
