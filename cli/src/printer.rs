//! Owns both streams: what is an answer goes to stdout, everything else to stderr.
//!
//! Text is written with its colours; the streams take them out again where they do not belong.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};

use anstream::{AutoStream, ColorChoice};
use indicatif::{MultiProgress, ProgressDrawTarget};

use crate::failure::Failure;

/// Where a command's words go. Clones write to the same streams.
#[derive(Debug, Clone)]
pub(crate) struct Printer {
    color: ColorChoice,
    quiet: bool,
    /// The lines at the foot of the terminal that change while we work. Whatever else is written must not run into
    /// them.
    live: Arc<Mutex<Option<MultiProgress>>>,
}

impl Printer {
    /// Returns a printer; `quiet` keeps progress and notes back, never answers and errors.
    pub(crate) fn new(color: ColorChoice, quiet: bool) -> Printer {
        Printer { color, quiet, live: Arc::default() }
    }

    /// Writes an answer to stdout. A reader who went away is no error: what a command does, and the code that it ends
    /// with, do not depend on who reads it.
    ///
    /// # Errors
    /// If stdout cannot be written, on a full disk for example.
    pub(crate) fn answer(&self, text: impl Display) -> Result<(), Failure> {
        match self.undisturbed(|| write_to(AutoStream::new(io::stdout(), self.color), &text)) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written.map_err(Failure::output),
        }
    }

    /// Writes a note or progress to stderr, unless the user wants quiet.
    pub(crate) fn note(&self, text: impl Display) {
        if !self.quiet {
            self.alert(text);
        }
    }

    /// Writes to stderr what must be read: errors, questions.
    pub(crate) fn alert(&self, text: impl Display) {
        // Nothing is left to tell it to when stderr itself is closed.
        let _ = self.undisturbed(|| write_to(AutoStream::new(io::stderr(), self.color), &text));
    }

    /// Tells whether somebody is there to answer a question.
    pub(crate) fn can_ask(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Opens lines at the foot of the terminal that change, if stderr is one that can show them.
    pub(crate) fn go_live(&self) -> Option<MultiProgress> {
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        if self.quiet || is_dumb || !io::stderr().is_terminal() {
            return None;
        }
        let lines = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        *self.live.lock().unwrap_or_else(PoisonError::into_inner) = Some(lines.clone());
        Some(lines)
    }

    /// Closes the lines that change.
    pub(crate) fn end_live(&self) {
        if let Some(lines) = self.live.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // A terminal that has gone away needs no clearing.
            let _ = lines.clear();
        }
    }

    /// Tells whether stderr shows colours.
    pub(crate) fn colors_errors(&self) -> bool {
        AutoStream::new(io::stderr(), self.color).current_choice() != ColorChoice::Never
    }

    fn undisturbed<T>(&self, write: impl FnOnce() -> T) -> T {
        let live = self.live.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match live {
            Some(lines) => lines.suspend(write),
            None => write(),
        }
    }
}

/// Writes in one piece, so that lines of several threads do not mix.
fn write_to(mut stream: impl Write, text: &impl Display) -> io::Result<()> {
    stream.write_all(text.to_string().as_bytes())?;
    stream.flush()
}
