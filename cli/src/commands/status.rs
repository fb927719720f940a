//! `landfall status`: the clusters, how many workers they have, and how to reach them.

use clap::Args;
use landfall_engine::graph::Graph;

use crate::args::StackArg;
use crate::clusters::clusters;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::render::json::status_document;
use crate::render::status::status_text;
use crate::session::{Access, Session, read_state};
use crate::stack_file::StackFile;

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
    let file = StackFile::open(&args.stack.path, &context.printer)?;
    let state = read_state(context, &file)?;
    let session = Session::open(context, file, state.as_ref(), Access::Read).await?;
    session.note_run_in_progress(context);
    let recorded = &session.stored.recorded;
    // What is recorded needs no graph to be found again.
    let observed = session.observe(&Graph::default()).await?;
    let clusters = clusters(&session.file.stack, recorded, Some(&observed));
    let resources = recorded.iter().count();
    let text = if args.json {
        status_document(&clusters, session.file.name(), resources)
    } else {
        format!("{}\n{}", session.header(context), status_text(&clusters, resources))
    };
    context.printer.answer(text)?;
    Ok(Exit::Done)
}
