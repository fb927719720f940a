//! Tables `resources` and `deposed`: what exists, as it was after the last call.

use std::sync::Arc;

use landfall_engine::address::Address;
use landfall_engine::journal::Record;
use landfall_engine::kind::Kind;
use landfall_engine::place::Place;
use landfall_engine::resource::{CloudId, Literals};
use landfall_engine::snapshot::{Recorded, RecordedResource};
use rusqlite::{Connection, params};

use super::checksum::Checksum;
use super::error::{StateError, TableError};
use super::resource_places::ResourcePlaces;
use super::state::State;

impl State {
    /// Returns everything that is recorded.
    pub fn recorded(&self) -> Result<Recorded, StateError> {
        self.reading(|transaction| select(transaction))
    }

    /// Carries changes of the state out, in their order, all or none. A run writes them through its
    /// [`RunJournal`](crate::RunJournal) instead, together with the outcomes.
    pub fn write_records(&self, records: &[Record]) -> Result<(), StateError> {
        self.writing(|transaction| records.iter().try_for_each(|record| write_record(transaction, record)))
    }

    /// Puts other resources in the place of all that are recorded.
    pub fn replace_recorded(&self, recorded: &Recorded) -> Result<(), StateError> {
        self.writing(|transaction| {
            transaction.execute("DELETE FROM resources", [])?;
            transaction.execute("DELETE FROM deposed", [])?;
            for resource in recorded.resources.values() {
                put(transaction, resource)?;
            }
            for resource in &recorded.deposed {
                insert_deposed(transaction, resource)?;
            }
            Ok(())
        })
    }
}

/// Carries one change of the state out, as [`Recorded::apply`] does in memory.
pub(crate) fn write_record(connection: &Connection, record: &Record) -> Result<(), TableError> {
    match record {
        Record::Put(resource) => put(connection, resource),
        Record::Depose(address) => depose(connection, address),
        Record::Remove(address, place, id) => remove(connection, address, place, id),
    }
}

pub(crate) fn select(connection: &Connection) -> Result<Recorded, TableError> {
    let mut recorded = Recorded::default();
    for resource in select_from(connection, "resources", "address")? {
        recorded.resources.insert(resource.address.clone(), resource);
    }
    recorded.deposed = select_from(connection, "deposed", "position")?;
    Ok(recorded)
}

fn put(connection: &Connection, resource: &RecordedResource) -> Result<(), TableError> {
    let sql = "INSERT OR REPLACE INTO resources
               (address, kind, account, region, cloud_id, properties, outputs, depends_on, checksum)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    insert(connection, sql, resource)
}

fn insert_deposed(connection: &Connection, resource: &RecordedResource) -> Result<(), TableError> {
    let sql = "INSERT INTO deposed
               (address, kind, account, region, cloud_id, properties, outputs, depends_on, checksum)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    insert(connection, sql, resource)
}

fn insert(connection: &Connection, sql: &str, resource: &RecordedResource) -> Result<(), TableError> {
    let row = Row::of(resource)?;
    connection.prepare_cached(sql)?.execute(params![
        row.address,
        row.kind,
        row.place.account(),
        row.place.region(),
        row.cloud_id,
        row.properties,
        row.outputs,
        row.depends_on,
        row.checksum(),
    ])?;
    Ok(())
}

/// Without a position of its own, a row of `deposed` comes after all others.
fn depose(connection: &Connection, address: &Address) -> Result<(), TableError> {
    connection
        .prepare_cached(
            "INSERT INTO deposed (address, kind, account, region, cloud_id, properties, outputs, depends_on, checksum)
             SELECT address, kind, account, region, cloud_id, properties, outputs, depends_on, checksum
             FROM resources WHERE address = ?1",
        )?
        .execute([address.as_str()])?;
    connection.prepare_cached("DELETE FROM resources WHERE address = ?1")?.execute([address.as_str()])?;
    Ok(())
}

/// Id and place must fit: the successor of the resource that is gone may stand at its address already.
fn remove(connection: &Connection, address: &Address, place: &Place, id: &CloudId) -> Result<(), TableError> {
    for sql in [
        "DELETE FROM resources WHERE address = ?1 AND cloud_id = ?2 AND account = ?3 AND region IS ?4",
        "DELETE FROM deposed WHERE address = ?1 AND cloud_id = ?2 AND account = ?3 AND region IS ?4",
    ] {
        let parameters = params![address.as_str(), id.as_str(), place.account(), place.region()];
        connection.prepare_cached(sql)?.execute(parameters)?;
    }
    Ok(())
}

fn select_from(connection: &Connection, table: &str, order: &str) -> Result<Vec<Arc<RecordedResource>>, TableError> {
    let mut statement = connection.prepare(&format!(
        "SELECT address, kind, account, region, cloud_id, properties, outputs, depends_on, checksum
         FROM {table} ORDER BY {order}"
    ))?;
    let mut rows = statement.query([])?;
    let (mut resources, mut places) = (Vec::new(), ResourcePlaces::default());
    while let Some(row) = rows.next()? {
        let sealed: i64 = row.get(8)?;
        let row = Row {
            address: row.get(0)?,
            kind: row.get(1)?,
            place: places.read(row, 2)?,
            cloud_id: row.get(4)?,
            properties: row.get(5)?,
            outputs: row.get(6)?,
            depends_on: row.get(7)?,
        };
        resources.push(Arc::new(row.check(sealed).map_err(|problem| TableError::row(table, &row.address, problem))?));
    }
    Ok(resources)
}

/// A resource as text.
struct Row {
    address: String,
    kind: String,
    place: Place,
    cloud_id: String,
    properties: String,
    outputs: String,
    depends_on: String,
}

impl Row {
    fn of(resource: &RecordedResource) -> Result<Row, TableError> {
        let unwritable = |error| TableError::row("resources", &resource.address, error);
        Ok(Row {
            address: resource.address.to_string(),
            kind: resource.kind.to_string(),
            place: resource.place.clone(),
            cloud_id: resource.id.to_string(),
            properties: serde_json::to_string(&resource.properties).map_err(unwritable)?,
            outputs: serde_json::to_string(&resource.outputs).map_err(unwritable)?,
            depends_on: serde_json::to_string(&resource.depends_on).map_err(unwritable)?,
        })
    }

    fn checksum(&self) -> i64 {
        let checksum = Checksum::new().text(&self.address).text(&self.kind);
        let checksum = checksum.text(self.place.account()).optional(self.place.region()).text(&self.cloud_id);
        checksum.text(&self.properties).text(&self.outputs).text(&self.depends_on).value()
    }

    /// Returns the resource, or what is wrong with the row.
    fn check(&self, sealed: i64) -> Result<RecordedResource, String> {
        if self.checksum() != sealed {
            return Err("its checksum does not fit".to_owned());
        }
        let literals =
            |column, text| serde_json::from_str::<Literals>(text).map_err(|error| format!("column {column}: {error}"));
        Ok(RecordedResource {
            address: Address::new(self.address.as_str()).map_err(|error| error.to_string())?,
            kind: Kind::from(self.kind.clone()),
            place: self.place.clone(),
            id: CloudId::from(self.cloud_id.as_str()),
            properties: literals("properties", &self.properties)?,
            outputs: literals("outputs", &self.outputs)?,
            depends_on: serde_json::from_str(&self.depends_on)
                .map_err(|error| format!("column depends_on: {error}"))?,
        })
    }
}
