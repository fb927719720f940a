//! The Python environment that moto and boto3 live in. `tests/moto/environment.py` makes it; this only asks for it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// `tests/moto`.
pub(crate) fn moto_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/moto")
}

/// The interpreter that has what `tests/moto/requirements.txt` asks for. The first to ask, in whatever process, waits
/// for a `pip install`; from then on it lies in the target folder.
pub(crate) fn python() -> &'static Path {
    static PYTHON: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match PYTHON.get_or_init(make) {
        Ok(path) => path,
        Err(why) => panic!("the tests against moto need Python with venv.\n{why}"),
    }
}

fn make() -> Result<PathBuf, String> {
    // Cargo's own folder for what tests leave lies in the target folder, wherever that is.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
    let asked = Command::new("python3").arg("-B").arg(moto_folder().join("environment.py")).arg(target).output();
    let answer = asked.map_err(|error| {
        format!("python3 cannot be started: {error}. On Debian and Ubuntu: apt-get install python3 python3-venv")
    })?;
    if !answer.status.success() {
        return Err(String::from_utf8_lossy(&answer.stderr).into_owned());
    }
    Ok(PathBuf::from(String::from_utf8_lossy(&answer.stdout).trim()))
}

/// A Python program of `tests/moto`, ready to be started. Nothing of this process's environment reaches it but the
/// path, so that no key or proxy of the developer's does.
pub(crate) fn program(name: &str) -> Command {
    let mut command = Command::new(python());
    command.arg("-B").arg(moto_folder().join(name));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("LC_ALL", "C.UTF-8");
    command
}
