//! One command of landfall, as a process of its own that may be killed.

use std::path::Path;
use std::time::Duration;

use anstream::ColorChoice;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use landfall_aws::sweep::sweep;
use landfall_simulator::clock::Clock;
use landfall_simulator::connector::SimulatedHttp;
use landfall_simulator::crashing::{CrashPoint, CrashingHttp};
use landfall_simulator::region::Region;

use crate::context::{Account, Context, Locking};
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::printer::Printer;
use crate::run::{Held, RunOptions, execute, note_findings};
use crate::session::{Access, Goal, Session};
use crate::simulation::Simulation;
use crate::stack_file::StackFile;

/// Decides how long the SDK pauses before it repeats a request: the same in each rehearsal, so that one can be repeated but
/// for a poll more or less.
const PAUSES: u64 = 1;

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    /// All was done; so many changes.
    Done(usize),
    /// Not all was done.
    Failed(String),
    /// The process was killed.
    Killed,
}

/// What came of a command.
#[derive(Debug, Clone)]
pub(crate) struct CommandResult {
    pub(crate) ending: Ending,
    /// How many calls it sent.
    pub(crate) calls: u64,
    /// How long it would have taken.
    pub(crate) took: Duration,
}

/// Carries out `landfall apply --yes`, or `landfall destroy --yes`.
pub(crate) fn run(
    region: &Region,
    file: &StackFile,
    state: &Path,
    goal: Goal,
    crash_point: Option<CrashPoint>,
) -> CommandResult {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            return CommandResult { ending: Ending::Failed(error.to_string()), calls: 0, took: Duration::ZERO };
        }
    };
    // The SDK's pauses between repetitions are drawn from this thread's source of chance.
    fastrand::seed(PAUSES);
    runtime.block_on(async {
        let began = tokio::time::Instant::now();
        let clock = Clock::start(region.now(), 1.0);
        let http = CrashingHttp::new(SimulatedHttp::new(region.clone(), clock), crash_point);
        let context = context(state, http.clone());
        let ending = tokio::select! {
            biased;
            () = http.killed() => Ending::Killed,
            done = command(&context, file, goal) => done.unwrap_or_else(|failure| Ending::Failed(failure.text())),
        };
        CommandResult { ending, calls: http.sent(), took: began.elapsed() }
    })
}

fn context(state: &Path, http: CrashingHttp) -> Context {
    Context {
        printer: Printer::new(ColorChoice::Never, true),
        interrupts: Interrupts::none(),
        state: Some(state.to_owned()),
        locking: Locking::default(),
        account: Account::Rehearsed(http),
        simulation: Simulation::default(),
        command_line: "landfall rehearse".to_owned(),
        now: Timestamp::now(),
        zone: TimeZone::UTC,
    }
}

async fn command(context: &Context, file: &StackFile, goal: Goal) -> Result<Ending, Failure> {
    let held = Held::take(&file.state_path(context.state.as_deref()), context).await?;
    let session = Session::open(context, file.clone(), Some(&held.state), Access::Write).await?;
    let planned = session.plan(goal, true, context).await?;
    let changes = planned.plan.pending().count();
    if changes == 0 {
        note_findings(context, &held, &session, &planned)?;
    } else {
        let options = RunOptions { parallelism: 16, json: false };
        let outcome = execute(context, &held, &session, &planned, options).await?;
        if let Some(failure) = Failure::of_run(&outcome.report, &planned.plan, "apply") {
            return Err(failure);
        }
    }
    if goal == Goal::Nothing {
        let left = sweep(&session.provider).await?;
        if !left.is_empty() {
            return Ok(Ending::Failed(format!("the sweep found {left:?}")));
        }
    }
    Ok(Ending::Done(changes))
}
