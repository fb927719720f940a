//! `landfall apply`: makes the account what the stack file declares.

use std::path::{Path, PathBuf};

use clap::Args;
use landfall_operations::apply::prepare;
use landfall_operations::preflight::ForeignPolicy;
use landfall_operations::{Goal, StackFile};

use super::act::{ActArgs, act, show};
use super::apply_plan;
use super::plan::report_intents;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::question::confirm;
use crate::stack_args::STACK_FILE;

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
