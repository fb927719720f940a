//! The stack file: what a person declares, read from TOML into a [`Stack`] without a doubtful value in it.
//!
//! ```text
//! text --parse.rs--> tree of values with places --validate.rs--> Stack
//!                                             \--> every problem of the file, at its place
//! ```
//!
//! The tree is walked by hand rather than by serde: serde stops at the first error and loses places inside nested
//! types, while a person who mends a file wants to see all that is wrong with it, each at the very word.
//!
//! | file | subject |
//! |---|---|
//! | `parse.rs` | TOML text to tree; what to say of text that is not TOML |
//! | `definitions.rs` | which keys and tables the text defines, and where it did so before |
//! | `decode.rs` | reading one table or value of the tree: its type, its place |
//! | `keys.rs` | which keys each table has; what to say about any other |
//! | `validate.rs` | the rules of each table, and rules between values |
//! | `network.rs` | the rules of `[network]`: one that is made, or one that exists |
//! | `identifiers.rs` | how names, regions, zones, instance types, images and policies are written |
//! | `cidr.rs` | how networks are written, and what to say of one without room for subnets |
//! | `tags.rs` | what AWS takes as a tag |
//! | `defaults.rs` | what holds when the file is silent |
//! | `diagnostic.rs` | a problem, and how it is shown |
//!
//! Nothing here knows an account. Whether a region, a zone or an instance type exists is found out when the stack is
//! compiled; [`Diagnostic::at_path`] and [`Origins`] then point at the same places of the file.

mod cidr;
mod decode;
mod defaults;
mod definitions;
mod diagnostic;
mod identifiers;
mod keys;
mod model;
mod network;
mod parse;
mod tags;
mod validate;

#[cfg(test)]
mod tests;

pub(crate) use cidr::no_room_for_subnets;
pub use diagnostic::{Diagnostic, render};
pub use identifiers::TESTED_REGIONS;
pub use model::{
    Cluster, ExistingNetwork, Firewall, Iam, Logs, MadeNetwork, Market, Name, Nat, Network, Origins, Stack,
    WorkerPlacement, Zones,
};
pub use parse::parse;
