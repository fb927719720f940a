//! `landfall drift`: where the account differs from what landfall made. Changes neither.

use clap::Args;
use landfall_engine::drift::drift;
use landfall_engine::graph::Graph;
use landfall_engine::plan::plan;
use landfall_engine::provider::Provider;

use crate::args::StackArg;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::render::drift::drift_text;
use crate::render::json::drift_document;
use crate::session::{Access, Session, read_state};
use crate::stack_file::StackFile;

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
    let file = StackFile::open(&args.stack.path, &context.printer)?;
    let state = read_state(context, &file)?;
    let session = Session::open(context, file, state.as_ref(), Access::Read).await?;
    session.note_run_in_progress(context);
    // A stack file that this account cannot have says nothing about drift; only what apply would do stays unknown.
    let graph = session.compile(context).await.ok().map(|(graph, _)| graph);
    let nothing = Graph::default();
    let observed = session.observe(graph.as_ref().unwrap_or(&nothing)).await?;
    let (recorded, schemas) = (&session.stored.recorded, session.provider.schemas());
    let found = drift(recorded, &observed, schemas);
    let text = if args.json {
        drift_document(&found, session.file.name())
    } else {
        let planned = graph.map(|graph| plan(&graph, recorded, &observed, schemas));
        format!("{}\n{}", session.header(context), drift_text(&found, session.file.name(), planned.as_ref()))
    };
    context.printer.answer(text)?;
    Ok(if found.is_empty() { Exit::Done } else { Exit::Something })
}
