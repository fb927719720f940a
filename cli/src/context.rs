//! What every command is given besides its own arguments.

use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::interrupt::Interrupts;
use crate::printer::Printer;
use crate::simulation::Simulation;

/// The world of a command.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    /// Where its words go.
    pub(crate) printer: Printer,
    /// Whether the user wants it to stop.
    pub(crate) interrupts: Interrupts,
    /// What `--state` says.
    pub(crate) state: Option<PathBuf>,
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
