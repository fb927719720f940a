//! Values as the cloud is sent them and answers them.

/// A value without references: what the cloud is sent and what it answers. Keys are sorted.
pub type Literal = serde_json::Value;

/// Properties without references.
pub type Literals = serde_json::Map<String, Literal>;
