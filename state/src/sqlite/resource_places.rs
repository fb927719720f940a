//! The columns `account` and `region`: where a resource is.

use landfall_engine::place::Place;
use rusqlite::Row;
use rusqlite::types::ValueRef;

use super::error::TableError;

/// The places of the rows of a query. There are few of them and very many rows, so equal ones share their content.
#[derive(Default)]
pub(crate) struct ResourcePlaces {
    known: Vec<Place>,
}

impl ResourcePlaces {
    /// Returns the place that stands in the columns `account` and, right after it, `region`.
    pub(crate) fn read(&mut self, row: &Row<'_>, account: usize) -> Result<Place, TableError> {
        let (name, region) = (row.get_ref(account)?, row.get_ref(account + 1)?);
        let (ValueRef::Text(name), ValueRef::Text(_) | ValueRef::Null) = (name, region) else {
            return Err(TableError::Row("a column account or region holds no text".to_owned()));
        };
        let region = if let ValueRef::Text(region) = region { Some(region) } else { None };
        let is_here =
            |place: &&Place| place.account().as_bytes() == name && place.region().map(str::as_bytes) == region;
        if let Some(known) = self.known.iter().find(is_here) {
            return Ok(known.clone());
        }
        let place = Place::of(row.get::<_, String>(account)?, row.get(account + 1)?);
        self.known.push(place.clone());
        Ok(place)
    }
}
