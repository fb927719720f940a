//! `landfall validate`: is the stack file sound? Asks nobody.

use clap::Args;
use landfall_operations::StackFile;
use landfall_presentation::text::nouns::count_of;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::stack_args::StackArg;

/// Arguments of `landfall validate`.
#[derive(Debug, Args)]
pub(crate) struct ValidateArgs {
    #[command(flatten)]
    stack: StackArg,
}

/// Checks the file.
pub(crate) fn run(context: &Context, args: &ValidateArgs) -> Result<Exit, Failure> {
    let file = StackFile::open(&args.stack.path)?;
    let stack = &file.stack;
    let clusters = count_of(stack.clusters.len(), "cluster");
    let workers: usize = stack.clusters.values().map(|cluster| cluster.workers as usize).sum();
    let workers = count_of(workers, "worker");
    context.printer.answer(format!(
        "{} is valid: stack {} in {}, {clusters}, {workers}\n",
        file.path.display(),
        file.name(),
        stack.region
    ))?;
    Ok(Exit::Done)
}
