//! `landfall drift`: where the account differs from what landfall made. Changes neither.

use clap::Args;
use landfall_operations::StackFile;
use landfall_operations::drift::{DriftResult, drift};
use landfall_presentation::json::drift_document;
use landfall_presentation::text::drift::drift_text;

use super::plan::header;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::stack_args::StackArg;

/// Arguments of `landfall drift`.
#[derive(Debug, Args)]
pub(crate) struct DriftArgs {
    #[command(flatten)]
    stack: StackArg,
    /// Print the drift as one JSON document
    #[arg(long)]
    json: bool,
}

/// Reads the account and compares.
pub(crate) async fn run(context: &Context, args: &DriftArgs) -> Result<Exit, Failure> {
    let file = StackFile::open(&args.stack.path)?;
    let at = context.of(&file);
    let DriftResult { session, drift: found, plan } = drift(&at.env, &at.store, file).await?;
    let text = if args.json {
        drift_document(&found, session.file.name())
    } else {
        format!("{}\n{}", header(context, &session), drift_text(&found, session.file.name(), plan.as_ref()))
    };
    context.printer.answer(text)?;
    Ok(if found.is_empty() { Exit::Done } else { Exit::Something })
}
