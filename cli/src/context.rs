//! What every command is given besides its own arguments.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use landfall_operations::Environment;
use landfall_operations::environment::Account;
use landfall_operations::event::Events;
use landfall_operations::simulated_account::SimulatedAccount;

use crate::args::STACK_FILE;
use crate::interrupt::Interrupts;
use crate::printer::Printer;
use crate::reader::Reader;

/// The world of a command.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    /// Where its words go.
    pub(crate) printer: Printer,
    /// Whether the user wants it to stop.
    pub(crate) interrupts: Interrupts,
    /// The world of the operations that it calls.
    pub(crate) env: Environment,
    /// What a simulated account is like.
    pub(crate) simulation: SimulatedAccount,
    /// When the command began.
    pub(crate) now: Timestamp,
    /// In which zone people here read times.
    pub(crate) zone: TimeZone,
}

impl Context {
    /// Returns the same with events told as JSON lines on stdout.
    pub(crate) fn with_json_lines(&self) -> Context {
        let events = Events::to(Reader::json(&self.printer));
        Context { env: Environment { events, ..self.env.clone() }, ..self.clone() }
    }

    /// Returns a command as the user would write it to go on with the same stack, state and account.
    pub(crate) fn command(&self, name: &str, stack: &Path) -> String {
        let mut words = vec!["landfall".to_owned(), name.to_owned()];
        if stack != Path::new(STACK_FILE) {
            words.push(quoted(&stack.to_string_lossy()));
        }
        if let Some(state) = &self.env.state {
            words.extend(["--state".to_owned(), quoted(&state.to_string_lossy())]);
        }
        if matches!(self.env.account, Account::Simulated(_)) {
            words.push("--simulate".to_owned());
        }
        words.join(" ")
    }

    /// Returns the same with the state kept there.
    pub(crate) fn with_state(&self, state: PathBuf) -> Context {
        Context { env: self.env.with_state(&state), ..self.clone() }
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
