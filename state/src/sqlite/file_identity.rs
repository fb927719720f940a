//! Whether the files of an open state are still those that were opened.
//!
//! A file that was deleted or replaced can be written for as long as it is open, and nobody ever reads what is written.
//! So each transaction that writes looks first whether the names still lead to the same files.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::lock::lock_path;

/// What happened to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileChange {
    /// It was deleted, or moved away.
    Deleted,
    /// Another file has its name.
    Replaced,
}

impl std::fmt::Display for FileChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            FileChange::Deleted => "deleted",
            FileChange::Replaced => "replaced by another file",
        })
    }
}

/// A file that is not any more what was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileReplaced {
    pub(crate) file: PathBuf,
    pub(crate) change: FileChange,
}

/// A file, whatever its name: its device and its number on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Inode(u64, u64);

impl Inode {
    /// Returns that of the file which this path leads to.
    pub(crate) fn of(path: &Path) -> io::Result<Inode> {
        inode(path)
    }
}

/// What the names of a state's files led to when they were seen first.
#[derive(Debug)]
pub(crate) struct FileIdentity {
    files: Vec<(PathBuf, OnceLock<Inode>)>,
}

impl FileIdentity {
    /// Looks at the files of a state that was just opened for writing. The log and the lock file may come later.
    pub(crate) fn of(state: &Path) -> FileIdentity {
        // SQLite keeps the log beside the file that a link leads to.
        let mut log = state.canonicalize().unwrap_or_else(|_| state.to_owned()).into_os_string();
        log.push("-wal");
        let files = [state.to_owned(), log.into(), lock_path(state)];
        let file_identity = FileIdentity { files: files.into_iter().map(|file| (file, OnceLock::new())).collect() };
        // What cannot be looked at now is looked at again before the first write.
        let _ = file_identity.check();
        file_identity
    }

    /// Looks again. A file that cannot be looked at is taken to be as it was: the write itself will tell.
    pub(crate) fn check(&self) -> Result<(), FileReplaced> {
        for (file, seen) in &self.files {
            let changed = |change| Err(FileReplaced { file: file.clone(), change });
            match (inode(file), seen.get()) {
                (Ok(found), None) => drop(seen.set(found)),
                (Ok(found), Some(known)) if found != *known => return changed(FileChange::Replaced),
                (Err(error), Some(_)) if error.kind() == io::ErrorKind::NotFound => {
                    return changed(FileChange::Deleted);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// By path: the database file must not be opened, see `files.rs`.
#[cfg(unix)]
fn inode(path: &Path) -> io::Result<Inode> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).map(|metadata| Inode(metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn inode(path: &Path) -> io::Result<Inode> {
    std::fs::metadata(path).map(|_| Inode(0, 0))
}
