//! What can be wrong with a stack file.

use std::fmt;
use std::io;
use std::path::PathBuf;

use landfall_aws_blueprint::stack::{self, Diagnostic};

/// Everything that is wrong with a stack file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    /// The file.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
    /// What is wrong, each at its place.
    pub diagnostics: Vec<Diagnostic>,
}

impl Problems {
    /// Returns all of them with the lines that they stand in, in colour or without.
    pub fn render(&self, color: bool) -> String {
        stack::render(&self.diagnostics, &self.path.display().to_string(), &self.text, color)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Problems {}

/// A stack file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum StackFileError {
    /// There is none.
    #[error("there is no stack file {}", .0.display())]
    NotFound(PathBuf),
    /// It is a directory.
    #[error("{} is a directory", .0.display())]
    IsADirectory(PathBuf),
    /// It is something else than text.
    #[error("the stack file {} cannot be read", .0.display())]
    NotText(PathBuf),
    /// It is longer than any stack file.
    #[error("the stack file {} is longer than 1 MiB", .0.display())]
    TooLong(PathBuf),
    /// The system refuses.
    #[error("the stack file {} cannot be read", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}
