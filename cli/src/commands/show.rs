//! `landfall show`: all that is recorded of one resource. Asks the state alone.

use clap::Args;
use landfall_engine::address::Address;
use landfall_engine::snapshot::Recorded;
use landfall_operations::StackFile;
use landfall_operations::stored_state::StoredState;
use landfall_presentation::text::listing::show_text;

use crate::context::Context;
use crate::failure::{Exit, Explanation, Failure};
use crate::stack_args::StackFlag;

/// Most addresses offered in the place of an unknown one.
const OFFERED_MAX: usize = 5;

/// Arguments of `landfall show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The resource, such as cluster/analytics/scheduler
    #[arg(value_name = "ADDRESS")]
    address: String,
    #[command(flatten)]
    stack: StackFlag,
}

/// Prints the resource.
pub(crate) async fn run(context: &Context, args: &ShowArgs) -> Result<Exit, Failure> {
    let file = StackFile::open(&args.stack.path)?;
    let recorded = StoredState::read(&context.of(&file).store).await?.recorded;
    let found: Vec<_> = recorded.iter().filter(|resource| resource.address.as_str() == args.address).collect();
    if found.is_empty() {
        return Err(unknown(&args.address, &recorded));
    }
    // An old self whose successor exists already has the same address.
    context.printer.answer(found.into_iter().map(show_text).collect::<Vec<_>>().join("\n"))?;
    Ok(Exit::Done)
}

fn unknown(asked: &str, recorded: &Recorded) -> Failure {
    let explanation = Explanation::new(format!("no resource {asked} is recorded"));
    let near = near_misses(asked, recorded);
    if near.is_empty() {
        return explanation.next("`landfall list` shows all that there are").into();
    }
    explanation.next(format!("did you mean {}? `landfall list` shows all", near.join(", "))).into()
}

/// Returns the addresses that share the most segments with what was asked for.
fn near_misses<'a>(asked: &str, recorded: &'a Recorded) -> Vec<&'a str> {
    let asked: Vec<&str> = asked.split('/').filter(|segment| !segment.is_empty()).collect();
    let likeness = |address: &Address| {
        asked
            .iter()
            .filter(|segment| address.segments().any(|own| own.contains(*segment) || segment.contains(own)))
            .count()
    };
    let mut near: Vec<(usize, &Address)> =
        recorded.resources.keys().map(|address| (likeness(address), address)).filter(|(count, _)| *count > 0).collect();
    near.sort_by(|(a, x), (b, y)| b.cmp(a).then_with(|| x.cmp(y)));
    let best = near.first().map(|(count, _)| *count).unwrap_or_default();
    near.into_iter().take_while(|(count, _)| *count == best).take(OFFERED_MAX).map(|(_, a)| a.as_str()).collect()
}
