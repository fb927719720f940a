//! `landfall history`: the runs of a stack. Asks the state alone.

use clap::{Args, Subcommand};
use landfall_operations::{StackFile, history};

use crate::args::StackFlag;
use crate::context::Context;
use crate::failure::{Exit, Explanation, Failure};
use crate::render::history::{history_text, run_text};

/// Runs that are listed; older ones can be shown by their number.
const LISTED_MAX: usize = 100;

/// Arguments of `landfall history`.
#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    #[command(subcommand)]
    command: Option<HistoryCommand>,
    #[command(flatten)]
    stack: StackFlag,
}

/// What to tell of the history.
#[derive(Debug, Subcommand)]
enum HistoryCommand {
    /// Show what one run did
    Show(RunArgs),
}

/// Which run.
#[derive(Debug, Args)]
struct RunArgs {
    /// The run's number
    #[arg(value_name = "N")]
    run: u32,
    #[command(flatten)]
    stack: StackFlag,
}

/// Prints the table of runs, or one of them.
pub(crate) fn run(context: &Context, args: &HistoryArgs) -> Result<Exit, Failure> {
    match &args.command {
        Some(HistoryCommand::Show(show)) => show_run(context, show),
        None => list_runs(context, args),
    }
}

fn list_runs(context: &Context, args: &HistoryArgs) -> Result<Exit, Failure> {
    let file = StackFile::open(&args.stack.path)?;
    let runs = history::runs(&context.env, &file, LISTED_MAX)?;
    if runs.is_empty() {
        context.printer.note(format!("no run of {} is recorded\n", file.name()));
        return Ok(Exit::Done);
    }
    context.printer.answer(history_text(&runs, context.now, &context.zone))?;
    Ok(Exit::Done)
}

fn show_run(context: &Context, args: &RunArgs) -> Result<Exit, Failure> {
    let file = StackFile::open(&args.stack.path)?;
    let Some(detail) = history::run(&context.env, &file, args.run)? else {
        return Err(Explanation::new(format!("there is no run {} of {}", args.run, file.name()))
            .next("`landfall history` shows all that there are")
            .into());
    };
    context.printer.answer(run_text(&detail, context.now, &context.zone))?;
    Ok(Exit::Done)
}
