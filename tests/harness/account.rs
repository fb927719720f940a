//! The account as somebody else sees it: boto3, never landfall.

use super::{Moto, python, wait};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::Mutex;
use std::time::Duration;

const END: Duration = Duration::from_secs(5);

/// A Python process with boto3's clients for one server; see `tests/moto/account.py` for the names it knows.
///
/// Its calls are neither counted nor spoiled by the server: a test looks, and changes things behind landfall's back,
/// without disturbing what it measures.
pub(crate) struct Account {
    process: Child,
    // One question at a time, and its answer.
    pipes: Mutex<(Option<ChildStdin>, BufReader<ChildStdout>)>,
}

impl Account {
    pub(crate) fn of(moto: &Moto) -> Self {
        Self::in_region(moto, "us-east-1")
    }

    pub(crate) fn in_region(moto: &Moto, region: &str) -> Self {
        Self::at(&moto.endpoint(), region)
    }

    /// Of whatever answers there: moto, or a simulated region that is served.
    pub(crate) fn at(endpoint: &str, region: &str) -> Self {
        let mut process = python::program("account.py")
            .env("AWS_ENDPOINT_URL", endpoint)
            .env("AWS_ACCESS_KEY_ID", "AKIAFAKEFAKEFAKEFAKE")
            .env("AWS_SECRET_ACCESS_KEY", "fake")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_REGION", region)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the interpreter that was just made");
        let questions = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().expect("a pipe"));
        Self { process, pipes: Mutex::new((questions, answers)) }
    }

    /// Runs the code, with `args` in scope, and returns what its last expression is worth.
    ///
    /// # Panics
    /// With Python's traceback, when the code raises.
    pub(crate) fn python(&self, code: &str, args: Value) -> Value {
        let mut pipes = self.pipes.lock().expect("no test panics while it asks");
        let question = json!({ "code": dedent(code), "args": args });
        let (questions, answers) = &mut *pipes;
        let questions = questions.as_mut().expect("open until it is dropped");
        let mut answer = String::new();
        writeln!(questions, "{question}")
            .and_then(|()| questions.flush())
            .and_then(|()| answers.read_line(&mut answer))
            .expect("account.py reads and answers");
        let mut answer: Value = serde_json::from_str(&answer).expect("account.py answers in JSON");
        drop(pipes);
        if let Some(error) = answer["error"].as_str() {
            panic!("{error}\nin\n{code}");
        }
        answer["value"].take()
    }

    /// Everything in the region, by kind and id: `{"ec2.vpc": {"vpc-…": {…}}}`. Kinds without resources are absent.
    pub(crate) fn everything(&self) -> Value {
        self.python("inventory.everything(clients)", Value::Null)
    }

    /// What belongs to the stack: what has its tag or its name, and the parts of that.
    pub(crate) fn inventory(&self, stack: &str) -> Value {
        self.python("inventory.of_stack(inventory.everything(clients), args)", json!(stack))
    }

    /// Remembers what there is, for [`since_mark`](Self::since_mark).
    pub(crate) fn mark(&self) {
        self.python("marked = inventory.everything(clients)", Value::Null);
    }

    /// What has come since the mark, and under `gone` what has disappeared: `{}` when all is as it was.
    pub(crate) fn since_mark(&self) -> Value {
        self.python("inventory.since(inventory.everything(clients), marked)", Value::Null)
    }

    /// How many resources of each kind there are in an inventory.
    pub(crate) fn counted(inventory: &Value) -> Value {
        let kinds = inventory.as_object().into_iter().flatten();
        kinds.map(|(kind, found)| (kind.clone(), json!(found.as_object().map_or(0, |found| found.len())))).collect()
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        // It ends by itself at the end of its input.
        if let Ok(pipes) = self.pipes.get_mut() {
            pipes.0 = None;
        }
        if wait::for_end(&mut self.process, END).is_none() {
            wait::end(&mut self.process);
        }
    }
}

/// Takes away the indentation that code has for standing in a Rust test.
fn dedent(code: &str) -> String {
    let lines = || code.lines().filter(|line| !line.trim().is_empty());
    let common = lines().map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    code.lines().map(|line| line.get(common..).unwrap_or_default()).collect::<Vec<_>>().join("\n")
}
