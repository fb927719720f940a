//! The contract, for the state in a file. Crashes are those of real processes.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::contract::{Harness, life, run};
use crate::crash_point::CrashPoint;
use crate::sqlite::crash::CRASH_POINT;
use crate::{SqliteStore, SqliteWriter};

crate::store_contract!(OnDisk::new);

struct OnDisk(tempfile::TempDir);

impl OnDisk {
    fn new() -> OnDisk {
        OnDisk(tempfile::tempdir().expect("a directory"))
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("acme.db")
    }
}

/// The variable that names the state of a process that is to die.
const STATE: &str = "LANDFALL_STATE_TEST_LIFE_OF";

/// Where such a process writes down how many writes were acknowledged.
fn acknowledged_by(state: &Path) -> PathBuf {
    state.with_extension("acknowledged")
}

/// Not a test unless [`OnDisk::die_at`] starts it.
#[test]
fn process_that_lives_until_a_crash_point() {
    let Some(path) = std::env::var_os(STATE).map(PathBuf::from) else { return };
    let acknowledged = Cell::new(0);
    let lived = run(life(&SqliteStore::new(&path), &mut async || {
        acknowledged.set(acknowledged.get() + 1);
        std::fs::write(acknowledged_by(&path), acknowledged.get().to_string()).expect("written down");
    }));
    lived.expect("a life until the crash point, or to its end");
}

impl Harness for OnDisk {
    type Store = SqliteStore;

    fn store(&self) -> SqliteStore {
        SqliteStore::new(self.path())
    }

    /// The operating system's lock does not lapse, but a file server may lose it.
    async fn lapse(&self, holder: &SqliteWriter) {
        holder.lose_lock();
    }

    /// The operating system knows who is dead.
    async fn outlive_the_dead(&self) {}

    async fn die_at(&self, point: CrashPoint) -> Option<usize> {
        let status = Command::new(std::env::current_exe().expect("this test program"))
            .args(["--exact", "sqlite::tests::contract::process_that_lives_until_a_crash_point"])
            .env(STATE, self.path())
            .env(CRASH_POINT, point.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .expect("started");
        let acknowledged = std::fs::read_to_string(acknowledged_by(&self.path()));
        let count = || acknowledged.map_or(0, |text| text.parse().expect("a number"));
        // A test that fails ends with an exit code of its own; one that aborts has none.
        assert!(status.success() || status.code().is_none(), "the life failed: {status}");
        (!status.success()).then(count)
    }
}
