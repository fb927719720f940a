//! Table `lease`: the epoch under which the state is written.

use rusqlite::{Connection, OptionalExtension};

use super::error::TableError;

/// A number that grows whenever the state is opened for writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Epoch(i64);

impl Epoch {
    /// That of a state which nobody has opened yet.
    pub(crate) const NONE: Epoch = Epoch(0);

    /// Begins the next epoch. If the state must be in a certain one and is not, somebody else was faster.
    pub(crate) fn begin(connection: &Connection, expected: Option<Epoch>) -> Result<Epoch, TableError> {
        let current = select(connection)?;
        if expected.is_some_and(|expected| expected != current) {
            return Err(TableError::Fenced);
        }
        let full = || TableError::row("lease", 1, "its epoch is the last");
        let next = current.0.checked_add(1).ok_or_else(full)?;
        connection.execute("UPDATE lease SET epoch = ?1", [next])?;
        Ok(Epoch(next))
    }

    /// Refuses to write under an epoch that is over.
    pub(crate) fn check(self, connection: &Connection) -> Result<(), TableError> {
        if select(connection)? == self { Ok(()) } else { Err(TableError::Fenced) }
    }
}

fn select(connection: &Connection) -> Result<Epoch, TableError> {
    let epoch: Option<i64> =
        connection.prepare_cached("SELECT epoch FROM lease")?.query_row([], |row| row.get(0)).optional()?;
    epoch.map(Epoch).ok_or_else(|| TableError::row("lease", 1, "it is missing"))
}
