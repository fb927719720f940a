//! Table `identity`: whose state this is.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::checksum::Checksum;
use super::error::{StateError, TableError};
use super::open_error::OpenError;
use super::state::State;
use super::{facts, journal, resources};
use crate::identity::Identity;

impl State {
    /// Returns what the state belongs to; `None` until it is bound.
    pub fn identity(&self) -> Result<Option<Identity>, StateError> {
        self.reading(|transaction| Ok(select(transaction)?.identity))
    }

    /// Returns the id that the state got when it was made, a UUID. It never changes: a file of the same name with
    /// another lineage is another state, not an older copy.
    pub fn lineage(&self) -> Result<String, StateError> {
        self.reading(|transaction| Ok(select(transaction)?.lineage))
    }

    /// Makes sure that the state is this stack's. The first time, a state that is open for writing takes the identity
    /// on; one that is open for reading lets it pass.
    ///
    /// # Errors
    /// [`OpenError::OfAnotherStack`] if it belongs to another stack, region or account.
    pub fn bind(&self, asked: &Identity) -> Result<(), OpenError> {
        let recorded = match self.identity()? {
            Some(recorded) => recorded,
            None if self.is_read_only() => return Ok(()),
            None => return Ok(self.writing(|transaction| take_on(transaction, asked))?),
        };
        if recorded == *asked {
            return Ok(());
        }
        let vacant = self.reading(|transaction| is_vacant(transaction))?;
        let (path, recorded, asked) = (self.path().to_owned(), Box::new(recorded), Box::new(asked.clone()));
        Err(OpenError::OfAnotherStack { path, recorded, asked, vacant })
    }

    /// Gives the state to another stack, region or account, if nothing is recorded in it. Without this a stack that
    /// was destroyed could not be moved to another region. What was known of the old region is forgotten, the history
    /// stays.
    ///
    /// # Errors
    /// [`OpenError::OfAnotherStack`] if resources are recorded or intents are open.
    pub fn rebind(&self, asked: &Identity) -> Result<(), OpenError> {
        let given = self.writing(|transaction| {
            let vacant = is_vacant(transaction)?;
            if vacant {
                facts::forget(transaction)?;
                take_on(transaction, asked)?;
            }
            Ok(vacant)
        })?;
        if given { Ok(()) } else { self.bind(asked) }
    }

    fn is_read_only(&self) -> bool {
        self.connection().is_readonly("main").unwrap_or(true)
    }
}

fn is_vacant(connection: &Connection) -> Result<bool, TableError> {
    Ok(resources::select(connection)?.is_empty() && journal::select_open(connection)?.is_empty())
}

/// Gives the state its lineage, unless it has one.
pub(crate) fn give_lineage(connection: &Connection) -> Result<(), TableError> {
    let row = Row { lineage: Uuid::now_v7().to_string(), identity: None };
    connection.execute(
        "INSERT INTO identity (only_row, lineage, created, checksum) VALUES (1, ?1, ?2, ?3) ON CONFLICT DO NOTHING",
        params![row.lineage, Timestamp::now().to_string(), row.checksum()],
    )?;
    Ok(())
}

pub(crate) struct Row {
    pub(crate) lineage: String,
    pub(crate) identity: Option<Identity>,
}

impl Row {
    fn checksum(&self) -> i64 {
        let checksum = Checksum::new().text(&self.lineage);
        match &self.identity {
            None => checksum.value(),
            Some(identity) => checksum.text(&identity.stack).text(&identity.region).text(&identity.account).value(),
        }
    }
}

pub(crate) fn select(connection: &Connection) -> Result<Row, TableError> {
    let row = connection
        .query_row("SELECT lineage, stack, region, account, checksum FROM identity", [], |row| {
            let (stack, region, account): (Option<_>, Option<_>, Option<_>) = (row.get(1)?, row.get(2)?, row.get(3)?);
            let identity = match (stack, region, account) {
                (Some(stack), Some(region), Some(account)) => Some(Identity { stack, region, account }),
                _ => None,
            };
            Ok((Row { lineage: row.get(0)?, identity }, row.get::<_, i64>(4)?))
        })
        .optional()?;
    let broken = |problem| TableError::row("identity", 1, problem);
    let (row, checksum) = row.ok_or_else(|| broken("it is missing"))?;
    if row.checksum() == checksum { Ok(row) } else { Err(broken("its checksum does not fit")) }
}

fn take_on(connection: &Connection, asked: &Identity) -> Result<(), TableError> {
    let row = Row { lineage: select(connection)?.lineage, identity: Some(asked.clone()) };
    connection.execute(
        "UPDATE identity SET stack = ?1, region = ?2, account = ?3, checksum = ?4",
        params![asked.stack, asked.region, asked.account, row.checksum()],
    )?;
    Ok(())
}
