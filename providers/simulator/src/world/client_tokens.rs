//! The client tokens that were used.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::wire::xml::Xml;

/// The tokens that were used, by action, zone and token.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct ClientTokens(pub(crate) BTreeMap<String, UsedToken>);

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct UsedToken {
    pub(crate) digest: String,
    /// The first answer, for when what was made is forgotten. Of a launch, only its id is kept: the rest is long and
    /// never answered again.
    pub(crate) answer: Xml,
}
