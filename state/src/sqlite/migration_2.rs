//! From version 1 to version 2: rows of resources and of the journal get a place.
//!
//! A state of version 1 belongs to one account and region, so its identity says where everything is. The statements and
//! checksums here are those of these two versions for ever, whatever later versions make of the tables.

use rusqlite::{Connection, OptionalExtension, params};

use super::checksum::Checksum;
use super::error::TableError;

/// The account and the region of a state of version 1.
struct Home {
    account: String,
    region: String,
}

impl Home {
    /// The kinds of version 1 that belong to no region are those of IAM.
    fn region_of(&self, kind: &str) -> Option<&str> {
        (!kind.starts_with("iam.")).then_some(self.region.as_str())
    }
}

/// Copies the rows of version 1, and drops its tables.
///
/// # Errors
/// If a row is not what version 1 wrote. The caller rolls back.
pub(crate) fn move_rows(connection: &Connection) -> Result<(), TableError> {
    let recorded = "SELECT EXISTS (SELECT 1 FROM resources_1) OR EXISTS (SELECT 1 FROM deposed_1) OR
                    EXISTS (SELECT 1 FROM journal_1)";
    if connection.query_row(recorded, [], |row| row.get(0))? {
        let home = home(connection)?;
        move_resources(connection, &home)?;
        move_deposed(connection, &home)?;
        move_journal(connection, &home)?;
    }
    connection.execute_batch("DROP TABLE resources_1; DROP TABLE deposed_1; DROP TABLE journal_1;")?;
    Ok(())
}

fn home(connection: &Connection) -> Result<Home, TableError> {
    let sql = "SELECT lineage, stack, region, account, checksum FROM identity";
    let identity = connection.query_row(sql, [], |row| {
        let (lineage, stack): (String, Option<String>) = (row.get(0)?, row.get(1)?);
        let (region, account): (Option<String>, Option<String>) = (row.get(2)?, row.get(3)?);
        Ok((lineage, stack, region, account, row.get::<_, i64>(4)?))
    });
    let broken = |problem| TableError::row("identity", 1, problem);
    let (lineage, stack, region, account, checksum) = identity.optional()?.ok_or_else(|| broken("it is missing"))?;
    let (Some(stack), Some(region), Some(account)) = (stack, region, account) else {
        return Err(broken("it names no account, though resources are recorded"));
    };
    if Checksum::new().text(&lineage).text(&stack).text(&region).text(&account).value() != checksum {
        return Err(broken("its checksum does not fit"));
    }
    Ok(Home { account, region })
}

/// A row of `resources` or `deposed`.
struct Resource {
    address: String,
    kind: String,
    cloud_id: String,
    properties: String,
    outputs: String,
    depends_on: String,
}

impl Resource {
    /// Reads the columns from the first on, and checks them.
    fn read(row: &rusqlite::Row<'_>, table: &str) -> Result<Resource, TableError> {
        let resource = Resource {
            address: row.get(0)?,
            kind: row.get(1)?,
            cloud_id: row.get(2)?,
            properties: row.get(3)?,
            outputs: row.get(4)?,
            depends_on: row.get(5)?,
        };
        let named = Checksum::new().text(&resource.address).text(&resource.kind);
        if resource.finish(named) == row.get::<_, i64>(6)? {
            Ok(resource)
        } else {
            Err(TableError::row(table, &resource.address, "its checksum does not fit"))
        }
    }

    fn finish(&self, checksum: Checksum) -> i64 {
        let checksum = checksum.text(&self.cloud_id).text(&self.properties);
        checksum.text(&self.outputs).text(&self.depends_on).value()
    }

    fn checksum(&self, home: &Home) -> i64 {
        let checksum = Checksum::new().text(&self.address).text(&self.kind);
        self.finish(checksum.text(&home.account).optional(home.region_of(&self.kind)))
    }
}

fn move_resources(connection: &Connection, home: &Home) -> Result<(), TableError> {
    let sql = "SELECT address, kind, cloud_id, properties, outputs, depends_on, seal FROM resources_1";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut insert = connection.prepare("INSERT INTO resources VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?;
    while let Some(row) = rows.next()? {
        let resource = Resource::read(row, "resources")?;
        let (checksum, region) = (resource.checksum(home), home.region_of(&resource.kind));
        let Resource { address, kind, cloud_id, properties, outputs, depends_on } = &resource;
        let account = &home.account;
        insert.execute(params![address, kind, account, region, cloud_id, properties, outputs, depends_on, checksum])?;
    }
    Ok(())
}

fn move_deposed(connection: &Connection, home: &Home) -> Result<(), TableError> {
    let sql = "SELECT address, kind, cloud_id, properties, outputs, depends_on, seal, position FROM deposed_1";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut insert = connection.prepare("INSERT INTO deposed VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")?;
    while let Some(row) = rows.next()? {
        let (resource, position) = (Resource::read(row, "deposed")?, row.get::<_, i64>(7)?);
        let (checksum, region) = (resource.checksum(home), home.region_of(&resource.kind));
        let Resource { address, kind, cloud_id, properties, outputs, depends_on } = &resource;
        let account = &home.account;
        insert.execute(params![
            position, address, kind, account, region, cloud_id, properties, outputs, depends_on, checksum
        ])?;
    }
    Ok(())
}

/// A row of `journal` without what came of the intent.
struct Intent {
    run: i64,
    step: i64,
    address: String,
    kind: String,
    action: String,
    operation: String,
    token: String,
    digest: String,
    cloud_id: Option<String>,
    since: String,
}

impl Intent {
    fn read(row: &rusqlite::Row<'_>) -> Result<Intent, TableError> {
        let intent = Intent {
            run: row.get(0)?,
            step: row.get(1)?,
            address: row.get(2)?,
            kind: row.get(3)?,
            action: row.get(4)?,
            operation: row.get(5)?,
            token: row.get(6)?,
            digest: row.get(7)?,
            cloud_id: row.get(8)?,
            since: row.get(9)?,
        };
        let named = Checksum::new().number(intent.run).number(intent.step).text(&intent.address).text(&intent.kind);
        if intent.finish(named) == row.get::<_, i64>(10)? {
            Ok(intent)
        } else {
            let key = format!("{}/{}", intent.run, intent.step);
            Err(TableError::row("journal", key, "its checksum does not fit"))
        }
    }

    fn finish(&self, checksum: Checksum) -> i64 {
        let checksum = checksum.text(&self.action).text(&self.operation).text(&self.token).text(&self.digest);
        checksum.optional(self.cloud_id.as_deref()).text(&self.since).value()
    }

    fn checksum(&self, home: &Home) -> i64 {
        let checksum = Checksum::new().number(self.run).number(self.step).text(&self.address).text(&self.kind);
        self.finish(checksum.text(&home.account).optional(home.region_of(&self.kind)))
    }
}

fn move_journal(connection: &Connection, home: &Home) -> Result<(), TableError> {
    let sql = "SELECT run, step, address, kind, action, operation, token, digest, cloud_id, since, seal,
                      outcome, detail, settled FROM journal_1";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut insert = connection.prepare(
        "INSERT INTO journal VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
    )?;
    while let Some(row) = rows.next()? {
        let intent = Intent::read(row)?;
        let (outcome, detail): (Option<String>, Option<String>) = (row.get(11)?, row.get(12)?);
        let settled: Option<String> = row.get(13)?;
        let (checksum, region) = (intent.checksum(home), home.region_of(&intent.kind));
        let Intent { run, step, address, kind, action, operation, token, digest, cloud_id, since } = &intent;
        let account = &home.account;
        insert.execute(params![
            run, step, address, kind, account, region, action, operation, token, digest, cloud_id, since, checksum,
            outcome, detail, settled
        ])?;
    }
    Ok(())
}
