//! Secrets: values that reach the call that needs them and nothing else.
//!
//! What is recorded, compared and shown in the place of a secret is a digest, `{"sensitive": "scrypt-14-8-1:…"}`. Secrets
//! that people choose can be guessed, so the digest is one that takes long to compute for each guess (scrypt, RFC 7914),
//! and its salt is the stack's own: equal secrets of two stacks have different digests, and no table of digests made
//! beforehand fits. The salt is no secret, so that a state rebuilt from the account compares like the one that was lost.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};

use scrypt::{Params, scrypt};
use secrecy::{ExposeSecret, SecretString};

use crate::literal::Literal;

/// What is shown in the place of a secret.
pub const MASK: &str = "(sensitive)";

/// The only key of a digest's object.
const KEY: &str = "sensitive";
/// Which function made a digest: scrypt with N = 2^14, r = 8, p = 1, which takes 16 MiB and some 30 ms for each guess.
const FUNCTION: &str = "scrypt-14-8-1:";
const LOG_N: u8 = 14;
const R: u32 = 8;
const P: u32 = 1;
/// Length of a digest in bytes.
const DIGEST_BYTES: usize = 32;

/// A secret text.
///
/// It cannot be printed and is not serialized. Only the engine reads it, to build a call ([`CallProperties`](crate::call_properties::CallProperties)).
#[derive(Clone)]
pub struct Secret(Arc<Sealed>);

struct Sealed {
    text: SecretString,
    salt: String,
    /// Made when first asked for: a command that compares nothing does not wait for it.
    digest: OnceLock<Literal>,
}

impl Secret {
    /// Takes a secret in. `salt` is what sets this stack's digests apart from all others': its name and region.
    pub fn new(text: impl Into<String>, salt: impl Into<String>) -> Secret {
        Secret(Arc::new(Sealed { text: text.into().into(), salt: salt.into(), digest: OnceLock::new() }))
    }

    /// Returns what stands for the secret wherever something is kept or compared.
    pub fn digest(&self) -> &Literal {
        self.0.digest.get_or_init(|| {
            let mut digest = [0; DIGEST_BYTES];
            let salt = format!("landfall secret of {}", self.0.salt);
            Params::new(LOG_N, R, P)
                .map_err(|error| error.to_string())
                .and_then(|params| {
                    let text = self.expose().as_bytes();
                    scrypt(text, salt.as_bytes(), &params, &mut digest).map_err(|error| error.to_string())
                })
                .unwrap_or_else(|error| unreachable!("the parameters are constants that scrypt allows: {error}"));
            let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            Literal::Object([(KEY.to_owned(), Literal::String(format!("{FUNCTION}{hex}")))].into_iter().collect())
        })
    }

    pub(crate) fn expose(&self) -> &str {
        self.0.text.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Secret) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || (self.expose(), &self.0.salt) == (other.expose(), &other.0.salt)
    }
}

/// Tells whether a value stands for a secret.
pub fn is_digest(value: &Literal) -> bool {
    let Literal::Object(object) = value else { return false };
    let digest = object.get(KEY).and_then(Literal::as_str);
    object.len() == 1 && digest.is_some_and(|digest| digest.starts_with(FUNCTION))
}

/// Returns a value as it may be shown: a digest tells who guesses well whether the guess is right, so not even that is.
pub fn masked(value: &Literal) -> Cow<'_, Literal> {
    match value {
        _ if is_digest(value) => Cow::Owned(MASK.into()),
        Literal::Array(items) if items.iter().any(holds_digest) => {
            Cow::Owned(items.iter().map(|item| masked(item).into_owned()).collect())
        }
        Literal::Object(object) if object.values().any(holds_digest) => {
            let members = object.iter().map(|(key, value)| (key.clone(), masked(value).into_owned()));
            Cow::Owned(Literal::Object(members.collect()))
        }
        other => Cow::Borrowed(other),
    }
}

/// Tells whether there is a digest in a value.
pub(crate) fn holds_digest(value: &Literal) -> bool {
    is_digest(value)
        || match value {
            Literal::Array(items) => items.iter().any(holds_digest),
            Literal::Object(object) => object.values().any(holds_digest),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SALT: &str = "acme/us-east-1";

    /// By the digest alone, which is what the state keeps.
    #[test]
    fn equal_secrets_of_a_stack_have_equal_digests_and_no_others() {
        let digest = |text: &str, salt: &str| Secret::new(text, salt).digest().clone();
        assert_eq!(digest("a", SALT), digest("a", SALT));
        assert_ne!(digest("a", SALT), digest("b", SALT));
        assert_ne!(digest("a", SALT), digest("a", "acme/eu-west-1"));
        // A change of the function or of its parameters would show every secret as changed.
        assert_eq!(
            digest("correct horse", SALT),
            json!({"sensitive": "scrypt-14-8-1:85d83dafd966f08649bdc5ba9e6a12a74bc93ce2fa3435acc19fd0fdef5b34a7"})
        );
    }

    #[test]
    fn a_digest_is_masked_wherever_it_stands() {
        let digest = Secret::new("a", SALT).digest().clone();
        let value = json!({"list": [1, digest.clone()], "plain": {"sensitive": "no digest"}});
        let expected = json!({"list": [1, MASK], "plain": {"sensitive": "no digest"}});
        assert_eq!(*masked(&value), expected);
        assert_eq!(*masked(&digest), json!(MASK));
        assert!(matches!(masked(&json!({"a": [1]})), Cow::Borrowed(_)));
    }
}
