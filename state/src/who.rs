//! Who is at work: user, machine, process.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A process and the person behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// The user's name.
    pub user: String,
    /// The machine's name.
    pub host: String,
    /// The process id on that machine.
    pub pid: u32,
}

impl Who {
    /// Returns this process.
    pub fn current() -> Who {
        Who { user: user(), host: host(), pid: std::process::id() }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{} (process {})", self.user, self.host, self.pid)
    }
}

/// In a container nobody sets the variables: then the number of the user must do.
fn user() -> String {
    ["USER", "LOGNAME", "USERNAME"]
        .iter()
        .filter_map(|variable| std::env::var(variable).ok())
        .find(|name| !name.is_empty())
        .or_else(user_number)
        .unwrap_or_else(unknown)
}

#[cfg(unix)]
fn user_number() -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    // The kernel gives a process's directory to the user that it runs as.
    std::fs::metadata("/proc/self").ok().map(|own| format!("uid-{}", own.uid()))
}

#[cfg(not(unix))]
fn user_number() -> Option<String> {
    None
}

fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .or_else(|| std::env::var("HOSTNAME").ok())
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(unknown)
}

fn unknown() -> String {
    "unknown".to_owned()
}
