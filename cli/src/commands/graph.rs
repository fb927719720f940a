//! `landfall graph`: the declared resources and what needs what, for a drawing program.

use clap::{Args, ValueEnum};
use landfall_engine::graph::Graph;

use crate::args::StackFlag;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::session::{Access, Session, StoredState, compile_with, read_state};
use crate::stack_file::StackFile;

/// Arguments of `landfall graph`.
#[derive(Debug, Args)]
pub(crate) struct GraphArgs {
    /// The language of the drawing
    #[arg(long, value_name = "FORMAT", default_value = "dot")]
    format: Format,
    #[command(flatten)]
    stack: StackFlag,
}

/// The language of the drawing.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// Graphviz: `landfall graph | dot -Tsvg`
    Dot,
    /// Mermaid, as GitHub and many wikis draw it
    Mermaid,
}

/// Compiles the stack and prints its graph.
pub(crate) async fn run(context: &Context, args: &GraphArgs) -> Result<Exit, Failure> {
    let file = StackFile::open(&args.stack.path, &context.printer)?;
    let graph = compile(context, file).await?;
    context.printer.answer(match args.format {
        Format::Dot => graph.to_dot(),
        Format::Mermaid => graph.to_mermaid(),
    })?;
    Ok(Exit::Done)
}

/// Compiles with the facts that the state remembers; asks the account only where they do not suffice.
async fn compile(context: &Context, file: StackFile) -> Result<Graph, Failure> {
    let state = read_state(context, &file)?;
    let facts = StoredState::from(state.as_ref())?.facts.filter(|facts| facts.region == file.stack.region);
    if let Some(Ok(graph)) = facts.map(|facts| compile_with(&file, &facts, context)) {
        return Ok(graph);
    }
    let session = Session::open(context, file, state.as_ref(), Access::Read).await?;
    Ok(session.compile(context).await?.0)
}
