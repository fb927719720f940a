//! What every command is given besides its own arguments.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::interrupt::Interrupts;
use crate::printer::Printer;
use crate::simulation::Simulation;

/// How a command that writes the state holds it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Locking {
    /// How long to wait for another command to end.
    pub(crate) timeout: Duration,
    /// Whether the state may lie on a file system that is shared over a network.
    pub(crate) on_network: bool,
}

/// The world of a command.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    /// Where its words go.
    pub(crate) printer: Printer,
    /// Whether the user wants it to stop.
    pub(crate) interrupts: Interrupts,
    /// What `--state` says.
    pub(crate) state: Option<PathBuf>,
    /// How the state is held by a command that writes it.
    pub(crate) locking: Locking,
    /// The account in place of the real one, if `--simulate` says so.
    pub(crate) simulation: Option<Simulation>,
    /// What `--speed` says.
    pub(crate) speed: Option<f64>,
    /// The whole command line, for the history and the lock.
    pub(crate) command_line: String,
    /// When the command began.
    pub(crate) now: Timestamp,
    /// In which zone people here read times.
    pub(crate) zone: TimeZone,
}
