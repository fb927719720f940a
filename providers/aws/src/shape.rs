//! Between the engine's properties and the typed shape of a kind.
//!
//! Each kind has one struct for its properties, used for what is declared and for what is read: one place says what a
//! property is called, so the two can be compared.

use landfall_engine::call_properties::CallProperties;
use landfall_engine::provider::{CallError, CallFailure};
use landfall_engine::resource::{Literal, Literals};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::operation::Operation;
/// Where a shape can be read from.
pub(crate) trait Properties {
    /// All of them; for a call, with the secrets in the clear.
    fn literals(&self) -> Literals;

    /// Whether there is a secret among them.
    fn hold_secrets(&self) -> bool;
}

impl Properties for CallProperties {
    fn literals(&self) -> Literals {
        self.reveal()
    }

    fn hold_secrets(&self) -> bool {
        CallProperties::hold_secrets(self)
    }
}

/// What is recorded or was read has digests in the place of secrets, which fit no shape: a kind that builds a call from
/// them by mistake is refused.
impl Properties for Literals {
    fn literals(&self) -> Literals {
        self.clone()
    }

    fn hold_secrets(&self) -> bool {
        false
    }
}

/// Reads properties into the shape of their kind.
///
/// # Errors
/// If they do not fit. The blueprint made them and the state keeps them, so this means that the state was made by
/// another version of landfall, or altered.
pub(crate) fn shape_of<T: DeserializeOwned>(
    properties: &impl Properties,
    operation: &Operation,
) -> Result<T, CallFailure> {
    serde_json::from_value(Literal::Object(properties.literals())).map_err(|error| CallFailure {
        class: CallError::Refused,
        operation: operation.name.to_owned(),
        code: None,
        message: match properties.hold_secrets() {
            false => format!("not sent: the properties do not fit this kind: {error}"),
            // The error may quote the value.
            true => "not sent: the properties do not fit this kind".to_owned(),
        },
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

/// Returns a text of an answer as a property; empty where the answer lacks it.
pub(crate) fn text(answered: Option<&str>) -> String {
    answered.unwrap_or_default().to_owned()
}

/// Returns outputs from pairs, without those that have no value yet.
pub(crate) fn outputs<'a>(pairs: impl IntoIterator<Item = (&'a str, Option<&'a str>)>) -> Literals {
    pairs.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Literal::String(value?.to_owned())))).collect()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Shape {
        #[expect(dead_code, reason = "what counts is whether it can be read")]
        token: String,
    }

    const CALL: Operation = Operation::new("test:Call");

    /// Else the digest would be sent in the place of the secret, and the cloud would take it.
    #[test]
    fn a_digest_fits_no_shape() {
        let digest = landfall_engine::sensitive::Secret::new("a-secret", "acme").digest().clone();
        let recorded: Literals = [("token".to_owned(), digest)].into_iter().collect();
        assert!(shape_of::<Shape>(&recorded, &CALL).is_err());
        assert!(shape_of::<Shape>(&CallProperties::from(recorded), &CALL).is_err());
        let plain = json!({"token": "x"}).as_object().cloned().unwrap_or_default();
        assert!(shape_of::<Shape>(&plain, &CALL).is_ok());
    }
}
