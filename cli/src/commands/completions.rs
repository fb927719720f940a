//! `landfall completions`: what a shell needs to complete landfall's words.

use clap::{Args, Command};
use clap_complete::Shell;

use crate::context::Context;
use crate::failure::{Exit, Failure};

/// Arguments of `landfall completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// Prints the completions.
pub(crate) fn run(context: &Context, args: &CompletionsArgs, mut command: Command) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "landfall", &mut script);
    context.printer.answer(String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
