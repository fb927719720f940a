//! Tests of the whole crate. Those of one module alone stand in it.

mod contract;
mod damage;
mod journal;
mod opening;
mod replaced;
mod resources;
mod runs;
mod store;

use std::path::{Path, PathBuf};

use landfall_engine::address::Address;
use landfall_engine::journal::{Intent, Record, Settled};
use landfall_engine::kind::Kind;
use landfall_engine::place::Place as ResourcePlace;
use landfall_engine::snapshot::RecordedResource;
use landfall_engine::step::StepId;
use serde_json::json;
use tempfile::TempDir;

use crate::{Identity, Lock, RunId, RunStart, State};

/// A directory of its own for each test.
struct Place(TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().expect("a directory"))
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("acme.db")
    }

    fn open(&self) -> State {
        State::open(self.path()).expect("a sound state")
    }

    fn reader(&self) -> State {
        State::read(self.path()).expect("a sound state").expect("a state")
    }

    fn lock(&self) -> Lock {
        Lock::acquire(&self.path(), "landfall apply").expect("a free lock")
    }

    /// A state that has been through a bit of everything, closed again.
    fn filled(&self) {
        let state = self.open();
        state.bind(&acme()).expect("a new state is bound");
        state.record_facts(&json!({"zones": ["us-east-1a", "us-east-1b"]})).expect("remembered");
        let run = begin(&state, &self.lock());
        let records: Vec<Record> = (0..40).map(|n| Record::Put(worker(n).into())).collect();
        let depose = [Record::Depose(worker(3).address), Record::Depose(worker(5).address)];
        let settled = Settled {
            step: StepId(0),
            outcome: landfall_engine::journal::Outcome::Done,
            records: records.into_iter().chain(depose).collect(),
        };
        let journal = crate::RunJournal::new(state, run.number());
        block_on(async {
            use landfall_engine::journal::Journal;
            journal.intend((0..6).map(intent).collect()).await.expect("written");
            journal.settle(vec![settled]).await.expect("written");
        });
    }
}

fn acme() -> Identity {
    Identity { stack: "acme".to_owned(), region: "us-east-1".to_owned(), account: "111122223333".to_owned() }
}

/// Where the resources of a test are.
fn home() -> ResourcePlace {
    ResourcePlace::regional("111122223333", "us-east-1")
}

fn begin(state: &State, lock: &Lock) -> RunId {
    let start =
        RunStart { command: "landfall apply", stack_text: Some("name = \"acme\""), plan_json: None, version: "0.1.0" };
    state.begin_run(lock, &start).expect("a run begins")
}

fn worker(number: usize) -> RecordedResource {
    let literals = |value: serde_json::Value| value.as_object().cloned().expect("an object");
    RecordedResource {
        address: Address::of(["cluster", "a", "worker", &number.to_string()]),
        kind: Kind::new("ec2.instance"),
        place: home(),
        id: format!("i-{number:08x}").into(),
        properties: literals(json!({"instance_type": "m6i.large", "user_data": "#!/bin/sh\n'äö' \u{0}", "disk": 50})),
        outputs: literals(json!({"private_ip": format!("10.0.0.{number}")})),
        depends_on: vec![Address::of(["network", "vpc"])],
    }
}

fn intent(step: usize) -> Intent {
    Intent {
        step: StepId(step),
        address: worker(step).address,
        kind: Kind::new("ec2.instance"),
        place: home(),
        action: "create",
        operation: "ec2:RunInstances".to_owned(),
        token: format!("token-{step}"),
        digest: "ab".repeat(32),
        id: step.is_multiple_of(2).then(|| format!("i-{step}").into()),
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}
