//! The layout of the file: its versions, and whether a file has it.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::error::TableError;
use super::migration_2;

/// The numbered layouts, forward only. The version of a file is how many of them it has been through.
const MIGRATIONS: &[Migration] = &[
    Migration { sql: include_str!("migrations/0001.sql"), rows: None },
    Migration { sql: include_str!("migrations/0002.sql"), rows: Some(migration_2::move_rows) },
    Migration { sql: include_str!("migrations/0003.sql"), rows: None },
];

/// The way from one version to the next.
struct Migration {
    /// What becomes of the tables.
    sql: &'static str,
    /// What becomes of the rows afterwards, where SQL cannot say it.
    rows: Option<MoveRows>,
}

type MoveRows = fn(&Connection) -> Result<(), TableError>;

/// `LNDF`: tells our files from other programs' (<https://sqlite.org/pragma.html#pragma_application_id>).
const APPLICATION_ID: i32 = 0x4c4e_4446;

/// The newest version that this program knows.
pub(crate) const KNOWN: i64 = MIGRATIONS.len() as i64;

/// What a file turns out to be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// Nothing was ever written to it.
    Blank,
    /// Another program made it.
    Foreign {
        /// What that program calls itself; 0 if it does not.
        application_id: i32,
    },
    /// A newer landfall wrote it.
    Newer {
        /// The version.
        found: i64,
    },
    /// It is sound, and must be migrated first.
    Older {
        /// The version.
        found: i64,
    },
    /// It is sound.
    Current,
}

/// Finds out what a file is, and whether it is sound, without writing to it.
///
/// All of it is read, at about 1 ms for each 2 MB: that is what stands between a damaged file and a plan.
pub(crate) fn examine(connection: &Connection) -> Result<FileKind, TableError> {
    let application_id: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let found = version(connection)?;
    let objects: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application_id == 0 && found == 0 && objects == 0 {
        return Ok(FileKind::Blank);
    }
    if application_id != APPLICATION_ID {
        return Ok(FileKind::Foreign { application_id });
    }
    if found > KNOWN {
        return Ok(FileKind::Newer { found });
    }
    check_structure(connection)?;
    check_layout(connection, found)?;
    if found < KNOWN { Ok(FileKind::Older { found }) } else { Ok(FileKind::Current) }
}

/// Brings a file to the newest version, in one transaction. `finish` is part of it.
pub(crate) fn migrate<T>(
    connection: &mut Connection,
    finish: impl FnOnce(&Transaction<'_>) -> Result<T, TableError>,
) -> Result<T, TableError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Asked again, for only from here on nobody else writes.
    let found = version(&transaction)?;
    if found < KNOWN {
        lay_out(&transaction, found, KNOWN)?;
    }
    let finished = finish(&transaction)?;
    transaction.commit()?;
    Ok(finished)
}

fn version(connection: &Connection) -> Result<i64, TableError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

fn lay_out(connection: &Connection, from: i64, to: i64) -> Result<(), TableError> {
    for (version, migration) in (1..=to).zip(MIGRATIONS) {
        if version > from {
            connection.execute_batch(migration.sql)?;
            migration.rows.map_or(Ok(()), |move_rows| move_rows(connection))?;
        }
    }
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", to)?;
    Ok(())
}

fn check_structure(connection: &Connection) -> Result<(), TableError> {
    let mut statement = connection.prepare("PRAGMA quick_check(5)")?;
    let lines = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    if lines == ["ok"] { Ok(()) } else { Err(TableError::Row(lines.join("; "))) }
}

/// A file of a version must have that version's tables, to the letter: a decayed constraint holds nothing off.
fn check_layout(connection: &Connection, version: i64) -> Result<(), TableError> {
    if version < 1 {
        return Err(TableError::Row(format!("it says that it has version {version}")));
    }
    let model = Connection::open_in_memory()?;
    lay_out(&model, 0, version)?;
    let present = tables(connection)?;
    for table in tables(&model)? {
        if !present.contains(&table) {
            return Err(TableError::Row(format!("table {} is missing or is not as landfall makes it", table.0)));
        }
    }
    Ok(())
}

/// The tables with the statements that made them.
fn tables(connection: &Connection) -> Result<Vec<(String, String)>, TableError> {
    let mut statement = connection.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'table' ORDER BY name")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_migrations_make_a_sound_file() {
        let mut connection = Connection::open_in_memory().expect("memory");
        assert_eq!(examine(&connection).expect("readable"), FileKind::Blank);
        migrate(&mut connection, |_| Ok(())).expect("migrated");
        assert_eq!(examine(&connection).expect("readable"), FileKind::Current);
        migrate(&mut connection, |_| Ok(())).expect("nothing left to do");
    }

    #[test]
    fn a_migration_is_done_whole_or_not_at_all() {
        let mut connection = Connection::open_in_memory().expect("memory");
        let failed =
            migrate(&mut connection, |_| -> Result<(), _> { Err(TableError::Row("the last moment".to_owned())) });
        assert!(failed.is_err());
        assert_eq!(examine(&connection).expect("readable"), FileKind::Blank);
    }

    #[test]
    fn a_missing_table_is_found() {
        let mut connection = Connection::open_in_memory().expect("memory");
        migrate(&mut connection, |transaction| Ok(transaction.execute_batch("DROP TABLE facts")?)).expect("migrated");
        let Err(TableError::Row(detail)) = examine(&connection) else { panic!("the loss went unnoticed") };
        assert!(detail.contains("table facts"), "{detail}");
    }

    #[test]
    fn a_file_of_a_future_version_is_not_judged() {
        let mut connection = Connection::open_in_memory().expect("memory");
        let future = "DROP TABLE facts; PRAGMA user_version = 99;";
        migrate(&mut connection, |transaction| Ok(transaction.execute_batch(future)?)).expect("migrated");
        assert_eq!(examine(&connection).expect("readable"), FileKind::Newer { found: 99 });
    }
}
