//! `landfall apply --plan`: does what an earlier `landfall plan --out` showed, or nothing.

use std::path::Path;

use landfall_operations::Goal;
use landfall_operations::preflight::ForeignPolicy;
use landfall_operations::saved_plan::SavedPlan;
use landfall_presentation::text::duration::moment;

use super::act::{ActArgs, act, show};
use super::plan::report_intents;
use super::tear_down;
use crate::context::Context;
use crate::failure::{Exit, Failure};

/// What a run that came to grief says of the plan.
const USED_UP: &str = "a saved plan is used up once it was begun: `landfall apply` goes on, with a plan of its own";

/// Reads everything again, compares, acts. It does not ask: the plan was shown when it was saved.
pub(crate) async fn run(
    context: &Context,
    saved_in: &Path,
    stack: Option<&Path>,
    args: &ActArgs,
) -> Result<Exit, Failure> {
    let saved = SavedPlan::read(saved_in)?;
    let at = context.with_state_at(saved.place_of_state(context.state.as_deref(), stack));
    // What is said of how to go on names the state that the plan was made from.
    let context = &Context { state: Some(at.state.clone()), ..context.clone() };
    let prepared = saved.prepare(&at.env, &at.store, saved_in, stack).await?;
    report_intents(context, &prepared.session, &prepared.planned);
    context.printer.note(provenance(context, &saved, stack));
    let args = &ActArgs { yes: true, ..args.clone() };
    show(context, &prepared, args)?;
    let (goal, is_empty) = (prepared.goal, prepared.planned.plan.is_empty());
    let checked = prepared.check(ForeignPolicy::Stop).await?;
    let done = match goal {
        Goal::Declared => act(context, args, checked).await,
        Goal::Nothing => tear_down::act(context, args, "destroy", checked).await,
    };
    if is_empty { done } else { done.map_err(|failure| failure.and_next(USED_UP)) }
}

/// Says which stack file counts.
fn provenance(context: &Context, saved: &SavedPlan, stack: Option<&Path>) -> String {
    let path = stack.unwrap_or(&saved.stack_path);
    let made = moment(saved.made, context.now, &context.zone);
    let from = saved.stack_path.display();
    let has_changed = std::fs::read_to_string(path).is_ok_and(|text| text != saved.stack_text);
    let changed = if has_changed {
        format!("; {} has changed since, and what it said then counts", path.display())
    } else {
        String::new()
    };
    format!("plan of {made}, made from {from}{changed}\n")
}
