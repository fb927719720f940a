//! Between the engine's properties and the typed shape of a kind.
//!
//! Each kind has one struct for its properties, used for what is declared and for what is read: one place says what a
//! property is called, so the two can be compared.

use landfall_engine::provider::{CallError, CallFailure};
use landfall_engine::resource::{Literal, Literals};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::operation::Operation;

/// Reads properties into the shape of their kind.
///
/// # Errors
/// If they do not fit. The blueprint made them and the state keeps them, so this means that the state was made by
/// another version of landfall, or altered.
pub(crate) fn shape_of<T: DeserializeOwned>(properties: &Literals, operation: &Operation) -> Result<T, CallFailure> {
    read_shape(properties).map_err(|error| CallFailure {
        class: CallError::Refused,
        operation: operation.name.to_owned(),
        code: None,
        message: format!("not sent: the properties do not fit this kind: {error}"),
        request_id: None,
    })
}

/// Reads properties into the shape of their kind, for no call.
///
/// # Errors
/// If they do not fit.
pub(crate) fn read_shape<T: DeserializeOwned>(properties: &Literals) -> serde_json::Result<T> {
    serde_json::from_value(Literal::Object(properties.clone()))
}

/// Writes a shape as properties. Nulls are left out: absent and null mean the same to the engine.
pub(crate) fn properties_of<T: Serialize>(shape: &T) -> Literals {
    match serde_json::to_value(shape) {
        Ok(Literal::Object(mut properties)) => {
            properties.retain(|_, value| !value.is_null());
            properties
        }
        other => unreachable!("a shape is a struct with text keys, but became {other:?}"),
    }
}

/// Returns outputs from pairs, without those that have no value yet.
pub(crate) fn outputs<'a>(pairs: impl IntoIterator<Item = (&'a str, Option<&'a str>)>) -> Literals {
    pairs.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Literal::String(value?.to_owned())))).collect()
}
