//! Owns both streams: what is an answer goes to stdout, everything else to stderr.
//!
//! Text is written with its colours; the streams take them out again where they do not belong.

use std::fmt::Display;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};

use anstream::{AutoStream, ColorChoice};
use indicatif::{MultiProgress, ProgressDrawTarget};

use crate::failure::Failure;
use crate::terminal::Enduring;

/// What writing to a terminal answers that was closed. The same number on Linux, macOS and the BSDs.
const EIO: i32 = 5;

/// How much of a streamed answer goes out in one piece, in bytes.
const STREAMED_AT_ONCE: usize = 1 << 16;

/// As often as indicatif draws by itself.
const REDRAWN_A_SECOND: u8 = 20;

/// Where a command's words go. Clones write to the same streams.
#[derive(Debug, Clone)]
pub(crate) struct Printer {
    color: ColorChoice,
    quiet: bool,
    /// Whether stdout was a terminal at the start. One that was closed since is not known for one any more.
    on_terminal: bool,
    /// The lines at the foot of the terminal that change while we work. Whatever else is written must not run into
    /// them.
    live: Arc<Mutex<Option<MultiProgress>>>,
}

impl Printer {
    /// Returns a printer; `quiet` keeps progress and notes back, never answers and errors.
    pub(crate) fn new(color: ColorChoice, quiet: bool) -> Printer {
        Printer { color, quiet, on_terminal: io::stdout().is_terminal(), live: Arc::default() }
    }

    /// Writes an answer to stdout. A reader who went away is no error: what a command does, and the code that it ends
    /// with, do not depend on who reads it.
    ///
    /// # Errors
    /// If stdout cannot be written, on a full disk for example.
    pub(crate) fn answer(&self, text: impl Display) -> Result<(), Failure> {
        self.answered(self.undisturbed(|| write_to(AutoStream::new(io::stdout(), self.color), &text)))
    }

    /// Writes an answer to stdout as it comes into being, without colours: a document may be larger than all that it is
    /// made from.
    ///
    /// # Errors
    /// As [`Printer::answer`].
    pub(crate) fn stream(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
        self.answered(self.undisturbed(|| {
            let mut stdout = BufWriter::with_capacity(STREAMED_AT_ONCE, io::stdout().lock());
            write(&mut stdout)?;
            stdout.flush()
        }))
    }

    fn answered(&self, written: io::Result<()>) -> Result<(), Failure> {
        match written {
            Err(error) if self.is_gone(&error) => Ok(()),
            written => written.map_err(Failure::output),
        }
    }

    /// Tells whether nobody reads any more: a pipe without a reader, or a terminal that was closed.
    fn is_gone(&self, error: &io::Error) -> bool {
        let is_hung_up = self.on_terminal && error.raw_os_error() == Some(EIO);
        is_hung_up || error.kind() == io::ErrorKind::BrokenPipe
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
        let lines = MultiProgress::with_draw_target(ProgressDrawTarget::term_like_with_hz(
            Box::new(Enduring::stderr()),
            REDRAWN_A_SECOND,
        ));
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
