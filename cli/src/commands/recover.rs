//! `landfall recover`: rebuilds the state from what the account shows. Changes the state, never the account.

use clap::Args;
use landfall_operations::recover::recover;
use landfall_operations::{StackFile, intents};
use landfall_presentation::text::recovery::Told;

use super::plan::header;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::render::intents::sentences;
use crate::stack_args::StackArg;

/// Arguments of `landfall recover`.
#[derive(Debug, Args)]
pub(crate) struct RecoverArgs {
    #[command(flatten)]
    stack: StackArg,
}

/// Reads the account, and only then touches the state.
pub(crate) async fn run(context: &Context, args: &RecoverArgs) -> Result<Exit, Failure> {
    let file = StackFile::open(&args.stack.path)?;
    let at = context.of(&file);
    let recovered = recover(&at.env, &at.store, file).await?;
    let session = &recovered.session;
    let stored = &session.stored;
    let outcomes = intents::outcomes(&stored.open_intents, &stored.recorded, &recovered.observed);
    for sentence in sentences(&outcomes) {
        context.printer.note(sentence + "\n");
    }
    let told =
        Told { recovery: &recovered.recovery, recorded: recovered.recorded.iter().count(), next: &recovered.next };
    context.printer.answer(format!("{}\n{}", header(context, session), told.text(session.file.name())))?;
    Ok(Exit::Done)
}
