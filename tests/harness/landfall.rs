//! The binary, in a folder and an environment of its own.

use super::{Moto, wait};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;
use tempfile::TempDir;

const LIMIT: Duration = Duration::from_secs(120);

/// Nothing listens there: a test without a server that calls AWS all the same is refused, and never reaches AWS.
const NOWHERE: &str = "http://127.0.0.1:9";

/// A folder with a stack file, and the environment in which the binary is run there: that of a person with an account
/// and nothing else, whatever the developer's own is.
pub(crate) struct Landfall {
    folder: TempDir,
    environment: BTreeMap<String, String>,
    limit: Duration,
}

impl Landfall {
    /// With `landfall.toml` and an account in the moto server.
    pub(crate) fn with_stack(moto: &Moto, stack: &str) -> Self {
        Self::at(&moto.endpoint(), stack)
    }

    /// With `landfall.toml` and without any account: for what needs none, and for `--simulate`.
    pub(crate) fn offline(stack: &str) -> Self {
        Self::at(NOWHERE, stack)
    }

    fn at(endpoint: &str, stack: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let home = folder.path().join("home");
        std::fs::create_dir(&home).expect("a folder in a fresh folder");
        let mut this = Self { folder, environment: BTreeMap::new(), limit: LIMIT };
        this.write("landfall.toml", stack);
        this.set("HOME", &home.to_string_lossy());
        this.set("PATH", &std::env::var("PATH").unwrap_or_default());
        this.set("LC_ALL", "C.UTF-8");
        this.set("TZ", "UTC");
        this.set("COLUMNS", "100");
        this.set("AWS_ENDPOINT_URL", endpoint);
        this.set("AWS_ACCESS_KEY_ID", "AKIAFAKEFAKEFAKEFAKE");
        this.set("AWS_SECRET_ACCESS_KEY", "fake");
        this.set("AWS_EC2_METADATA_DISABLED", "true");
        this
    }

    /// Sets a variable for the runs to come, `NO_COLOR` for example, which is unset as are all that are not named
    /// above.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn unset(&mut self, name: &str) -> &mut Self {
        self.environment.remove(name);
        self
    }

    /// How long a run may take. One that takes longer is killed, and the test fails with what it has said until then.
    pub(crate) fn limit(&mut self, limit: Duration) -> &mut Self {
        self.limit = limit;
        self
    }

    /// The folder that the binary is run in.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file of that folder: another stack file, or a new text of `landfall.toml`.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        path
    }

    pub(crate) fn read(&self, name: &str) -> String {
        let path = self.path(name);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Runs the binary to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.spawn(arguments).wait()
    }

    /// Runs `plan` with these arguments until there is nothing left to do. The next run in a simulated account starts at
    /// the time of its last change, so what came up since may be seen coming up once more; but nothing is to be made or
    /// to go.
    #[track_caller]
    pub(crate) fn settles(&self, arguments: &[&str]) {
        let plan = |last: &str| self.run(&[&["plan"], arguments, &[last]].concat());
        let summary = plan("--json").success().json()["summary"].take();
        for action in ["create", "replace", "delete"] {
            assert_eq!(summary[action], 0, "{action} in a plan after an apply: {summary}");
        }
        let settled = wait::until(self.limit, || (plan("--detailed-exitcode").code == Some(0)).then_some(()));
        assert_eq!(settled, Some(()), "a plan without changes was to come");
    }

    /// Starts the binary, for a test that does something to it, or beside it, while it runs.
    pub(crate) fn spawn(&self, arguments: &[&str]) -> Running {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("cargo has built the binary");
        // Both are read as they come: a pipe that nobody reads fills up, and the binary would wait for ever.
        let stdout = read_along(child.stdout.take());
        let stderr = read_along(child.stderr.take());
        let line = format!("landfall {}", arguments.join(" "));
        Running { child, line, stdout, stderr, limit: self.limit }
    }

    /// The binary with its arguments in this folder and environment, for what `run` and `spawn` cannot do.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_landfall"));
        command.args(arguments).current_dir(self.folder()).env_clear().envs(&self.environment);
        command
    }
}

fn read_along<R: Read + Send + 'static>(pipe: Option<R>) -> Option<JoinHandle<String>> {
    let mut pipe = pipe.expect("a pipe");
    Some(std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    }))
}

/// A run that has not ended. It is killed if the test ends before it.
pub(crate) struct Running {
    child: Child,
    line: String,
    stdout: Option<JoinHandle<String>>,
    stderr: Option<JoinHandle<String>>,
    limit: Duration,
}

impl Running {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What Ctrl-C sends.
    pub(crate) fn interrupt(&self) {
        self.signal("INT");
    }

    /// Sends a signal by its name without SIG. (The standard library can only kill.)
    pub(crate) fn signal(&self, name: &str) {
        // Not waited for yet, so the number is still that of this child.
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.id().to_string()).status();
        assert!(sent.is_ok_and(|status| status.success()), "kill -{name} {} ({})", self.id(), self.line);
    }

    /// kill -9: the binary can do nothing about it.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("a child of this process can be killed");
    }

    /// Asks until `ready` holds, while it runs; for a test that waits for something to have happened in the account.
    pub(crate) fn while_running(&mut self, mut ready: impl FnMut() -> bool) {
        let child = &mut self.child;
        let held = wait::until(self.limit, || {
            let ended = child.try_wait().expect("a child of this process").is_some();
            // Asked once more after the end: it may have come true with it.
            (ready() || ended).then_some(!ended)
        });
        assert_eq!(held, Some(true), "{} was to be still running when this came true", self.line);
    }

    /// Its end and all it has said.
    ///
    /// # Panics
    /// When it does not end in time; it is killed then.
    pub(crate) fn wait(mut self) -> Output {
        let ended = wait::for_end(&mut self.child, self.limit);
        if ended.is_none() {
            wait::end(&mut self.child);
        }
        let output = Output {
            line: std::mem::take(&mut self.line),
            code: ended.and_then(|status| status.code()),
            stdout: joined(&mut self.stdout),
            stderr: joined(&mut self.stderr),
        };
        assert!(ended.is_some(), "did not end within {:?}\n{}", self.limit, output.transcript());
        output
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        wait::end(&mut self.child);
    }
}

fn joined(reader: &mut Option<JoinHandle<String>>) -> String {
    reader.take().and_then(|reader| reader.join().ok()).unwrap_or_default()
}

/// What a run has left.
#[derive(Debug)]
pub(crate) struct Output {
    line: String,
    /// `None` when a signal has ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Output {
    /// Exit code 0, or the test fails with all that was said.
    #[track_caller]
    pub(crate) fn success(self) -> Self {
        self.exits(0)
    }

    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "exit code of\n{}", self.transcript());
        self
    }

    /// Ended by a signal, not by itself.
    #[track_caller]
    pub(crate) fn killed(self) -> Self {
        assert_eq!(self.code, None, "exit code of\n{}", self.transcript());
        self
    }

    /// Standard output as the one JSON document that `--json` promises.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        match serde_json::from_str(&self.stdout) {
            Ok(value) => value,
            Err(error) => panic!("stdout is not one JSON document: {error}\n{}", self.transcript()),
        }
    }

    /// Standard output as JSON lines, as `apply --json` and `destroy --json` write them.
    #[track_caller]
    pub(crate) fn json_lines(&self) -> Vec<Value> {
        let parse = |line: &str| match serde_json::from_str(line) {
            Ok(value) => value,
            Err(error) => panic!("stdout has a line that is no JSON: {error}\n{line}\n{}", self.transcript()),
        };
        self.stdout.lines().map(parse).collect()
    }

    /// The last of those lines.
    #[track_caller]
    pub(crate) fn summary(&self) -> Value {
        let last = self.json_lines().pop().unwrap_or_default();
        assert_eq!(last["type"], "summary", "the last line of\n{}", self.transcript());
        last
    }

    /// Standard error contains the text.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "stderr lacks {text:?}\n{}", self.transcript());
        self
    }

    /// Standard output contains the text.
    #[track_caller]
    pub(crate) fn shows(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "stdout lacks {text:?}\n{}", self.transcript());
        self
    }

    fn transcript(&self) -> String {
        let Self { line, code, stdout, stderr } = self;
        let code = code.map_or("a signal".to_owned(), |code| code.to_string());
        format!("$ {line}\n--- stdout\n{stdout}--- stderr\n{stderr}--- ended by {code}\n")
    }
}
