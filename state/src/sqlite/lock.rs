//! One writer at a time.
//!
//! The lock is the operating system's lock on `NAME.db.lock` beside the state. It ends with the process that holds it,
//! however that process ends, so nobody has to break a lock. The file's content only tells people who holds it.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use super::files;
use crate::lease::Holder;
use crate::store_error::{AcquireError, StoreFault, named};
use crate::who::Who;

/// The lock of a state, held until it is dropped or the process ends.
#[derive(Debug)]
pub struct Lock {
    file: File,
    holder: Holder,
}

/// The lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody else holds it.
    #[error("the state {} is locked by {}", .path.display(), named(.holder.as_deref()))]
    Held {
        /// Who; `None` if the holder has not written it yet.
        holder: Option<Box<Holder>>,
        /// The state.
        path: PathBuf,
    },
    /// The lock file could not be made or written.
    #[error("the lock file {} could not be used", .path.display())]
    Io {
        /// The lock file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl StoreFault for LockError {
    fn advice(&self) -> &'static str {
        match self {
            LockError::Held { .. } => "wait until the other command has ended, then try again",
            LockError::Io { source, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    "make room on the disk, then run the same command again"
                }
                _ => "the state's directory must be writable: landfall writes down every step before it takes it",
            },
        }
    }
}

impl From<LockError> for AcquireError {
    fn from(error: LockError) -> AcquireError {
        match error {
            LockError::Held { holder, path } => AcquireError::Held { holder, location: path.display().to_string() },
            io @ LockError::Io { .. } => AcquireError::Unusable(io.into()),
        }
    }
}

/// Whether somebody holds the lock of a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Occupancy {
    Free,
    Held(Option<Box<Holder>>),
}

impl Lock {
    /// Takes the lock of the state at this path, for a command.
    ///
    /// Returns at once: there is no waiting, a plan made before the other run would be of no use after it.
    ///
    /// # Errors
    /// [`LockError::Held`] if another process, or another `Lock` of this one, holds it.
    pub fn acquire(state: &Path, command: &str) -> Result<Lock, LockError> {
        Lock::acquire_for(state, Who::current(), command)
    }

    /// Takes the lock in the name of this process.
    pub(crate) fn acquire_for(state: &Path, who: Who, command: &str) -> Result<Lock, LockError> {
        let path = lock_path(state);
        let io_error = |source| LockError::Io { path: path.clone(), source };
        let mut file = files::open_lock_file(&path).map_err(io_error)?;
        if !try_repeatedly(&file).map_err(io_error)? {
            let holder = read_holder(&mut file).map(Box::new);
            return Err(LockError::Held { holder, path: state.to_owned() });
        }
        let holder = Holder { who, command: command.to_owned(), since: Timestamp::now() };
        write_holder(&mut file, &holder).map_err(io_error)?;
        Ok(Lock { file, holder })
    }

    /// Returns what others are told about the holder.
    pub fn holder(&self) -> &Holder {
        &self.holder
    }

    /// Loses the lock without knowing it, as happens on a file system whose server forgets locks.
    #[cfg(test)]
    pub(crate) fn lose(&self) {
        self.file.unlock().expect("a lock that is held");
    }
}

impl Drop for Lock {
    /// Empties the lock file and leaves it where it is: if it were deleted, one process could lock the deleted file
    /// and another its successor. If the lock was lost, the content is its new holder's and stays.
    fn drop(&mut self) {
        let is_own = self.file.rewind().is_ok() && read_holder(&mut self.file).as_ref() == Some(&self.holder);
        // None of it can be answered here, and none matters: the lock ends when the file is closed, and whoever takes
        // it next overwrites the content.
        if is_own {
            let _ = self.file.set_len(0);
        }
        let _ = self.file.unlock();
    }
}

/// Tells whether somebody holds the lock of the state at this path.
pub(crate) fn occupancy(state: &Path) -> io::Result<Occupancy> {
    let mut file = match File::open(lock_path(state)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Occupancy::Free),
        Err(error) => return Err(error),
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(Occupancy::Free),
        Err(TryLockError::WouldBlock) => Ok(Occupancy::Held(read_holder(&mut file).map(Box::new))),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// A state that is reached by two names has one lock, so links are followed.
pub(crate) fn lock_path(state: &Path) -> PathBuf {
    let mut name = state.canonicalize().unwrap_or_else(|_| state.to_owned()).into_os_string();
    name.push(".lock");
    PathBuf::from(name)
}

/// A reader who asks whether the lock is held must hold it for an instant himself; that must not fail a run.
fn try_repeatedly(file: &File) -> io::Result<bool> {
    for _ in 0..5 {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(false)
}

fn write_holder(file: &mut File, holder: &Holder) -> io::Result<()> {
    let text = serde_json::to_string(holder)?;
    // What a dead holder left goes first: a longer text must not show behind a shorter one.
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(text.as_bytes())
}

/// Returns what the holder wrote, or nothing if it has not yet: the content is for people, so it is never an error.
fn read_holder(file: &mut File) -> Option<Holder> {
    let mut text = String::new();
    file.take(64 * 1024).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state_path() -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("made/by/acquire/acme.db");
        (directory, path)
    }

    #[test]
    fn a_second_holder_is_refused_and_the_first_is_named() {
        let (_directory, path) = state_path();
        let lock = Lock::acquire(&path, "landfall apply").expect("a free lock");
        let Err(LockError::Held { holder: Some(holder), path: named }) = Lock::acquire(&path, "landfall destroy")
        else {
            panic!("the lock was given twice, or its holder was not named");
        };
        assert_eq!((&*holder, &named), (lock.holder(), &path));
        assert!(holder.to_string().contains("`landfall apply`"), "{holder}");
        assert_eq!(occupancy(&path).expect("it can be asked"), Occupancy::Held(Some(holder)));
    }

    #[test]
    fn a_lock_ends_with_its_holder() {
        let (_directory, path) = state_path();
        drop(Lock::acquire(&path, "landfall apply").expect("a free lock"));
        assert_eq!(occupancy(&path).expect("it can be asked"), Occupancy::Free);
        drop(Lock::acquire(&path, "landfall apply").expect("free again"));
        assert!(lock_path(&path).exists(), "the lock file stays");
    }

    #[test]
    fn what_a_dead_holder_left_is_overwritten() {
        let (_directory, path) = state_path();
        drop(Lock::acquire(&path, "makes the directory").expect("a free lock"));
        std::fs::write(lock_path(&path), "x".repeat(10_000)).expect("written");
        assert_eq!(occupancy(&path).expect("it can be asked"), Occupancy::Free);
        let lock = Lock::acquire(&path, "landfall apply").expect("a dead holder holds nothing");
        let text = std::fs::read_to_string(lock_path(&path)).expect("a text");
        assert_eq!(serde_json::from_str::<Holder>(&text).expect("only the new holder"), *lock.holder());
    }

    #[cfg(unix)]
    #[test]
    fn a_state_with_two_names_has_one_lock() {
        let directory = tempfile::tempdir().expect("a directory");
        let (path, alias) = (directory.path().join("acme.db"), directory.path().join("alias.db"));
        std::fs::write(&path, "").expect("written");
        std::os::unix::fs::symlink(&path, &alias).expect("linked");
        let _lock = Lock::acquire(&path, "landfall apply").expect("a free lock");
        assert!(matches!(Lock::acquire(&alias, "landfall apply"), Err(LockError::Held { .. })));
    }

    /// Another process holds the lock, and then it is killed.
    #[test]
    fn a_killed_process_holds_nothing() {
        let (_directory, path) = state_path();
        drop(Lock::acquire(&path, "makes the directory").expect("a free lock"));
        let mut child = std::process::Command::new("flock")
            .arg(lock_path(&path))
            .args(["sh", "-c", "echo locked; exec cat"])
            .arg("--no-fork")
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn();
        let Ok(child) = &mut child else { panic!("this test needs `flock`, of util-linux") };
        let mut word = [0; 7];
        child.stdout.as_mut().expect("piped").read_exact(&mut word).expect("the child says that it has the lock");
        let refused = Lock::acquire(&path, "landfall apply");
        assert!(matches!(refused, Err(LockError::Held { holder: None, .. })), "{refused:?}");
        child.kill().expect("killed");
        child.wait().expect("ended");
        Lock::acquire(&path, "landfall apply").expect("a dead holder holds nothing");
    }

    #[cfg(unix)]
    #[test]
    fn the_lock_file_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let (_directory, path) = state_path();
        let _lock = Lock::acquire(&path, "landfall apply").expect("a free lock");
        let mode = |path: &Path| std::fs::metadata(path).expect("it exists").permissions().mode() & 0o777;
        assert_eq!(mode(&lock_path(&path)), 0o600);
        assert_eq!(mode(path.parent().expect("a directory")), 0o700);
    }
}
