//! `landfall graph`: the declared resources and what needs what, for a drawing program.

use clap::{Args, ValueEnum};
use landfall_operations::StackFile;
use landfall_operations::graph::graph;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::stack_args::StackFlag;

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
    let file = StackFile::open(&args.stack.path)?;
    let at = context.of(&file);
    let graph = graph(&at.env, &at.store, file).await?;
    context.printer.answer(match args.format {
        Format::Dot => graph.to_dot(),
        Format::Mermaid => graph.to_mermaid(),
    })?;
    Ok(Exit::Done)
}
