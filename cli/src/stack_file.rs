//! The stack file: found, read, parsed; and where the state of its stack lies.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use landfall_aws_blueprint::stack::{self, Diagnostic, Stack};

use crate::args::STACK_FILE;
use crate::failure::{Explanation, Failure, NOTHING_CHANGED};
use crate::printer::Printer;

/// A stack file that was read and holds a sound stack.
#[derive(Debug, Clone)]
pub(crate) struct StackFile {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// What it says.
    pub(crate) text: String,
    /// What that means.
    pub(crate) stack: Stack,
}

impl StackFile {
    /// Reads and parses a stack file.
    ///
    /// # Errors
    /// If it cannot be read, or with all of its problems.
    pub(crate) fn open(path: &Path, printer: &Printer) -> Result<StackFile, Failure> {
        let text = read(path)?;
        match stack::parse(&text) {
            Ok(stack) => Ok(StackFile { path: path.to_owned(), text, stack }),
            Err(problems) => Err(problems_of(path, &text, &problems, printer)),
        }
    }

    /// Returns the stack's name.
    pub(crate) fn name(&self) -> &str {
        self.stack.name.as_str()
    }

    /// Returns where the state of the stack lies: where `--state` says, or beside the stack file.
    pub(crate) fn state_path(&self, flag: Option<&Path>) -> PathBuf {
        let beside =
            || self.path.parent().unwrap_or(Path::new("")).join(".landfall").join(format!("{}.db", self.name()));
        flag.map_or_else(beside, Path::to_owned)
    }

    /// Returns problems that only the account could tell, at their places in the file.
    pub(crate) fn problems(&self, problems: &[Diagnostic], printer: &Printer) -> Failure {
        problems_of(&self.path, &self.text, problems, printer)
    }
}

fn problems_of(path: &Path, text: &str, problems: &[Diagnostic], printer: &Printer) -> Failure {
    let name = path.display().to_string();
    Failure::rendered(stack::render(problems, &name, text, printer.colors_errors()))
}

fn read(path: &Path) -> Result<String, Failure> {
    let refused = |error: io::Error| {
        let what = format!("the stack file {} cannot be read", path.display());
        match error.kind() {
            io::ErrorKind::NotFound => Explanation::new(format!("there is no stack file {}", path.display()))
                .next("`landfall init` makes one here; or name yours, as in `landfall plan path/to/landfall.toml`"),
            io::ErrorKind::IsADirectory => Explanation::new(format!("{} is a directory", path.display()))
                .next(format!("name the file in it, such as {}", path.join(STACK_FILE).display())),
            io::ErrorKind::InvalidData => Explanation::new(what)
                .meaning("a stack file is UTF-8 text, and this is something else")
                .next("name another file, or save it as UTF-8"),
            _ => Explanation::new(what).because(&error),
        }
    };
    let mut bytes = Vec::new();
    let reading = File::open(path).and_then(|file| file.take(LENGTH_MAX + 1).read_to_end(&mut bytes));
    reading.map_err(refused)?;
    if bytes.len() as u64 > LENGTH_MAX {
        return Err(too_long(path));
    }
    String::from_utf8(bytes).map_err(|error| refused(io::Error::new(io::ErrorKind::InvalidData, error)).into())
}

/// A file of a hundred clusters has some 10 KiB. One of 30 MiB would take seconds to be refused for what it says.
const LENGTH_MAX: u64 = 1024 * 1024;

fn too_long(path: &Path) -> Failure {
    Explanation::new(format!("the stack file {} is longer than 1 MiB", path.display()))
        .meaning("a stack file is some kilobytes long, so this is something else")
        .kept(NOTHING_CHANGED)
        .next("name another file, as in `landfall plan path/to/landfall.toml`")
        .into()
}
