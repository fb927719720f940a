//! `landfall destroy`: deletes everything that the stack made, and proves it.

use clap::Args;
use landfall_operations::apply::prepare;
use landfall_operations::{Goal, StackFile};

use super::act::ActArgs;
use super::destroy_by_name;
use super::plan::report_intents;
use super::tear_down::tear_down;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::stack_args::StackArg;

/// Arguments of `landfall destroy`.
#[derive(Debug, Args)]
pub(crate) struct DestroyArgs {
    #[command(flatten)]
    stack: StackArg,
    /// Tear down the stack of this name by what the account shows alone, where stack file and state are lost
    #[arg(long, value_name = "NAME", conflicts_with = "path")]
    pub(crate) name: Option<String>,
    /// The region of that stack [default: the one of the AWS configuration]
    #[arg(long, value_name = "R", requires = "name")]
    pub(crate) region: Option<String>,
    #[command(flatten)]
    pub(crate) act: ActArgs,
    /// Take the stack's role, instance profile and elastic IPs from where others put them
    #[arg(long)]
    pub(crate) force_foreign: bool,
}

/// Plans the teardown, asks, acts, and sweeps.
pub(crate) async fn run(context: &Context, args: &DestroyArgs) -> Result<Exit, Failure> {
    let context = &args.act.context(context);
    if let Some(name) = &args.name {
        return destroy_by_name::run(context, &args.act, args.force_foreign, name, args.region.as_deref()).await;
    }
    let file = StackFile::open(&args.stack.path)?;
    let at = context.of(&file);
    let prepared = prepare(&at.env, &at.store, file, Goal::Nothing, &[]).await?;
    report_intents(context, &prepared.session, &prepared.planned);
    tear_down(context, &args.act, args.force_foreign, "destroy", prepared).await
}
