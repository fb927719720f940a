//! A moto server of a test's own.

use super::{http, python, wait};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// Importing moto takes a second, on a machine that compiles at the same time several.
const START: Duration = Duration::from_secs(120);

/// A repaired moto (see `tests/moto`) on a free port of this machine. It ends with the value, and with this process.
pub(crate) struct Moto {
    server: Child,
    port: u16,
    _folder: TempDir,
}

impl Moto {
    /// Every change is immediate: instances run and NAT gateways are available at the first look.
    pub(crate) fn start() -> Self {
        Self::with_pending_reads(0)
    }

    /// Instances and NAT gateways are seen to have changed only after so many describes, on the way up and down.
    pub(crate) fn with_pending_reads(reads: u32) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (port_file, log) = (folder.path().join("port"), folder.path().join("log"));
        let mut server = python::program("server.py")
            .arg("--port-file")
            .arg(&port_file)
            .arg("--pending-reads")
            .arg(reads.to_string())
            // Held open by this process: the server ends when it does, even if it is killed.
            .arg("--until-stdin-closes")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(File::create(&log).expect("a file in a fresh folder"))
            .spawn()
            .expect("the interpreter that was just made");
        // The file appears whole, once the server answers.
        let ready = wait::until(START, || match std::fs::read_to_string(&port_file) {
            Ok(port) => Some(Some(port)),
            Err(_) => server.try_wait().expect("a child of this process").map(|_| None),
        });
        let Some(Some(port)) = ready else {
            wait::end(&mut server);
            panic!("the moto server does not start:\n{}", text_of(&log));
        };
        let port = port.trim().parse().expect("a port number");
        Self { server, port, _folder: folder }
    }

    /// What `AWS_ENDPOINT_URL` is to be.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Calls of each action since the start or the last reset. [`Account`](super::Account)'s own are not among them.
    pub(crate) fn calls(&self) -> BTreeMap<String, u64> {
        let counted = http::request(self.port, "GET", "/landfall/calls", &Value::Null);
        serde_json::from_value(counted).expect("numbers by action")
    }

    /// All calls since then.
    pub(crate) fn number_of_calls(&self) -> u64 {
        self.calls().values().sum()
    }

    pub(crate) fn reset_calls(&self) {
        http::request(self.port, "POST", "/landfall/calls/reset", &Value::Null);
    }

    /// Spoils calls to come. Of several faults that meet a call, the first given decides.
    pub(crate) fn fail(&self, fault: Fault) {
        http::request(self.port, "POST", "/landfall/fail", &fault.0);
    }

    /// Faults that have not met all their calls yet.
    pub(crate) fn faults_to_come(&self) -> usize {
        http::request(self.port, "GET", "/landfall/fail", &Value::Null).as_array().map_or(0, Vec::len)
    }

    pub(crate) fn forget_faults(&self) {
        http::request(self.port, "DELETE", "/landfall/fail", &Value::Null);
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        wait::end(&mut self.server);
    }
}

fn text_of(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// An error in the place of an answer. By default one call fails with 500 `InternalError` and does nothing.
pub(crate) struct Fault(Value);

impl Fault {
    /// `action` is a name such as `CreateSubnet`, or a pattern such as `Create*`.
    pub(crate) fn of(action: &str) -> Self {
        Self(json!({ "action": action }))
    }

    pub(crate) fn code(self, status: u16, code: &str) -> Self {
        self.with("status", json!(status)).with("code", json!(code))
    }

    pub(crate) fn message(self, message: &str) -> Self {
        self.with("message", json!(message))
    }

    /// EC2's answer to one who asks too often.
    pub(crate) fn throttled(self) -> Self {
        self.code(503, "RequestLimitExceeded").message("Request limit exceeded.")
    }

    /// How many calls it meets.
    pub(crate) fn times(self, times: u32) -> Self {
        self.with("times", json!(times))
    }

    /// How many calls it lets through first.
    pub(crate) fn skip(self, skip: u32) -> Self {
        self.with("skip", json!(skip))
    }

    /// The call takes effect, and the error takes the place of its answer.
    pub(crate) fn after_effect(self) -> Self {
        self.with("after_effect", json!(true))
    }

    /// No answer at all: the connection is closed.
    pub(crate) fn no_answer(self) -> Self {
        self.with("status", json!(0))
    }

    fn with(mut self, key: &str, value: Value) -> Self {
        self.0[key] = value;
        self
    }
}
