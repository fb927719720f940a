//! Turns the engine's values into what a person or a program reads. Pure: nothing here writes.
//!
//! | file | subject |
//! |---|---|
//! | `plan.rs`, `row.rs`, `closing.rs` | a plan: its parts, a line of it, its last lines |
//! | `drift.rs` | where the account differs from the state |
//! | `progress.rs`, `outcome.rs` | a run while it works, and what came of it |
//! | `recovery.rs` | a rebuilt state: what was found, what is missing, what is too much |
//! | `status.rs`, `listing.rs`, `history.rs` | clusters, resources, runs |
//! | `json/` | the shapes of `--json`, kept apart from the engine's types |
//! | `bundle.rs`, `headline.rs`, `nouns.rs`, `value.rs` | many resources in one line, what one is, its kind's name, its values |
//! | `escape.rs`, `style.rs`, `duration.rs`, `header.rs`, `sections.rs` | harmless text, colours, times, the first line, the order |

pub(crate) mod bundle;
pub(crate) mod closing;
pub(crate) mod drift;
pub(crate) mod duration;
pub(crate) mod escape;
pub(crate) mod header;
pub(crate) mod headline;
pub(crate) mod history;
pub(crate) mod json;
pub(crate) mod listing;
pub(crate) mod nouns;
pub(crate) mod outcome;
pub(crate) mod plan;
pub(crate) mod progress;
pub(crate) mod recovery;
pub(crate) mod rehearsal;
pub(crate) mod row;
pub(crate) mod sections;
pub(crate) mod status;
pub(crate) mod style;
pub(crate) mod value;

#[cfg(test)]
pub(crate) mod samples;
