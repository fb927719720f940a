//! One stream of everything that happens in an operation.
//!
//! An [`Event`] is a value that can be written down and read again. A [`Record`] is an event with its number in the
//! stream, its time, and the run that it belongs to. Its JSON, one line for each, is the contract of `--json` on apply and
//! destroy: `format_version` says which, fields and types of lines may be added. The terminal, those lines, the state and
//! traces are readers of the same records.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use landfall_engine::address::Address;
use landfall_engine::apply::{Interrupt, Report};
use landfall_engine::event as engine;
use landfall_engine::kind::Kind;
use landfall_engine::plan::Summary;
use serde::{Deserialize, Serialize};

/// The version of the lines.
pub const FORMAT_VERSION: u32 = 1;

/// An event, when it happened, and in which run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The version of the line's format.
    pub format_version: u32,
    /// Its number in the operation's stream, from 1.
    pub seq: u64,
    /// When it happened.
    pub time: Timestamp,
    /// The run's number in its state; `None` before a run begins.
    pub run: Option<u64>,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// Something happened in an operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// A run begins: its plan is made, checked and agreed to.
    RunStarted(RunStarted),
    /// Something happened to a step.
    Step(Step),
    /// A call leaves for the cloud.
    Call {
        /// The operation, such as `ec2:RunInstances`.
        operation: String,
        /// The resources that it is about.
        addresses: Vec<Address>,
    },
    /// Something that is worth knowing and belongs to no step.
    Note(Note),
    /// The run was asked to stop.
    Cancelling {
        /// How.
        how: Cancelling,
    },
    /// The run is over. Always the last of a run.
    Summary(RunSummary),
}

/// A run begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunStarted {
    /// The stack.
    pub stack: String,
    /// Its region.
    pub region: String,
    /// The account.
    pub account: String,
    /// What the plan comes to.
    pub plan: Planned,
    /// How long it is expected to take, in seconds.
    pub forecast_seconds: f64,
}

/// What a plan comes to, in resources.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the words of the plan's own summary")]
pub struct Planned {
    pub create: usize,
    pub update: usize,
    pub replace: usize,
    pub delete: usize,
    pub no_op: usize,
    pub forget: usize,
    pub import: usize,
}

impl From<Summary> for Planned {
    fn from(Summary { no_op, create, update, replace, delete, forget, import }: Summary) -> Planned {
        Planned { create, update, replace, delete, no_op, forget, import }
    }
}

/// Something happened to a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The resource.
    pub address: Address,
    /// Its kind.
    pub kind: Kind,
    /// What is being done: `create`, `update`, `delete`, `import`, `forget`.
    pub action: String,
    /// How far it is.
    pub status: StepStatus,
    /// The id, once there is one.
    pub id: Option<String>,
    /// How long it took, once it is done.
    pub seconds: Option<f64>,
    /// Why it failed or was skipped.
    pub error: Option<String>,
    /// Why it is repeated or held back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    /// Its call was sent.
    Started,
    /// Its call was answered; the resource is not ready, or not gone, yet.
    Waiting,
    /// Its call must be repeated.
    Retrying,
    /// Its call is not sent yet, because the cloud would refuse it now.
    Held,
    /// Done.
    Done,
    /// Failed.
    Failed,
    /// Not started, because of a failure.
    Skipped,
}

/// How a run is asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cancelling {
    /// Nothing new is started; what is on its way is seen to its end.
    Drain,
    /// At once; the journal knows what was on its way.
    Stop,
}

/// Something that is worth knowing and belongs to no step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "snake_case")]
pub enum Note {
    /// Somebody else holds the state; it is waited for.
    WaitingForLock {
        /// Who, and what for.
        held_by: String,
        /// How long it is waited for at most, in seconds.
        timeout_seconds: u64,
    },
    /// Another process is at work on the stack: what is shown is a moment of it.
    RunInProgress {
        /// The number of its run.
        number: String,
        /// Its command.
        command: String,
        /// Its process.
        pid: u32,
        /// Its machine.
        host: String,
    },
    /// What an earlier run made, or may have made, a moment ago is not all seen yet: the account is read again.
    LookingAgain {
        /// For how long at most, in seconds.
        seconds: u64,
    },
    /// Records of the state were behind the account and were brought up to date.
    RecordsRenewed {
        /// How many.
        count: usize,
    },
    /// Not everything of others could be looked for: the credentials may not call these operations.
    NotLookedFor {
        /// The operations.
        operations: Vec<String>,
    },
    /// Something of others is loosened before the first deletion.
    Loosened {
        /// Its kind.
        kind: String,
        /// Its id.
        id: String,
        /// What it is like, in a few words; may be empty.
        detail: String,
    },
    /// A damaged state was moved out of the way.
    StateQuarantined {
        /// The state.
        path: String,
        /// Where the damaged one is now.
        moved_to: String,
        /// What was wrong with it.
        detail: String,
    },
}

/// What came of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "resources by what was done, as in the plan's own summary")]
pub struct RunSummary {
    pub created: usize,
    pub updated: usize,
    pub replaced: usize,
    pub deleted: usize,
    pub imported: usize,
    pub forgotten: usize,
    pub failed: usize,
    /// Not started because of a failure, or not come to because the run was stopped.
    pub skipped: usize,
    /// Calls that were sent, those of planning included.
    pub api_calls: u64,
    /// How long it took.
    pub seconds: f64,
}

impl RunSummary {
    /// Sums a run up.
    pub fn new(report: &Report, api_calls: u64, took: Duration) -> RunSummary {
        RunSummary {
            created: report.done.create,
            updated: report.done.update,
            replaced: report.done.replace,
            deleted: report.done.delete,
            imported: report.done.import,
            forgotten: report.done.forget,
            failed: report.failures.len(),
            skipped: report.skipped.len() + report.unfinished.len(),
            api_calls,
            seconds: rounded(took),
        }
    }
}

/// Milliseconds are as fine as these times are true.
fn rounded(time: Duration) -> f64 {
    (time.as_secs_f64() * 1000.0).round() / 1000.0
}

impl Event {
    /// Returns what the engine tells, in the shape of the stream.
    pub fn of_engine(event: engine::Event) -> Option<Event> {
        Some(match event {
            engine::Event::Step(step) => Event::Step(step_of(step)),
            engine::Event::CallSent { operation, addresses } => {
                Event::Call { operation: operation.to_owned(), addresses }
            }
            engine::Event::Cancelling(Interrupt::Drain) => Event::Cancelling { how: Cancelling::Drain },
            engine::Event::Cancelling(Interrupt::Stop) => Event::Cancelling { how: Cancelling::Stop },
            engine::Event::Cancelling(Interrupt::None) => return None,
        })
    }
}

fn step_of(step: engine::StepEvent) -> Step {
    use engine::Status;
    let (status, seconds, error, reason) = match step.status {
        Status::Started => (StepStatus::Started, None, None, None),
        Status::Waiting => (StepStatus::Waiting, None, None, None),
        Status::Retrying(why) => (StepStatus::Retrying, None, None, Some(why)),
        Status::Held(why) => (StepStatus::Held, None, None, Some(why)),
        Status::Done(took) => (StepStatus::Done, Some(rounded(took)), None, None),
        Status::Failed(why) => (StepStatus::Failed, None, Some(why), None),
        Status::Skipped(why) => (StepStatus::Skipped, None, Some(why), None),
    };
    Step {
        address: step.address,
        kind: step.kind,
        action: step.action.to_owned(),
        status,
        id: step.id.map(|id| id.to_string()),
        seconds,
        error,
        reason,
    }
}

/// Who is told what happens. Must not block: it is called from the middle of a run.
pub trait Observer: Send + Sync {
    /// Takes in what happened.
    fn observe(&self, record: &Record);
}

impl<F: Fn(&Record) + Send + Sync> Observer for F {
    fn observe(&self, record: &Record) {
        self(record);
    }
}

/// The stream of one operation. Clones are the same stream.
#[derive(Clone)]
pub struct Events {
    observer: Arc<dyn Observer>,
    next: Arc<AtomicU64>,
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").field("next", &self.next).finish_non_exhaustive()
    }
}

impl Events {
    /// Returns a stream that this observer is told of.
    pub fn to(observer: impl Observer + 'static) -> Events {
        Events { observer: Arc::new(observer), next: Arc::new(AtomicU64::new(1)) }
    }

    /// Returns a stream that nobody listens to.
    pub fn unobserved() -> Events {
        Events::to(|_: &Record| {})
    }

    pub(crate) fn note(&self, time: Timestamp, note: Note) {
        self.tell(time, None, Event::Note(note));
    }

    /// Numbers an event, tells of it, and returns it.
    pub(crate) fn tell(&self, time: Timestamp, run: Option<u64>, event: Event) -> Record {
        let seq = self.next.fetch_add(1, Ordering::SeqCst);
        let record = Record { format_version: FORMAT_VERSION, seq, time, run, event };
        tracing::debug!(target: "landfall::events", seq, run, event = ?record.event);
        self.observer.observe(&record);
        record
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use landfall_engine::event::{Status, StepEvent};
    use proptest::prelude::*;

    fn record(event: Event) -> Record {
        Record { format_version: FORMAT_VERSION, seq: 7, time: Timestamp::UNIX_EPOCH, run: Some(3), event }
    }

    fn step(status: Status) -> Event {
        let address = Address::new("network/vpc").expect("an address");
        let event =
            StepEvent { address, kind: Kind::new("ec2.vpc"), action: "create", status, id: Some("vpc-1".into()) };
        Event::of_engine(engine::Event::Step(event)).expect("an event")
    }

    fn statuses() -> Vec<Status> {
        vec![
            Status::Started,
            Status::Waiting,
            Status::Retrying("not known everywhere yet".to_owned()),
            Status::Held("EC2 lets an account launch 2 a second".to_owned()),
            Status::Done(Duration::from_micros(1_234_567)),
            Status::Failed("ec2:CreateVpc answered VpcLimitExceeded".to_owned()),
            Status::Skipped("it waits for network/vpc".to_owned()),
        ]
    }

    #[test]
    fn every_event_of_the_engine_is_a_line_that_reads_back() {
        let report = Report { done: Summary { create: 1, no_op: 3, ..Summary::default() }, ..Report::default() };
        let address = Address::new("network/vpc").expect("an address");
        let mut events: Vec<Event> = statuses().into_iter().map(step).collect();
        events.extend([
            Event::Call { operation: "ec2:CreateVpc".to_owned(), addresses: vec![address] },
            Event::Note(Note::LookingAgain { seconds: 9 }),
            Event::Cancelling { how: Cancelling::Drain },
            Event::Summary(RunSummary::new(&report, 12, Duration::from_millis(2500))),
        ]);
        let lines: Vec<String> =
            events.iter().map(|event| serde_json::to_string(&record(event.clone())).expect("JSON")).collect();
        for (line, event) in lines.iter().zip(&events) {
            let read: Record = serde_json::from_str(line).expect("it reads back");
            assert_eq!(read, record(event.clone()), "{line}");
        }
        snapbox::assert_data_eq!(
            lines.join("\n"),
            snapbox::str![[r#"
{"format_version":1,"seq":7,"time":"1970-01-01T00:00:00Z","run":3,"type":"step","address":"network/vpc","kind":"ec2.vpc","action":"create","status":"started","id":"vpc-1","seconds":null,"error":null}
{"format_version":1,"seq":7,"time":"1970-01-01T00:00:00Z","run":3,"type":"step","address":"network/vpc","kind":"ec2.vpc","action":"create","status":"waiting","id":"vpc-1","seconds":null,"error":null}
{"format_version":1,"seq":7,"time":"1970-01-01T00:00:00Z","run":3,"type":"step","address":"network/vpc","kind":"ec2.vpc","action":"create","status":"retrying","id":"vpc-1","seconds":null,"error":null,"reason":"not known everywhere yet"}
{"format_version":1,"seq":7,"time":"1970-01-01T00:00:00Z","run":3,"type":"step","address":"network/vpc","kind":"ec2.vpc","action":"create","status":"held","id":"vpc-1","seconds":null,"error":null,"reason":"EC2 lets an account launch 2 a second"}
{"format_version":1,"seq":7,"time":"1970-01-01T00:00:00Z","run":3,"type":"step","address":"network/vpc","kind":"ec2.vpc","action":"create","status":"done","id":"vpc-1","seconds":1.235,"error":null}
{"format_version":1,"seq":7,"time":"1970-01-01T00:00:00Z","run":3,"type":"step","address":"network/vpc","kind":"ec2.vpc","action":"create","status":"failed","id":"vpc-1","seconds":null,"error":"ec2:CreateVpc answered VpcLimitExceeded"}
{"format_version":1,"seq":7,"time":"1970-01-01T00:00:00Z","run":3,"type":"step","address":"network/vpc","kind":"ec2.vpc","action":"create","status":"skipped","id":"vpc-1","seconds":null,"error":"it waits for network/vpc"}
{"format_version":1,"seq":7,"time":"1970-01-01T00:00:00Z","run":3,"type":"call","operation":"ec2:CreateVpc","addresses":["network/vpc"]}
{"format_version":1,"seq":7,"time":"1970-01-01T00:00:00Z","run":3,"type":"note","note":"looking_again","seconds":9}
{"format_version":1,"seq":7,"time":"1970-01-01T00:00:00Z","run":3,"type":"cancelling","how":"drain"}
{"format_version":1,"seq":7,"time":"1970-01-01T00:00:00Z","run":3,"type":"summary","created":1,"updated":0,"replaced":0,"deleted":0,"imported":0,"forgotten":0,"failed":0,"skipped":0,"api_calls":12,"seconds":2.5}
"#]]
        );
    }

    proptest! {
        #[test]
        fn numbers_have_no_gaps_whoever_tells(counts in prop::collection::vec(1..20_usize, 1..4)) {
            let seen = Arc::new(Mutex::new(Vec::new()));
            let events = {
                let seen = seen.clone();
                Events::to(move |record: &Record| seen.lock().expect("whole").push(record.seq))
            };
            std::thread::scope(|scope| {
                for count in &counts {
                    let events = events.clone();
                    let tell = move || {
                        for _ in 0..*count {
                            events.note(Timestamp::UNIX_EPOCH, Note::LookingAgain { seconds: 1 });
                        }
                    };
                    scope.spawn(tell);
                }
            });
            let mut seen = seen.lock().expect("whole").clone();
            seen.sort_unstable();
            prop_assert_eq!(seen, (1..=counts.iter().sum::<usize>() as u64).collect::<Vec<_>>());
        }
    }
}
