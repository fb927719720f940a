//! The files of a state on disk: made for their owner alone.
//!
//! A trap lies here. SQLite guards the database file by POSIX locks, and those of a whole process are gone as soon as
//! it closes *any* handle of that file: another process could then believe to be the last one and remove the
//! write-ahead log under our feet (<https://sqlite.org/howtocorrupt.html>, section 2.2). So the database file is
//! never opened here, except to make one that did not exist; its mode is changed by path.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// Makes an empty database file if there is none, with its directory, and sees to it that only the owner can read it.
/// SQLite gives the files that it keeps beside it (`-wal`, `-shm`) the same mode.
pub(crate) fn make_database(path: &Path) -> io::Result<()> {
    let directory = make_directory_of(path)?;
    match private(OpenOptions::new().write(true).create_new(true)).open(path) {
        Ok(_) => sync_directory(&directory),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => keep_private(path),
        Err(error) => Err(error),
    }
}

/// Opens the lock file, and makes it if there is none, with its directory.
pub(crate) fn open_lock_file(path: &Path) -> io::Result<File> {
    make_directory_of(path)?;
    private(OpenOptions::new().read(true).write(true).create(true).truncate(false)).open(path)
}

fn make_directory_of(path: &Path) -> io::Result<PathBuf> {
    let directory = path.parent().unwrap_or(Path::new("/")).to_owned();
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&directory)?;
    Ok(directory)
}

/// The name of a new file is durable only once its directory is.
pub(crate) fn sync_directory(directory: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(directory)?.sync_all() } else { Ok(()) }
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

#[cfg(unix)]
fn keep_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let mode = metadata.permissions().mode();
    // A state that was copied or restored has the mode that the copying gave it.
    if mode & 0o077 == 0 { Ok(()) } else { fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o700)) }
}

#[cfg(not(unix))]
fn keep_private(path: &Path) -> io::Result<()> {
    if fs::metadata(path)?.is_file() { Ok(()) } else { Err(io::Error::other("it is not a file")) }
}
