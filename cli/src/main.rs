//! The `landfall` command: arguments in, text and an exit code out.
//!
//! ```text
//! args.rs -> commands/COMMAND.rs -> landfall-operations (what the command does)
//!                  |                        |
//!                  |               reader.rs (its stream of events, for a person or a program)
//!                  |
//!              render/, landfall-presentation (values to text and JSON, pure)
//!              failure.rs (errors to text and exit code)
//!                  '------------------ printer.rs (the only way out)
//! ```
//!
//! What is decided is decided in `landfall-engine`, what is done is done in `landfall-operations`; here it is only asked
//! for and shown.

mod args;
mod commands;
mod context;
mod failure;
mod interrupt;
mod printer;
mod question;
mod reader;
mod render;
mod stack_args;
mod terminal;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use landfall_operations::event::Events;
use landfall_operations::simulated_account::SimulatedAccount;
use tracing_subscriber::EnvFilter;

use crate::args::{Cli, Command, Global};
use crate::context::{Context, Locking};
use crate::failure::{Explanation, Failure, NOTHING_CHANGED};
use crate::interrupt::Interrupts;
use crate::printer::Printer;
use crate::reader::Reader;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return misunderstood(&error),
    };
    listen_to_traces();
    let printer = Printer::new(cli.global.color.into(), cli.global.quiet);
    let outcome = match tokio::runtime::Runtime::new() {
        Ok(runtime) => {
            let outcome = runtime.block_on(dispatch(cli, printer.clone()));
            // A thread may still wait for an answer on the terminal that nobody will give.
            runtime.shutdown_background();
            outcome
        }
        Err(error) => Err(Explanation::new("landfall could not start its threads").because(&error).into()),
    };
    // A run that was broken off leaves its live lines behind.
    printer.end_live();
    outcome.unwrap_or_else(|failure| {
        printer.alert(failure.text());
        failure.exit_code()
    })
}

async fn dispatch(cli: Cli, printer: Printer) -> Result<ExitCode, Failure> {
    let Global { state, lock_timeout, state_on_network, simulate, speed, faults, caller_policy, .. } = cli.global;
    let is_simulated = simulate || matches!(cli.command, Command::Simulate(_));
    if !is_simulated && (speed.is_some() || faults.is_some() || !caller_policy.is_empty()) {
        return Err(Explanation::new("`--speed`, `--faults` and `--caller-policy` are for the simulated account only")
            .kept(NOTHING_CHANGED)
            .next("add `--simulate`, or leave them out")
            .into());
    }
    let simulation = SimulatedAccount::read(speed, faults.as_deref(), &caller_policy)?;
    let (interrupts, cancellation) = Interrupts::listen(printer.clone());
    let context = Context {
        events: Events::to(Reader::human(&printer)),
        printer,
        interrupts,
        cancellation,
        state,
        locking: Locking { timeout: Duration::from_secs(lock_timeout), on_network: state_on_network },
        simulate,
        simulation,
        command_line: command_line(),
        now: Timestamp::now(),
        zone: TimeZone::system(),
    };
    tokio::select! {
        outcome = cli.command.run(&context) => outcome.map(ExitCode::from),
        () = context.interrupts.given_up() => {
            if context.printer.can_ask() {
                // A terminal has shown `^C`, perhaps behind a question.
                context.printer.alert("\n");
            }
            Err(context.interrupts.failure())
        }
    }
}

fn command_line() -> String {
    let arguments = std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned());
    ["landfall".to_owned()].into_iter().chain(arguments).collect::<Vec<_>>().join(" ")
}

/// Help and version are answers. A usage error ends with 1: clap's own 2 means that there is something.
fn misunderstood(error: &clap::Error) -> ExitCode {
    // A stream that is closed already takes no more words.
    let _ = error.print();
    ExitCode::from(u8::from(error.use_stderr()))
}

/// `LANDFALL_LOG=debug` shows on stderr what the SDK and landfall do.
fn listen_to_traces() {
    if let Ok(filter) = EnvFilter::try_from_env("LANDFALL_LOG") {
        // Its own complaint about a stream that is closed would end the process in the middle of a run.
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .log_internal_errors(false)
            .init();
    }
}
