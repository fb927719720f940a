//! A stack's whole life, played on a region in memory with something going wrong at its calls.
//!
//! ```text
//! acts (apply, grow, replace, shrink, destroy) --clean run--> stages: the account and the state before each act
//!                                                                |
//!                     trials: one mishap at one call of one act -+-> the act, struck
//!                                                                 -> one plain command: apply, or destroy
//!                                                                 -> the account's own portrait, against the clean run's
//! ```
//!
//! The commands are those of the command line, on the same state file and through the same SDK; only the HTTP client
//! under it, the clock and the terminal are others. Each command has a runtime of its own, whose clock jumps to where
//! something happens: minutes of waiting take no time, and a process that is killed leaves nothing behind but its state
//! and what AWS has heard.

mod act;
mod mishap;
mod process;
mod programme;
mod stage;
mod tally;
mod trial;

#[cfg(test)]
mod tests;

pub(crate) use process::Ending;
pub(crate) use programme::{Extent, trials};
pub(crate) use stage::{Rehearsal, RehearsalError, Scene, place};
pub(crate) use tally::{Endings, Tally, play_all};
pub(crate) use trial::{Finding, Trial};
