//! Making the account what the stack file declares, or taking all of it down: the way from a plan to its end.

use std::time::Duration;

use landfall_aws::blockers::Blocker;
use landfall_aws::sweep::{Leftover, sweep};
use landfall_engine::apply::Report;
use landfall_engine::plan::Plan;
use landfall_engine::provider::Provider;
use landfall_engine::snapshot::Recorded;
use landfall_state::{Store, StoreWriter};

use crate::Error;
use crate::environment::Environment;
use crate::event::{Event, RunSummary};
use crate::lease::acquire;
use crate::preflight::{self, ForeignPolicy};
use crate::run;
use crate::session::{Goal, Planned, Session};
use crate::stack_file::StackFile;

/// Calls that may be on their way at once, unless somebody says otherwise.
pub const PARALLELISM: u16 = 16;

/// A plan that can be carried out: it was made under the state's lease, which is held.
pub struct Prepared<W> {
    pub(crate) writer: W,
    /// The stack and its account.
    pub session: Session,
    /// The plan.
    pub planned: Planned,
    /// What should exist at its end.
    pub goal: Goal,
}

/// The same after the look for what others have in the way. Nothing reaches the account without it.
pub struct Checked<W> {
    prepared: Prepared<W>,
    loosened: Vec<Blocker>,
}

/// What came of it.
#[derive(Debug)]
pub struct Executed {
    /// What became of the plan.
    pub report: Report,
    /// How many changes the plan had.
    pub changes: usize,
    /// The state at the end.
    pub recorded: Recorded,
    /// The same in numbers.
    pub summary: RunSummary,
    /// How long it took.
    pub took: Duration,
    /// What a sweep of the account found after a teardown; `None` where there was none to sweep after: the stack should
    /// exist, or not all of it was taken down.
    pub leftovers: Option<Vec<Leftover>>,
}

/// Takes the lease, opens the state, reads the account and makes the plan. What the globs of `replace` select is replaced
/// whether anything differs or not.
///
/// # Errors
/// If the state is locked or cannot be used, the account cannot be read, or the stack cannot be had there.
pub async fn prepare<S: Store>(
    env: &Environment,
    store: &S,
    file: StackFile,
    goal: Goal,
    replace: &[String],
) -> Result<Prepared<S::Writer>, Error> {
    let writer = acquire(env, store).await?;
    let session = Session::open_to_write(env, &writer, file).await?.replacing(replace);
    let planned = session.plan(goal, true).await?;
    Ok(Prepared { writer, session, planned, goal })
}

impl<W: StoreWriter> Prepared<W> {
    /// Looks for what others have in the way of the plan's deletions. A plan without changes needs no look.
    ///
    /// # Errors
    /// If something is in the way that may not be loosened, or the account cannot be read. Nothing was changed.
    pub async fn check(self, policy: ForeignPolicy) -> Result<Checked<W>, Error> {
        let loosened = match self.planned.plan.is_empty() {
            true => vec![],
            false => preflight::look(&self.session, &self.planned, policy).await?,
        };
        Ok(Checked { prepared: self, loosened })
    }
}

impl<W: StoreWriter> Checked<W> {
    /// Returns the stack and its account.
    pub fn session(&self) -> &Session {
        &self.prepared.session
    }

    /// Returns the plan.
    pub fn plan(&self) -> &Plan {
        &self.prepared.planned.plan
    }

    /// Carries the plan out, records what came of it and, after a teardown that came to its end, sweeps the account for
    /// anything that is left. Of a plan without changes only what it found out is recorded.
    ///
    /// # Errors
    /// If the state cannot be written, or the sweep cannot be made: then nobody knows whether anything is left. A step
    /// that fails is no error here, nor is a leftover.
    pub async fn execute(self, parallelism: u16) -> Result<Executed, Error> {
        let Checked { prepared: Prepared { writer, session, planned, goal }, loosened } = self;
        let changes = planned.plan.pending().count();
        let mut executed = if changes == 0 {
            run::record_findings(&writer, &session, &planned).await?;
            let report = Report::default();
            let summary = RunSummary::new(&report, session.provider.calls_sent(), Duration::ZERO);
            session.env.events.tell(session.env.clock.now(), None, Event::Summary(summary));
            let recorded = session.stored.recorded.clone();
            Executed { report, changes, recorded, summary, took: Duration::ZERO, leftovers: None }
        } else {
            preflight::loosen(&session, &loosened).await?;
            let done = run::execute(&writer, &session, &planned, parallelism.into()).await?;
            let run::RunResult { report, recorded, summary, took } = done;
            Executed { report, changes, recorded, summary, took, leftovers: None }
        };
        if goal == Goal::Nothing && executed.report.is_complete() {
            executed.leftovers = Some(sweep(&session.provider).await?);
        }
        // All but the last events is written, and the lease ends with the writer in any case.
        drop(writer.release().await);
        Ok(executed)
    }
}
