//! `landfall apply`: makes the account what the stack file declares.

use std::path::{Path, PathBuf};

use clap::Args;
use landfall_operations::apply::{Checked, Executed, PARALLELISM, Prepared, prepare};
use landfall_operations::clusters::clusters;
use landfall_operations::event::Events;
use landfall_operations::preflight::ForeignPolicy;
use landfall_operations::{Goal, StackFile};
use landfall_presentation::text::outcome::done_line;
use landfall_state::StoreWriter;

use super::apply_plan;
use super::plan::{plan_text, report_intents};
use crate::args::STACK_FILE;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::question::confirm;
use crate::reader::Reader;
use crate::render::status::cluster_text;

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
    #[arg(long, value_name = "N", default_value_t = PARALLELISM, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) parallelism: u16,
    /// Print events as JSON lines, the summary last
    #[arg(long)]
    pub(crate) json: bool,
}

impl ActArgs {
    /// Returns the context in which events go where these arguments say.
    pub(crate) fn context(&self, context: &Context) -> Context {
        let human = || context.events.clone();
        let events = if self.json { Events::to(Reader::json(&context.printer)) } else { human() };
        Context { events, ..context.clone() }
    }
}

/// Plans, asks, acts.
pub(crate) async fn run(context: &Context, args: &ApplyArgs) -> Result<Exit, Failure> {
    let context = &args.act.context(context);
    if let Some(plan) = &args.plan {
        return apply_plan::run(context, plan, args.stack.as_deref(), &args.act).await;
    }
    let file = StackFile::open(args.stack.as_deref().unwrap_or(Path::new(STACK_FILE)))?;
    let at = context.of(&file);
    let prepared = prepare(&at.env, &at.store, file, Goal::Declared, &args.replace).await?;
    report_intents(context, &prepared.session, &prepared.planned);
    show(context, &prepared, &args.act)?;
    let is_empty = prepared.planned.plan.is_empty();
    let checked = prepared.check(ForeignPolicy::Stop).await?;
    if !is_empty && !args.act.yes {
        confirm(context, "Apply these changes? Only `yes` is accepted:", "yes", "apply").await?;
    }
    act(context, &args.act, checked).await
}

/// Carries the plan out and says what came of it.
pub(crate) async fn act(context: &Context, act: &ActArgs, checked: Checked<impl StoreWriter>) -> Result<Exit, Failure> {
    let (plan, file) = (checked.plan().clone(), checked.session().file.clone());
    let executed = checked.execute(act.parallelism).await?;
    let told = match act.json || executed.changes == 0 {
        true => Ok(()),
        false => context.printer.answer(outcome_text(context, &file, &executed)),
    };
    // What came of the run matters more than whether it could be told.
    Failure::of_run(&executed.report, &plan, "apply").map_or(told.map(|()| Exit::Done), Err)
}

/// Shows the plan, on stderr where stdout is a program's.
pub(crate) fn show(context: &Context, prepared: &Prepared<impl StoreWriter>, act: &ActArgs) -> Result<(), Failure> {
    let text = plan_text(context, &prepared.session, &prepared.planned, prepared.goal, false);
    match (act.json, act.yes) {
        (false, _) => context.printer.answer(text),
        (true, false) => {
            context.printer.alert(text);
            Ok(())
        }
        (true, true) => Ok(()),
    }
}

fn outcome_text(context: &Context, file: &StackFile, executed: &Executed) -> String {
    let mut text = format!("\n{}", done_line(&executed.report.done, executed.took, executed.summary.api_calls));
    if !executed.report.is_complete() {
        return text;
    }
    for cluster in clusters(&file.stack, &executed.recorded, None) {
        text.push('\n');
        text.push_str(&cluster_text(&cluster));
    }
    let command = |name| context.command(name, &file.path);
    let (drift, destroy) = (command("drift"), command("destroy"));
    text + &format!("\nNext: `{drift}` finds what others change,\n      `{destroy}` leaves nothing behind.\n")
}
