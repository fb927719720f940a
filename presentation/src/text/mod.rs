//! What a person reads.
//!
//! | file | subject |
//! |---|---|
//! | `shown.rs`, `plan.rs`, `row.rs`, `closing.rs` | a plan: what is shown of it, its parts, a line of it, its last lines |
//! | `drift.rs` | where the account differs from the state |
//! | `outcome.rs` | what came of a run |
//! | `recovery.rs` | a rebuilt state: what was found, what is missing, what is too much |
//! | `listing.rs` | resources |
//! | `bundle.rs`, `headline.rs`, `nouns.rs`, `value.rs` | many resources in one line, what one is, its kind's name, its values |
//! | `escape.rs`, `style.rs`, `duration.rs`, `header.rs`, `sections.rs` | harmless text, colours, times, the first line, the order |

pub mod bundle;
pub mod closing;
pub mod drift;
pub mod duration;
pub mod escape;
pub mod header;
pub mod headline;
pub mod listing;
pub mod nouns;
pub mod outcome;
pub mod plan;
pub mod recovery;
pub mod row;
pub mod sections;
pub mod shown;
pub mod style;
pub mod value;

#[cfg(test)]
pub(crate) mod samples;
