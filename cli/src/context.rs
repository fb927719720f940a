//! What every command is given besides its own arguments.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use landfall_simulator::crashing::CrashingHttp;

use crate::args::STACK_FILE;
use crate::interrupt::Interrupts;
use crate::printer::Printer;
use crate::simulation::Simulation;

/// Which account a command is about.
#[derive(Debug, Clone)]
pub(crate) enum Account {
    /// The real one that the SDK's configuration leads to.
    Aws,
    /// The simulated one beside the state.
    Simulated,
    /// One in memory, whose client may be killed.
    Rehearsed(CrashingHttp),
}

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
    /// Which account is meant.
    pub(crate) account: Account,
    /// What a simulated account is like.
    pub(crate) simulation: Simulation,
    /// The whole command line, for the history and the lock.
    pub(crate) command_line: String,
    /// When the command began.
    pub(crate) now: Timestamp,
    /// In which zone people here read times.
    pub(crate) zone: TimeZone,
}

impl Context {
    /// Returns a command as the user would write it to go on with the same stack, state and account.
    pub(crate) fn command(&self, name: &str, stack: &Path) -> String {
        let mut words = vec!["landfall".to_owned(), name.to_owned()];
        if stack != Path::new(STACK_FILE) {
            words.push(quoted(&stack.to_string_lossy()));
        }
        if let Some(state) = &self.state {
            words.extend(["--state".to_owned(), quoted(&state.to_string_lossy())]);
        }
        if matches!(self.account, Account::Simulated) {
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
