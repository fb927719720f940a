//! What the tests write.

use jiff::Timestamp;
use landfall_engine::address::Address;
use landfall_engine::journal::{Intent, Outcome, Record, Settled};
use landfall_engine::kind::Kind;
use landfall_engine::place::Place;
use landfall_engine::snapshot::RecordedResource;
use landfall_engine::step::StepId;
use serde_json::json;

use crate::changes::{ChangeStatus, RunChange};
use crate::events::StoredEvent;
use crate::identity::Identity;
use crate::lease::LeaseRequest;
use crate::runs::{RunEnd, RunId, RunOutcome, RunStart};
use crate::store::{Snapshot, Store, StoreWriter};

pub(crate) fn acme() -> Identity {
    Identity { stack: "acme".to_owned(), region: "us-east-1".to_owned(), account: "111122223333".to_owned() }
}

pub(crate) fn here() -> Place {
    Place::regional("111122223333", "us-east-1")
}

pub(crate) fn request() -> LeaseRequest {
    LeaseRequest::of_this_process("landfall apply")
}

pub(crate) async fn acquire<S: Store>(store: &S) -> S::Writer {
    store.acquire(&request()).await.expect("a free lease")
}

pub(crate) async fn snapshot<S: Store>(store: &S) -> Snapshot {
    store.read().await.expect("readable").expect("a state")
}

pub(crate) const START: RunStart<'static> = RunStart {
    command: "landfall apply",
    stack_text: Some("name = \"acme\""),
    plan_json: Some("{\"format_version\":1}"),
    version: "0.1.0",
};

pub(crate) const END: RunEnd<'static> = RunEnd {
    outcome: RunOutcome::Failed,
    report_json: Some("{\"failed\":1}"),
    api_calls: 84,
    took: std::time::Duration::from_millis(2500),
};

pub(crate) async fn begin(writer: &impl StoreWriter) -> RunId {
    writer.begin_run(&START).await.expect("a run begins")
}

pub(crate) fn worker(number: usize) -> RecordedResource {
    let literals = |value: serde_json::Value| value.as_object().cloned().expect("an object");
    RecordedResource {
        address: Address::of(["cluster", "a", "worker", &number.to_string()]),
        kind: Kind::new("ec2.instance"),
        place: here(),
        id: format!("i-{number:08x}").into(),
        properties: literals(json!({"instance_type": "m6i.large", "user_data": "#!/bin/sh\n'äö' \u{0}", "disk": 50})),
        outputs: literals(json!({"private_ip": format!("10.0.0.{number}")})),
        depends_on: vec![Address::of(["network", "vpc"])],
    }
}

/// The successor of a worker, with an id of its own.
pub(crate) fn successor(number: usize) -> RecordedResource {
    RecordedResource { id: format!("i-new-{number}").into(), ..worker(number) }
}

pub(crate) fn put(resource: RecordedResource) -> Record {
    Record::Put(resource.into())
}

pub(crate) fn intent(step: usize, action: &'static str) -> Intent {
    Intent {
        step: StepId(step),
        address: worker(step).address,
        kind: Kind::new("ec2.instance"),
        place: here(),
        action,
        operation: "ec2:RunInstances".to_owned(),
        token: format!("token-{step}"),
        digest: "ab".repeat(32),
        id: step.is_multiple_of(2).then(|| format!("i-{step}").into()),
    }
}

pub(crate) fn settled(step: usize, outcome: Outcome) -> Settled {
    Settled { step: StepId(step), outcome, records: vec![] }
}

pub(crate) fn change(number: usize, status: ChangeStatus, error: Option<&str>) -> RunChange {
    RunChange { address: worker(number).address, action: "create".to_owned(), status, error: error.map(str::to_owned) }
}

pub(crate) fn event(seq: u64) -> StoredEvent {
    let time = Timestamp::from_second(1_700_000_000 + i64::try_from(seq).expect("a small number")).expect("a time");
    StoredEvent { seq, time, event: json!({"type": "step", "number": seq, "text": "äö' \"\n"}) }
}

pub(crate) fn numbers(events: &[StoredEvent]) -> Vec<u64> {
    events.iter().map(|event| event.seq).collect()
}
