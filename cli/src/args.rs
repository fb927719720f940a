//! The command line: what can be said, and which command it leads to.

use std::path::PathBuf;

use anstream::ColorChoice;
use anstyle::AnsiColor;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use landfall_presentation::text::style::{CHANGED, ERROR, HEADING};

use crate::commands::{
    apply, completions, destroy, drift, graph, history, init, list, plan, recover, rehearse, show, simulate, status,
    validate,
};
use crate::context::Context;
use crate::failure::{Exit, Failure};

/// What clap styles its help with.
const HELP: clap::builder::Styles = clap::builder::Styles::styled()
    .header(HEADING)
    .usage(HEADING)
    .literal(AnsiColor::Cyan.on_default())
    .error(ERROR)
    .invalid(CHANGED);

/// Dask clusters in your own AWS account, declared in a file
///
/// A stack file says what should exist. `landfall plan` shows what that takes, `landfall apply` does it,
/// `landfall drift` finds what others changed, `landfall destroy` leaves nothing behind.
#[derive(Debug, Parser)]
#[command(name = "landfall", version, styles = HELP, max_term_width = 100, disable_help_subcommand = true)]
#[command(after_help = "Exit codes: 0 success, 1 error, 2 changes or drift found, 130 interrupted")]
pub(crate) struct Cli {
    /// What holds for every command.
    #[command(flatten)]
    pub(crate) global: Global,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What holds for every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Keep the state in this file [default: .landfall/NAME.db beside the stack file]
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) state: Option<PathBuf>,
    /// Wait up to SECONDS for a lock that another command holds
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 0, hide_default_value = true)]
    pub(crate) lock_timeout: u64,
    /// Allow the state on a network file system, where its lock and its log cannot be trusted
    #[arg(long, global = true, env = "LANDFALL_STATE_ON_NETWORK", hide_env = true)]
    pub(crate) state_on_network: bool,
    /// Use colours: auto, always or never
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    pub(crate) color: Color,
    /// Do not show progress
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Use a simulated account, kept beside the state, instead of AWS
    #[arg(long, global = true)]
    pub(crate) simulate: bool,
    /// Run the simulated clock N times as fast as real time [default: 20; `landfall simulate`: 1]
    #[arg(long, global = true, value_name = "N", value_parser = speed)]
    pub(crate) speed: Option<f64>,
    /// Inject the faults in FILE into the simulated account
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) faults: Option<PathBuf>,
    /// Allow only what this IAM policy allows in the simulated account [may be repeated]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) caller_policy: Vec<PathBuf>,
}

/// Reads how fast the simulated clock runs.
fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.001..=100_000.0).contains(&speed) { Ok(speed) } else { Err("not from 0.001 to 100000".to_owned()) }
}

/// When to use colours.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl From<Color> for ColorChoice {
    fn from(color: Color) -> ColorChoice {
        match color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        }
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a stack file to start from
    Init(init::InitArgs),
    /// Check a stack file, without the account
    Validate(validate::ValidateArgs),
    /// Show what apply would do
    Plan(plan::PlanArgs),
    /// Make the account what the stack file declares
    Apply(apply::ApplyArgs),
    /// Find what differs from what landfall made
    Drift(drift::DriftArgs),
    /// Delete everything in the stack
    Destroy(destroy::DestroyArgs),
    /// Show the clusters and how to reach them
    Status(status::StatusArgs),
    /// List the recorded resources
    List(list::ListArgs),
    /// Show everything recorded about a resource
    Show(show::ShowArgs),
    /// Draw the resources and their dependencies
    Graph(graph::GraphArgs),
    /// List the runs, or show one
    History(history::HistoryArgs),
    /// Rebuild the state from the account
    Recover(recover::RecoverArgs),
    /// Rehearse the stack's life in memory with faults injected
    Rehearse(rehearse::RehearseArgs),
    /// Serve a simulated AWS region, or change a simulated account by hand
    Simulate(simulate::SimulateArgs),
    /// Print completions for a shell
    Completions(completions::CompletionsArgs),
}

impl Command {
    /// Carries the command out.
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self {
            Command::Init(args) => init::run(context, &args),
            Command::Validate(args) => validate::run(context, &args),
            Command::Plan(args) => plan::run(context, &args).await,
            Command::Apply(args) => apply::run(context, &args).await,
            Command::Drift(args) => drift::run(context, &args).await,
            Command::Destroy(args) => destroy::run(context, &args).await,
            Command::Status(args) => status::run(context, &args).await,
            Command::List(args) => list::run(context, &args).await,
            Command::Show(args) => show::run(context, &args).await,
            Command::Graph(args) => graph::run(context, &args).await,
            Command::History(args) => history::run(context, &args).await,
            Command::Recover(args) => recover::run(context, &args).await,
            Command::Rehearse(args) => rehearse::run(context, &args).await,
            Command::Simulate(args) => simulate::run(context, &args).await,
            Command::Completions(args) => completions::run(context, &args, Cli::command()),
        }
    }
}
