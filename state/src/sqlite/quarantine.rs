//! Tells whether all of a state can be read, and moves one aside that cannot, so that a new one can take its place.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::error::StateError;
use super::files;
use super::lock::Lock;
use super::state::State;
use crate::store_error::StoreFault;

/// What SQLite keeps beside a database. Left behind, a write-ahead log would be taken for the new state's.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

/// A state was not set aside. It is where it was.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QuarantineError {
    /// It can be read, or what is wrong with it is no damage.
    #[error("the state {} is not damaged", .path.display())]
    NotDamaged {
        /// The state.
        path: PathBuf,
    },
    /// The file system refuses.
    #[error("the damaged state {} could not be moved aside", .path.display())]
    Refused {
        /// The state.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl StoreFault for QuarantineError {
    fn advice(&self) -> &'static str {
        match self {
            QuarantineError::NotDamaged { .. } => "it can be used as it is",
            QuarantineError::Refused { .. } => {
                "its folder must be writable; or move the file yourself, then run the same command again"
            }
        }
    }
}

/// Moves the state at this path to `NAME.db.damaged-TIME` and returns where it is then. Nothing is deleted, and nothing
/// that was moved aside earlier is written over.
///
/// The caller holds the lock of the state, and has no handle of it open.
///
/// # Errors
/// If the file system refuses. The database itself moves last, so a state is there until all of it has moved.
pub fn quarantine(_lock: &Lock, state: &Path, now: Timestamp) -> io::Result<PathBuf> {
    // A link stays where it is; what it leads to moves.
    let state = state.canonicalize()?;
    let second = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let names = (1..).map(|count: u32| if count == 1 { second.clone() } else { format!("{second}-{count}") });
    let aside = names
        .map(|name| with_suffix(&state, &format!(".damaged-{name}")))
        .find(|aside| !aside.exists())
        .ok_or_else(|| io::Error::other("every name for it is taken"))?;
    for suffix in BESIDE {
        match fs::rename(with_suffix(&state, suffix), with_suffix(&aside, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    fs::rename(&state, &aside)?;
    files::sync_directory(state.parent().unwrap_or(Path::new("/")))?;
    Ok(aside)
}

impl State {
    /// Reads everything that a command may need later, so that damage shows before anything rests on it.
    ///
    /// # Errors
    /// [`StateError::Damaged`] names the first row that cannot be read.
    pub fn read_through(&self) -> Result<(), StateError> {
        self.identity()?;
        self.recorded()?;
        self.facts()?;
        self.open_intents()?;
        self.history(1)?;
        Ok(())
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("an entry").file_name());
        let mut names: Vec<String> = entries.map(|name| name.to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn all_of_it_moves_and_nothing_is_written_over() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("acme.db");
        let lock = Lock::acquire(&path, "landfall recover").expect("a free lock");
        for text in ["first", "second"] {
            fs::write(&path, text).expect("written");
            fs::write(directory.path().join("acme.db-wal"), text).expect("written");
            let aside = quarantine(&lock, &path, NOW).expect("moved");
            assert_eq!(fs::read_to_string(aside).expect("it is there"), text);
        }
        assert_eq!(
            names(directory.path()),
            [
                "acme.db.damaged-19700101T000000Z",
                "acme.db.damaged-19700101T000000Z-2",
                "acme.db.damaged-19700101T000000Z-2-wal",
                "acme.db.damaged-19700101T000000Z-wal",
                "acme.db.lock",
            ]
        );
        drop(State::open(&path).expect("a new state in its place"));
    }

    #[cfg(unix)]
    #[test]
    fn of_a_link_the_file_moves_that_it_leads_to() {
        let directory = tempfile::tempdir().expect("a directory");
        let (path, link) = (directory.path().join("real.db"), directory.path().join("acme.db"));
        fs::write(&path, "damaged").expect("written");
        std::os::unix::fs::symlink(&path, &link).expect("linked");
        let lock = Lock::acquire(&link, "landfall recover").expect("a free lock");
        quarantine(&lock, &link, NOW).expect("moved");
        assert!(!path.exists() && link.is_symlink());
        assert!(directory.path().join("real.db.damaged-19700101T000000Z").exists());
    }
}
