//! The terminal under the lines that change.
//!
//! indicatif ends the process when its terminal cannot be written. A terminal that is closed in the middle of a run must
//! not end the run, so here whatever it answers is taken for well.

use std::io;

use console::Term;
use indicatif::TermLike;

/// The error stream's terminal, whether or not it is still there.
#[derive(Debug)]
pub(crate) struct Enduring(Term);

impl Enduring {
    /// Returns the terminal of the error stream.
    pub(crate) fn stderr() -> Enduring {
        Enduring(Term::buffered_stderr())
    }
}

/// What could not be written was not read either.
fn endured(_written: io::Result<()>) -> io::Result<()> {
    Ok(())
}

impl TermLike for Enduring {
    fn width(&self) -> u16 {
        self.0.size().1
    }

    fn height(&self) -> u16 {
        self.0.size().0
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        endured(self.0.move_cursor_up(n))
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        endured(self.0.move_cursor_down(n))
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        endured(self.0.move_cursor_right(n))
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        endured(self.0.move_cursor_left(n))
    }

    fn write_line(&self, s: &str) -> io::Result<()> {
        endured(self.0.write_line(s))
    }

    fn write_str(&self, s: &str) -> io::Result<()> {
        endured(self.0.write_str(s))
    }

    fn clear_line(&self) -> io::Result<()> {
        endured(self.0.clear_line())
    }

    fn flush(&self) -> io::Result<()> {
        endured(self.0.flush())
    }
}
