//! A teardown: what goes is shown, asked about, deleted, and swept after.

use landfall_aws::sweep::Leftover;
use landfall_operations::Session;
use landfall_operations::apply::{Checked, Prepared};
use landfall_operations::preflight::ForeignPolicy;
use landfall_presentation::text::header::grouped;
use landfall_presentation::text::outcome::{done_line, leftover_lines};
use landfall_state::StoreWriter;

use super::act::{ActArgs, show};
use crate::context::Context;
use crate::failure::{Exit, Explanation, Failure};
use crate::question::confirm;

/// Shows what goes, asks, acts, and sweeps. `command` is what the user would say to go on.
pub(crate) async fn tear_down(
    context: &Context,
    args: &ActArgs,
    force_foreign: bool,
    command: &str,
    prepared: Prepared<impl StoreWriter>,
) -> Result<Exit, Failure> {
    show(context, &prepared, args)?;
    let is_empty = prepared.planned.plan.is_empty();
    let name = prepared.session.file.name().to_owned();
    let policy = if force_foreign { ForeignPolicy::Loosen } else { ForeignPolicy::Offer };
    let checked = prepared.check(policy).await?;
    if !is_empty && !args.yes {
        let question = format!("This deletes everything above. Type the stack's name, `{name}`, to go on:");
        confirm(context, &question, &name, command).await?;
    }
    act(context, args, command, checked).await
}

/// Carries the teardown out and says what came of it, and that nothing is left.
pub(crate) async fn act(
    context: &Context,
    act: &ActArgs,
    command: &str,
    checked: Checked<impl StoreWriter>,
) -> Result<Exit, Failure> {
    let plan = checked.plan().clone();
    let (name, place) = (checked.session().file.name().to_owned(), place_of(checked.session()));
    let executed = checked.execute(act.parallelism).await?;
    let done = format!("\n{}", done_line(&executed.report.done, executed.took, executed.summary.api_calls));
    let told = if act.json || executed.changes == 0 { Ok(()) } else { context.printer.answer(done) };
    let proof = match &executed.leftovers {
        Some(leftovers) if leftovers.is_empty() => say(context, act, format!("nothing of {name} is left in {place}\n")),
        Some(leftovers) => Err(left_over(&name, &place, leftovers, command)),
        None => Ok(()),
    };
    // What came of the run matters more than whether it could be told.
    let failed = Failure::of_run(&executed.report, &plan, command);
    failed.map_or(Ok(()), Err).and(proof).and(told).map(|()| Exit::Done)
}

/// Returns the words for where a stack is.
pub(crate) fn place_of(session: &Session) -> String {
    format!("account {}, {}", grouped(session.provider.account()), session.file.stack.region)
}

/// Says a sentence where it belongs.
pub(crate) fn say(context: &Context, act: &ActArgs, sentence: String) -> Result<(), Failure> {
    if act.json {
        context.printer.note(sentence);
        return Ok(());
    }
    context.printer.answer(sentence)
}

/// Returns the failure of a teardown after which something is left.
pub(crate) fn left_over(name: &str, place: &str, leftovers: &[Leftover], command: &str) -> Failure {
    let lines: Vec<_> = leftovers.iter().map(|l| (l.kind.as_str(), l.id.as_str(), l.detail.as_str())).collect();
    let what = format!("something that carries the tag of {name} is left in {place}");
    leftover_lines(&lines)
        .into_iter()
        .fold(Explanation::new(what), Explanation::meaning)
        .next(format!(
            "AWS may take some minutes to let go: run `landfall {command}` again; what stays was made by others"
        ))
        .into()
}
