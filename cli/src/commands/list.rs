//! `landfall list`: what is recorded. Asks the state alone.

use clap::Args;
use landfall_engine::address::AddressGlob;
use landfall_operations::StackFile;
use landfall_operations::stored_state::StoredState;
use landfall_presentation::text::listing::list_text;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::stack_args::StackFlag;

/// Arguments of `landfall list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// List only these addresses; `*` stands for any text, `?` for one character
    #[arg(value_name = "GLOB")]
    glob: Option<String>,
    #[command(flatten)]
    stack: StackFlag,
}

/// Prints the table.
pub(crate) async fn run(context: &Context, args: &ListArgs) -> Result<Exit, Failure> {
    let file = StackFile::open(&args.stack.path)?;
    let stored = StoredState::read(&context.of(&file).store).await?;
    let glob = args.glob.as_deref().map(AddressGlob::new);
    let listed: Vec<_> = stored
        .recorded
        .iter()
        .filter(|resource| glob.as_ref().is_none_or(|glob| glob.selects(&resource.address)))
        .collect();
    if listed.is_empty() {
        context.printer.note(match &args.glob {
            Some(glob) => format!("no recorded resource fits {glob}\n"),
            None => format!("nothing of {} is recorded\n", file.name()),
        });
        return Ok(Exit::Done);
    }
    context.printer.answer(list_text(listed))?;
    Ok(Exit::Done)
}
