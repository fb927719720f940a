//! `landfall history`: the runs of a stack. Asks the state alone.

use clap::{Args, Subcommand};
use landfall_operations::{StackFile, history};
use landfall_presentation::json::line;
use landfall_state::retention::EVENTS_KEPT;

use crate::context::Context;
use crate::failure::{Exit, Explanation, Failure};
use crate::render::events::events_text;
use crate::render::history::{history_text, run_text};
use crate::stack_args::StackFlag;

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
    /// Tell what happened in it, in order
    #[arg(long)]
    events: bool,
    /// Tell only what happened after the event of this number
    #[arg(long, value_name = "SEQ", requires = "events", default_value_t = 0, hide_default_value = true)]
    after: u64,
    /// Print the events as JSON lines, as `apply --json` does
    #[arg(long, requires = "events")]
    json: bool,
    #[command(flatten)]
    stack: StackFlag,
}

/// Prints the table of runs, or one of them.
pub(crate) async fn run(context: &Context, args: &HistoryArgs) -> Result<Exit, Failure> {
    match &args.command {
        Some(HistoryCommand::Show(show)) => show_run(context, show).await,
        None => list_runs(context, args).await,
    }
}

async fn list_runs(context: &Context, args: &HistoryArgs) -> Result<Exit, Failure> {
    let file = StackFile::open(&args.stack.path)?;
    let runs = history::runs(&context.of(&file).store, LISTED_MAX).await?;
    if runs.is_empty() {
        context.printer.note(format!("no run of {} is recorded\n", file.name()));
        return Ok(Exit::Done);
    }
    context.printer.answer(history_text(&runs, context.now, &context.zone))?;
    Ok(Exit::Done)
}

async fn show_run(context: &Context, args: &RunArgs) -> Result<Exit, Failure> {
    let file = StackFile::open(&args.stack.path)?;
    let store = context.of(&file).store;
    let Some(detail) = history::run(&store, args.run).await? else {
        return Err(Explanation::new(format!("there is no run {} of {}", args.run, file.name()))
            .next("`landfall history` shows all that there are")
            .into());
    };
    if !args.events {
        context.printer.answer(run_text(&detail, context.now, &context.zone))?;
        return Ok(Exit::Done);
    }
    let events = history::events(&store, args.run, args.after, EVENTS_KEPT).await?;
    if events.is_empty() {
        let after = if args.after == 0 { String::new() } else { format!(" after {}", args.after) };
        context.printer.note(format!("no event of run {}{after} is kept\n", args.run));
    }
    let text = if args.json { events.iter().map(line).collect() } else { events_text(&events, detail.run.began) };
    context.printer.answer(text)?;
    Ok(Exit::Done)
}
