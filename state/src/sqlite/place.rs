//! Whether a state may lie where it is to lie.
//!
//! SQLite's write-ahead log lives in memory that all processes share, "so all processes using a database must be on the
//! same host computer; WAL does not work over a network filesystem" (<https://sqlite.org/wal.html>). And the lock of the
//! operating system, on which one writer at a time rests, holds on such file systems between machines, on one machine
//! only, or not at all, as the server likes it.

use std::path::{Path, PathBuf};

use crate::store_error::StoreFault;

/// A state must not lie on this file system.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the state {} would lie on a file system that is shared over a network ({filesystem})", .path.display())]
pub struct OnNetwork {
    /// The state.
    pub path: PathBuf,
    /// What the file system is called.
    pub filesystem: String,
}

impl StoreFault for OnNetwork {
    fn advice(&self) -> &'static str {
        "keep it on a disk of this machine: `--state ~/.local/state/landfall/NAME.db`, for example"
    }
}

/// Refuses a place that is shared over a network. Where the operating system does not tell, the place is taken to be
/// local.
///
/// # Errors
/// [`OnNetwork`] if the file, or the directory that it is to be made in, lies on such a file system.
pub fn check_place(state: &Path) -> Result<(), OnNetwork> {
    let absolute = std::path::absolute(state).unwrap_or_else(|_| state.to_owned());
    let Some(existing) = absolute.ancestors().find(|path| path.exists()) else { return Ok(()) };
    match filesystem_of(existing).and_then(|(magic, name)| network_name(magic, name.as_deref())) {
        Some(filesystem) => Err(OnNetwork { path: state.to_owned(), filesystem }),
        None => Ok(()),
    }
}

/// `FUSE_SUPER_MAGIC` of `statfs(2)`: everything whose file system is a program, be it on a disk or across the world.
const FUSE: u64 = 0x6573_5546;

/// Programs behind FUSE that keep files on other machines, by the subtype that mount shows.
const REMOTE_PROGRAMS: &[&str] = &[
    "beegfs",
    "blobfuse",
    "blobfuse2",
    "ceph",
    "cephfs",
    "curlftpfs",
    "davfs",
    "davfs2",
    "gcsfuse",
    "glusterfs",
    "goofys",
    "google-drive-ocamlfuse",
    "juicefs",
    "mount-s3",
    "mountpoint-s3",
    "onedriver",
    "rclone",
    "s3fs",
    "s3backer",
    "seaweedfs",
    "smbnetfs",
    "sshfs",
];

/// Returns what a network file system is called, from what `statfs(2)` calls its type and, behind FUSE, from the name
/// that mount shows (`fuse.sshfs`). `None` for a local one, and for one that is not known.
fn network_name(magic: u64, name: Option<&str>) -> Option<String> {
    // The numbers are those of statfs(2) and of linux/magic.h.
    let known = match magic {
        0x6969 => "NFS",
        0x517b => "SMB",
        0xff53_4d42 => "CIFS",
        0xfe53_4d42 => "SMB 2",
        0x0102_1997 => "9p",
        0x00c3_6400 => "CephFS",
        0x7375_7245 => "Coda",
        0x5346_414f | 0x6b41_4653 => "AFS",
        0x7461_636f => "OCFS2",
        0x0116_1970 => "GFS2",
        0x0bd0_0bd0 | 0x0bd0_0bd3 => "Lustre",
        0x4750_4653 => "GPFS",
        0x1983_0326 => "BeeGFS",
        0x564c => "NCP",
        0x786f_4256 => "a shared folder of VirtualBox",
        0xbacb_acbc => "a shared folder of VMware",
        FUSE => {
            let program = name?.strip_prefix("fuse.")?;
            let program = program.rsplit('/').next().unwrap_or(program);
            return REMOTE_PROGRAMS.contains(&program).then(|| format!("FUSE, {program}"));
        }
        _ => return None,
    };
    Some(known.to_owned())
}

/// Returns the type of the file system, and its name where the type alone says too little.
#[cfg(target_os = "linux")]
fn filesystem_of(path: &Path) -> Option<(u64, Option<String>)> {
    // The C library gives the number as signed on some machines; the lower 32 bits are what is defined.
    let magic = u64::from(rustix::fs::statfs(path).ok()?.f_type as u32);
    let name = || {
        let canonical = path.canonicalize().ok()?;
        mounted_name(&std::fs::read_to_string("/proc/self/mountinfo").ok()?, &canonical)
    };
    Some((magic, if magic == FUSE { name() } else { None }))
}

#[cfg(not(target_os = "linux"))]
fn filesystem_of(_path: &Path) -> Option<(u64, Option<String>)> {
    None
}

/// Returns the name of the file system that a path lies on, from the lines of `/proc/self/mountinfo`
/// (`proc_pid_mountinfo(5)`): the fifth field is the mount point, the first after ` - ` the type. The longest mount point
/// above the path is the one, and of two at one place the later.
#[cfg(any(target_os = "linux", test))]
fn mounted_name(mountinfo: &str, path: &Path) -> Option<String> {
    let mounts = mountinfo.lines().filter_map(|line| {
        let (mount, filesystem) = line.split_once(" - ")?;
        let point = mount.split(' ').nth(4)?.replace("\\040", " ");
        path.starts_with(&point).then(|| (point.len(), filesystem.split(' ').next().unwrap_or_default()))
    });
    mounts.max_by_key(|(length, _)| *length).map(|(_, name)| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_on_other_machines_is_known_by_its_number() {
        for (magic, name) in [
            (0x6969, "NFS"),
            (0x517b, "SMB"),
            (0xff53_4d42, "CIFS"),
            (0xfe53_4d42, "SMB 2"),
            (0x0102_1997, "9p"),
            (0x00c3_6400, "CephFS"),
            (0x0bd0_0bd3, "Lustre"),
        ] {
            assert_eq!(network_name(magic, None).as_deref(), Some(name));
        }
        // ext4, XFS, Btrfs, tmpfs, overlayfs, ZFS, and a number that nobody has given yet.
        for magic in [0xef53, 0x5846_5342, 0x9123_683e, 0x0102_1994, 0x794c_7630, 0x2fc1_2fc1, 0x1234] {
            assert_eq!(network_name(magic, None), None, "{magic:#x}");
        }
    }

    #[test]
    fn behind_fuse_the_program_decides() {
        assert_eq!(network_name(FUSE, Some("fuse.sshfs")).as_deref(), Some("FUSE, sshfs"));
        assert_eq!(network_name(FUSE, Some("fuse./usr/bin/s3fs")).as_deref(), Some("FUSE, s3fs"));
        for local in [Some("fuseblk"), Some("fuse.gocryptfs"), Some("fuse.mergerfs"), Some("virtiofs"), None] {
            assert_eq!(network_name(FUSE, local), None, "{local:?}");
        }
    }

    #[test]
    fn the_innermost_mount_is_the_one() {
        let mountinfo = "22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n\
                         40 22 0:50 / /home/kim/far rw - fuse.sshfs kim@far: rw\n\
                         41 22 0:51 / /home/kim/two\\040words rw - fuse.rclone x rw\n\
                         not a mount\n";
        let name = |path: &str| mounted_name(mountinfo, Path::new(path));
        assert_eq!(name("/home/kim/far/.landfall").as_deref(), Some("fuse.sshfs"));
        assert_eq!(name("/home/kim/two words/x").as_deref(), Some("fuse.rclone"));
        assert_eq!(name("/home/kim/farther").as_deref(), Some("ext4"));
    }

    #[test]
    fn a_place_that_is_not_there_yet_is_judged_by_what_is_above_it() {
        let directory = tempfile::tempdir().expect("a directory");
        assert_eq!(check_place(&directory.path().join("made/later/acme.db")), Ok(()));
    }
}
