//! What a call is made from, secrets in the clear, and what of it may be told.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;

use crate::literal::{Literal, Literals};
use crate::resource::{Reference, Resource};
use crate::sensitive::{MASK, Secret, holds_digest};

/// The properties that a call is made from.
///
/// It is used like [`Literals`], with digests in the place of secrets; so are its `Debug` text and what is compared. Whoever
/// builds the request asks for the secrets by [`CallProperties::reveal`].
#[derive(Clone, PartialEq, Default)]
pub struct CallProperties {
    shown: Literals,
    /// The properties that hold secrets, with these in the clear.
    revealed: BTreeMap<String, Literal>,
}

impl CallProperties {
    /// Resolves the properties of a resource; a value that `look_up` does not know yet is left out.
    pub(crate) fn of(resource: &Resource, look_up: &impl Fn(&Reference) -> Option<Literal>) -> CallProperties {
        let mut all = CallProperties::default();
        for (name, value) in &*resource.properties {
            let Some(shown) = value.resolve(look_up) else { continue };
            all.shown.insert(name.clone(), shown);
            if value.holds_secret()
                && let Some(revealed) = value.reveal(look_up)
            {
                all.revealed.insert(name.clone(), revealed);
            }
        }
        all
    }

    /// Keeps the properties of these names.
    pub(crate) fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.shown.retain(|name, _| keep(name));
        self.revealed.retain(|name, _| keep(name));
    }

    /// Returns the properties with the secrets in the clear, to build a request. Nothing of it may be kept or shown.
    ///
    /// A secret of which there is only the digest, as in a deletion, is left out: it is of no use to a request.
    pub fn reveal(&self) -> Literals {
        let shown =
            self.shown.iter().filter(|(name, value)| !self.revealed.contains_key(*name) && !holds_digest(value));
        shown.chain(&self.revealed).map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// Tells whether there is a secret among them.
    pub fn hold_secrets(&self) -> bool {
        !self.revealed.is_empty()
    }
}

impl Deref for CallProperties {
    type Target = Literals;

    fn deref(&self) -> &Literals {
        &self.shown
    }
}

impl From<Literals> for CallProperties {
    /// What is recorded or observed holds no secret.
    fn from(shown: Literals) -> CallProperties {
        CallProperties { shown, revealed: BTreeMap::new() }
    }
}

impl fmt::Debug for CallProperties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shown.fmt(f)
    }
}

/// Returns a text from outside without the secrets of a resource: a cloud may repeat in its answer what it was sent.
pub(crate) fn without_secrets_of(resource: &Resource, text: String) -> String {
    let mut secrets = Vec::new();
    resource.properties.values().for_each(|value| value.each_secret(&mut |secret| secrets.push(secret.clone())));
    // Of two, one of which begins with the other, the longer goes first.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
    let hidden = secrets.iter().map(Secret::expose).filter(|secret| !secret.is_empty());
    hidden.fold(text, |text, secret| if text.contains(secret) { text.replace(secret, MASK) } else { text })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::address::Address;
    use crate::kind::Kind;
    use crate::model_cloud::here;
    use crate::resource::Value;

    const SALT: &str = "acme/us-east-1";

    #[test]
    fn a_secret_is_not_in_its_own_texts() {
        let secret = Secret::new("correct horse", SALT);
        let resource =
            Resource::new(Address::of(["a"]), Kind::new("test.thing"), &here()).with("token", secret.clone());
        let properties = CallProperties::of(&resource, &|_| None);
        for text in [format!("{secret:?} {resource:#?} {properties:?}"), secret.digest().to_string()] {
            assert!(!text.contains("horse"), "{text}");
        }
        assert_eq!(properties.reveal()["token"], "correct horse");
        assert_eq!(properties["token"], *secret.digest());
    }

    #[test]
    fn a_request_is_never_given_a_digest() {
        let resource = Resource::new(Address::of(["a"]), Kind::new("test.thing"), &here());
        let resource = resource.with("token", Secret::new("correct horse", SALT)).with("name", "x");
        let recorded = Literals::clone(&CallProperties::of(&resource, &|_| None));
        assert_eq!(Literal::Object(CallProperties::from(recorded).reveal()), json!({"name": "x"}));
    }

    #[test]
    fn what_a_cloud_repeats_is_taken_out() {
        let value = Value::List(vec![Secret::new("open", SALT).into(), Secret::new("open sesame", SALT).into()]);
        let resource = Resource::new(Address::of(["a"]), Kind::new("test.thing"), &here()).with("words", value);
        let text = without_secrets_of(&resource, "`open sesame` and `open` are too short".to_owned());
        assert_eq!(text, "`(sensitive)` and `(sensitive)` are too short");
    }
}
