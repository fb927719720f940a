//! A stack's whole life, played on a region in memory with something going wrong at its calls.
//!
//! ```text
//! phases (apply, grow, replace, shrink, destroy) --clean run--> checkpoints: the account and the state before each phase
//!                                                                |
//!                     trials: one fault at one call of one phase -+-> the phase, faulted
//!                                                                 -> one plain command: apply, or destroy
//!                                                                 -> the account's own snapshot, against the clean run's
//! ```
//!
//! The commands are those of the command line, through the same SDK; only the HTTP client under it, the store of the
//! state, the clock and the terminal are others. Each command has a runtime of its own, whose clock jumps to where
//! something happens: minutes of waiting take no time, and a process that is killed leaves nothing behind but its state
//! and what AWS has heard.

mod checkpoint;
mod client;
mod injected_fault;
mod phase;
mod tally;
mod trial;
mod trials;

#[cfg(test)]
mod tests;

pub use checkpoint::{Checkpoint, PlayedPhase, Rehearsal, RehearsalError};
pub use client::{CommandFailure, CommandResult, Ending};
pub use injected_fault::InjectedFault;
pub use phase::Phase;
pub use tally::{Endings, Tally, play_all};
pub use trial::{Choice, Injection, Trial, TrialResult};
pub use trials::{Extent, trials};
