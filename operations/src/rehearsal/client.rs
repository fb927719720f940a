//! One command of landfall, as a process of its own that may be killed.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::shared::IntoShared;
use landfall_aws::sweep::Leftover;
use landfall_engine::apply::Report;
use landfall_simulator::clock::Clock as RegionClock;
use landfall_simulator::connector::SimulatedHttp;
use landfall_simulator::crashing::{CrashPoint, CrashingHttp};
use landfall_simulator::region::Region;
use landfall_state::Store;

use crate::Error;
use crate::apply::{PARALLELISM, prepare};
use crate::environment::{Account, Cancellation, Clock, Environment};
use crate::event::Events;
use crate::preflight::ForeignPolicy;
use crate::session::Goal;
use crate::stack_file::StackFile;

/// Decides how long the SDK pauses before it repeats a request: the same in each rehearsal, so that one can be repeated but
/// for a poll more or less.
const PAUSES: u64 = 1;

/// How a command ended.
#[derive(Debug, Clone)]
pub enum Ending {
    /// All was done; so many changes.
    Done(usize),
    /// Not all was done.
    Failed(Arc<CommandFailure>),
    /// The process was killed.
    Killed,
}

impl Ending {
    /// Tells whether all was done with so many changes.
    pub fn is_done_with(&self, changes: usize) -> bool {
        matches!(self, Ending::Done(count) if *count == changes)
    }
}

/// Why a command did not do all that was asked.
#[derive(Debug)]
pub enum CommandFailure {
    /// It ended with an error.
    Error(Error),
    /// Some steps of its plan failed.
    Incomplete(Box<Report>),
    /// A teardown left something.
    LeftOver(Vec<Leftover>),
    /// It had no threads to run on.
    NoRuntime(std::io::Error),
}

impl fmt::Display for CommandFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CommandFailure::Error(error) => {
                write!(f, "{error}")?;
                let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
                causes.map(ToString::to_string).try_for_each(|cause| write!(f, "\n  {cause}"))
            }
            CommandFailure::Incomplete(report) => {
                let lines = report.failures.iter().map(|failure| format!("{}: {}", failure.address, failure.cause));
                f.write_str(&lines.collect::<Vec<_>>().join("\n"))
            }
            CommandFailure::LeftOver(leftovers) => {
                let lines = leftovers.iter().map(|left| format!("left: {} {} ({})", left.kind, left.id, left.detail));
                f.write_str(&lines.collect::<Vec<_>>().join("\n"))
            }
            CommandFailure::NoRuntime(error) => write!(f, "{error}"),
        }
    }
}

/// What came of a command.
#[derive(Debug, Clone)]
pub struct CommandResult {
    /// How it ended.
    pub ending: Ending,
    /// How many calls it sent.
    pub calls: u64,
    /// How long it would have taken.
    pub took: Duration,
}

/// Carries out `landfall apply --yes`, or `landfall destroy --yes`.
pub(super) fn run<S: Store>(
    region: &Region,
    file: &StackFile,
    state: &S,
    goal: Goal,
    crash_point: Option<CrashPoint>,
) -> CommandResult {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    let failed = |why| Ending::Failed(Arc::new(why));
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            let ending = failed(CommandFailure::NoRuntime(error));
            return CommandResult { ending, calls: 0, took: Duration::ZERO };
        }
    };
    // The SDK's pauses between repetitions are drawn from this thread's source of chance.
    fastrand::seed(PAUSES);
    runtime.block_on(async {
        let began = tokio::time::Instant::now();
        let clock = RegionClock::start(region.now(), 1.0);
        let http = CrashingHttp::new(SimulatedHttp::new(region.clone(), clock), crash_point);
        let env = environment(http.clone());
        let ending = tokio::select! {
            biased;
            () = http.killed() => Ending::Killed,
            done = command(&env, state, file, goal) => done.map_or_else(failed, Ending::Done),
        };
        CommandResult { ending, calls: http.sent(), took: began.elapsed() }
    })
}

fn environment(http: CrashingHttp) -> Environment {
    Environment {
        lock_timeout: Duration::ZERO,
        account: Account::Through(http.into_shared()),
        clock: Clock::system(),
        events: Events::unobserved(),
        cancellation: Cancellation::never(),
        command: "landfall rehearse".to_owned(),
    }
}

/// The very steps of the command line, the answers to its questions taken as given.
async fn command<S: Store>(
    env: &Environment,
    state: &S,
    file: &StackFile,
    goal: Goal,
) -> Result<usize, CommandFailure> {
    let policy = if goal == Goal::Nothing { ForeignPolicy::Offer } else { ForeignPolicy::Stop };
    let prepared = prepare(env, state, file.clone(), goal, &[]).await.map_err(CommandFailure::Error)?;
    let checked = prepared.check(policy).await.map_err(CommandFailure::Error)?;
    let executed = checked.execute(PARALLELISM).await.map_err(CommandFailure::Error)?;
    if !executed.report.is_complete() {
        return Err(CommandFailure::Incomplete(Box::new(executed.report)));
    }
    match executed.leftovers {
        Some(leftovers) if !leftovers.is_empty() => Err(CommandFailure::LeftOver(leftovers)),
        _ => Ok(executed.changes),
    }
}
