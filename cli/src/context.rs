//! What every command is given besides its own arguments.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use landfall_operations::environment::{Account, Cancellation, Clock, Environment};
use landfall_operations::event::Events;
use landfall_operations::simulated_account::{SimulatedAccount, beside};
use landfall_operations::stack_file::StackFile;
use landfall_state::SqliteStore;

use crate::interrupt::Interrupts;
use crate::printer::Printer;
use crate::stack_args::STACK_FILE;

/// How a command that writes the state holds it.
#[derive(Debug, Clone, Copy)]
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
    /// The same, for operations.
    pub(crate) cancellation: Cancellation,
    /// What `--state` says.
    pub(crate) state: Option<PathBuf>,
    /// How the state is held by a command that writes it.
    pub(crate) locking: Locking,
    /// Whether a simulated account is meant and not AWS.
    pub(crate) simulate: bool,
    /// What a simulated account is like.
    pub(crate) simulation: SimulatedAccount,
    /// Where events go.
    pub(crate) events: Events,
    /// The whole command line, for the history and the lock.
    pub(crate) command_line: String,
    /// When the command began.
    pub(crate) now: Timestamp,
    /// In which zone people here read times.
    pub(crate) zone: TimeZone,
}

/// What the operations on one stack are given.
pub(crate) struct StackContext {
    /// Where the state is kept.
    pub(crate) state: PathBuf,
    /// The same, as operations take it.
    pub(crate) store: SqliteStore,
    /// All else.
    pub(crate) env: Environment,
}

impl Context {
    /// Returns the world of a stack.
    pub(crate) fn of(&self, file: &StackFile) -> StackContext {
        self.with_state_at(file.state_path(self.state.as_deref()))
    }

    /// Returns the world of a stack whose state is kept there.
    pub(crate) fn with_state_at(&self, state: PathBuf) -> StackContext {
        let store = SqliteStore::new(state.clone());
        let env = Environment {
            lock_timeout: self.locking.timeout,
            account: match self.simulate {
                true => Account::Simulated { account: self.simulation.clone(), file: beside(&state) },
                false => Account::Aws,
            },
            clock: Clock::system(),
            events: self.events.clone(),
            cancellation: self.cancellation.clone(),
            command: self.command_line.clone(),
        };
        StackContext { state, store: if self.locking.on_network { store.allow_network() } else { store }, env }
    }

    /// Returns a command as the user would write it to go on with the same stack, state and account.
    pub(crate) fn command(&self, name: &str, stack: &Path) -> String {
        let mut words = vec!["landfall".to_owned(), name.to_owned()];
        if stack != Path::new(STACK_FILE) {
            words.push(quoted(&stack.to_string_lossy()));
        }
        if let Some(state) = &self.state {
            words.extend(["--state".to_owned(), quoted(&state.to_string_lossy())]);
        }
        if self.simulate {
            words.push("--simulate".to_owned());
        }
        words.join(" ")
    }
}

/// Quotes a word for a shell, where it needs that.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@%,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_split_them() {
        assert_eq!(quoted("examples/quickstart.toml"), "examples/quickstart.toml");
        assert_eq!(quoted("my stack.toml"), "'my stack.toml'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
