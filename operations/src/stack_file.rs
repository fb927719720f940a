//! The stack file: found, read, parsed; and where the state of its stack lies.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use landfall_aws_blueprint::stack::{self, Diagnostic, Stack};

use crate::error::Error;

pub use crate::error::{Problems, StackFileError};

/// A stack file that was read and holds a sound stack.
#[derive(Debug, Clone)]
pub struct StackFile {
    /// Where it is.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
    /// What that means.
    pub stack: Stack,
}

impl StackFile {
    /// Reads and parses a stack file.
    ///
    /// # Errors
    /// If it cannot be read, or with all of its problems.
    pub fn open(path: &Path) -> Result<StackFile, Error> {
        let text = read(path)?;
        StackFile::parse(path, text).map_err(Error::Problems)
    }

    /// Parses what stands in a stack file.
    ///
    /// # Errors
    /// With all of its problems.
    pub fn parse(path: &Path, text: String) -> Result<StackFile, Problems> {
        match stack::parse(&text) {
            Ok(stack) => Ok(StackFile { path: path.to_owned(), text, stack }),
            Err(diagnostics) => Err(Problems { path: path.to_owned(), text, diagnostics }),
        }
    }

    /// Returns the stack's name.
    pub fn name(&self) -> &str {
        self.stack.name.as_str()
    }

    /// Returns where the state of the stack lies: where it is said to, or beside the stack file.
    pub fn state_path(&self, said: Option<&Path>) -> PathBuf {
        said.map_or_else(|| state_beside(&self.path, self.name()), Path::to_owned)
    }

    /// Returns problems that only the account could tell, at their places in the file.
    pub(crate) fn problems(&self, diagnostics: Vec<Diagnostic>) -> Problems {
        Problems { path: self.path.clone(), text: self.text.clone(), diagnostics }
    }
}

/// Returns where the state of a stack lies if nobody says otherwise.
pub(crate) fn state_beside(stack_file: &Path, name: &str) -> PathBuf {
    stack_file.parent().unwrap_or(Path::new("")).join(".landfall").join(format!("{name}.db"))
}

/// A file of a hundred clusters has some 10 KiB. One of 30 MiB would take seconds to be refused for what it says.
const LENGTH_MAX: u64 = 1024 * 1024;

fn read(path: &Path) -> Result<String, StackFileError> {
    let refused = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => StackFileError::NotFound(path.to_owned()),
        io::ErrorKind::IsADirectory => StackFileError::IsADirectory(path.to_owned()),
        _ => StackFileError::Io { path: path.to_owned(), source },
    };
    let mut bytes = Vec::new();
    let reading = File::open(path).and_then(|file| file.take(LENGTH_MAX + 1).read_to_end(&mut bytes));
    reading.map_err(refused)?;
    if bytes.len() as u64 > LENGTH_MAX {
        return Err(StackFileError::TooLong(path.to_owned()));
    }
    String::from_utf8(bytes).map_err(|_| StackFileError::NotText(path.to_owned()))
}
