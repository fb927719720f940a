//! `landfall apply`: makes the account what the stack file declares.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use landfall_engine::apply::Report;
use landfall_engine::provider::Provider;

use super::apply_plan;
use super::plan::{plan_text, report_intents};
use crate::args::STACK_FILE;
use crate::clusters::clusters;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::preflight::{self, Foreign};
use crate::question::confirm;
use crate::render::json::RunSummary;
use crate::render::outcome::done_line;
use crate::render::status::cluster_text;
use crate::run::{Held, RunOptions, RunResult, execute, note_findings};
use crate::session::{Access, Goal, Planned, Session};
use crate::stack_file::StackFile;

/// Arguments of `landfall apply`.
#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    /// The stack file [default: landfall.toml]; with `--plan` only the place of the state follows from it
    #[arg(value_name = "STACK")]
    stack: Option<PathBuf>,
    /// Carry out the plan that `landfall plan --out FILE` saved, without asking
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Replace what this glob of addresses selects, such as `cluster/main/*` [may be repeated]
    #[arg(long, value_name = "GLOB", conflicts_with = "plan")]
    replace: Vec<String>,
    #[command(flatten)]
    act: ActArgs,
}

/// How to act; apply and destroy alike.
#[derive(Debug, Clone, Args)]
pub(crate) struct ActArgs {
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
    /// Calls that may be on their way at once
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) parallelism: u16,
    /// Print events as JSON lines, the summary last
    #[arg(long)]
    pub(crate) json: bool,
}

impl ActArgs {
    /// Returns how the run goes and is told of.
    pub(crate) fn run_options(&self) -> RunOptions {
        RunOptions { parallelism: self.parallelism.into(), json: self.json }
    }
}

/// Plans, asks, acts.
pub(crate) async fn run(context: &Context, args: &ApplyArgs) -> Result<Exit, Failure> {
    if let Some(plan) = &args.plan {
        return apply_plan::run(context, plan, args.stack.as_deref(), &args.act).await;
    }
    let file = StackFile::open(args.stack.as_deref().unwrap_or(Path::new(STACK_FILE)), &context.printer)?;
    let held = Held::take(&file.state_path(context.state.as_deref()), context).await?;
    let session = Session::open(context, file, Some(&held.state), Access::Write).await?.replacing(&args.replace);
    let planned = session.plan(Goal::Declared, true, context).await?;
    report_intents(context, &session, &planned);
    show(context, &session, &planned, Goal::Declared, &args.act)?;
    if planned.plan.is_empty() {
        note_findings(context, &held, &session, &planned)?;
        return nothing_done(context, &session, &args.act);
    }
    preflight::look(context, &session, &planned, Foreign::Stop).await?;
    if !args.act.yes {
        confirm(context, "Apply these changes? Only `yes` is accepted:", "yes", "apply").await?;
    }
    act(context, &args.act, &held, &session, &planned).await
}

/// Carries the plan out and tells what came of it.
pub(crate) async fn act(
    context: &Context,
    act: &ActArgs,
    held: &Held,
    session: &Session,
    planned: &Planned,
) -> Result<Exit, Failure> {
    let outcome = execute(context, held, session, planned, act.run_options()).await?;
    let text = if act.json { outcome.summary.line() } else { outcome_text(context, session, &outcome) };
    let told = context.printer.answer(text);
    // What came of the run matters more than whether it could be told.
    Failure::of_run(&outcome.report, &planned.plan, "apply").map_or(told.map(|()| Exit::Done), Err)
}

/// Shows the plan, on stderr where stdout is a program's.
pub(crate) fn show(
    context: &Context,
    session: &Session,
    planned: &Planned,
    goal: Goal,
    act: &ActArgs,
) -> Result<(), Failure> {
    let text = plan_text(context, session, planned, goal, false);
    match (act.json, act.yes) {
        (false, _) => context.printer.answer(text),
        (true, false) => {
            context.printer.alert(text);
            Ok(())
        }
        (true, true) => Ok(()),
    }
}

/// Ends a command whose plan was empty.
pub(crate) fn nothing_done(context: &Context, session: &Session, act: &ActArgs) -> Result<Exit, Failure> {
    if act.json {
        let calls = session.provider.calls_sent();
        context.printer.answer(RunSummary::new(&Report::default(), calls, Duration::ZERO).line())?;
    }
    Ok(Exit::Done)
}

fn outcome_text(context: &Context, session: &Session, outcome: &RunResult) -> String {
    let mut text = format!("\n{}", done_line(&outcome.report.done, outcome.took, outcome.api_calls));
    if !outcome.report.is_complete() {
        return text;
    }
    for cluster in clusters(&session.file.stack, &outcome.recorded, None) {
        text.push('\n');
        text.push_str(&cluster_text(&cluster));
    }
    let command = |name| context.command(name, &session.file.path);
    let (drift, destroy) = (command("drift"), command("destroy"));
    text + &format!("\nNext: `{drift}` finds what others change,\n      `{destroy}` leaves nothing behind.\n")
}
