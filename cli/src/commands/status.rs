//! `landfall status`: the clusters, how many workers they have, and how to reach them.

use clap::Args;
use landfall_operations::StackFile;
use landfall_operations::status::{StatusResult, status};

use super::plan::header;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::render::json::status_document;
use crate::render::status::status_text;
use crate::stack_args::StackArg;

/// Arguments of `landfall status`.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    stack: StackArg,
    /// Print the status as one JSON document
    #[arg(long)]
    json: bool,
}

/// Reads the account and shows the clusters.
pub(crate) async fn run(context: &Context, args: &StatusArgs) -> Result<Exit, Failure> {
    let file = StackFile::open(&args.stack.path)?;
    let at = context.of(&file);
    let StatusResult { session, clusters, resources } = status(&at.env, &at.store, file).await?;
    let text = if args.json {
        status_document(&clusters, session.file.name(), resources)
    } else {
        format!("{}\n{}", header(context, &session), status_text(&clusters, resources))
    };
    context.printer.answer(text)?;
    Ok(Exit::Done)
}
