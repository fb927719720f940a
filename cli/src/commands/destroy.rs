//! `landfall destroy`: deletes everything that the stack made, and proves it.

use clap::Args;
use landfall_aws::sweep::{Leftover, sweep};

use super::apply::{ActArgs, nothing_done, show};
use super::plan::tell_of_intents;
use crate::args::StackArg;
use crate::context::Context;
use crate::failure::{Exit, Explanation, Failure};
use crate::question::confirm;
use crate::render::header::grouped;
use crate::render::outcome::{done_line, leftover_lines};
use crate::run::{Held, carry_out, note_findings};
use crate::session::{Access, Aim, Planned, Session};
use crate::stack_file::StackFile;

/// Arguments of `landfall destroy`.
#[derive(Debug, Args)]
pub(crate) struct DestroyArgs {
    #[command(flatten)]
    stack: StackArg,
    #[command(flatten)]
    act: ActArgs,
}

/// Plans the teardown, asks, acts, and sweeps.
pub(crate) async fn run(context: &Context, args: &DestroyArgs) -> Result<Exit, Failure> {
    let file = StackFile::open(&args.stack.path, &context.printer)?;
    let held = Held::take(&file.state_path(context.state.as_deref()), context)?;
    let session = Session::open(context, file, Some(&held.state), Access::Write).await?;
    let planned = session.plan(Aim::Nothing, true, context).await?;
    tell_of_intents(context, &session, &planned);
    show(context, &session, &planned, Aim::Nothing, &args.act)?;
    if planned.plan.is_empty() {
        note_findings(context, &held, &session, &planned)?;
        prove(context, &session, &args.act).await?;
        return nothing_done(context, &session, &args.act);
    }
    if !args.act.yes {
        let name = session.file.name();
        let question = format!("This deletes everything above. Type the stack's name, `{name}`, to go on:");
        confirm(context, &question, name, "destroy").await?;
    }
    act(context, &args.act, &held, &session, &planned).await
}

/// Carries the teardown out, tells what came of it, and sweeps.
pub(crate) async fn act(
    context: &Context,
    act: &ActArgs,
    held: &Held,
    session: &Session,
    planned: &Planned,
) -> Result<Exit, Failure> {
    let outcome = carry_out(context, held, session, planned, act.run_options()).await?;
    let done = format!("\n{}", done_line(&outcome.report.done, outcome.took, outcome.api_calls));
    let told = if act.json { Ok(()) } else { context.printer.answer(done) };
    let proof = if outcome.report.is_complete() { prove(context, session, act).await } else { Ok(()) };
    let summed_up = if act.json { context.printer.answer(outcome.summary.line()) } else { Ok(()) };
    // What came of the run matters more than whether it could be told.
    let failed = Failure::of_run(&outcome.report, &planned.plan, "destroy");
    failed.map_or(Ok(()), Err).and(proof).and(told).and(summed_up).map(|()| Exit::Done)
}

/// Asks the account, by ways other than those that the teardown was planned from, for anything of the stack.
pub(crate) async fn prove(context: &Context, session: &Session, act: &ActArgs) -> Result<(), Failure> {
    let leftovers = sweep(&session.provider).await?;
    let (name, region) = (session.file.name(), &session.file.stack.region);
    let account = grouped(session.provider.account());
    if !leftovers.is_empty() {
        return Err(left_over(name, region, &account, &leftovers));
    }
    let sentence = format!("nothing of {name} is left in account {account}, {region}\n");
    if act.json {
        context.printer.note(sentence);
        return Ok(());
    }
    context.printer.answer(sentence)
}

fn left_over(name: &str, region: &str, account: &str, leftovers: &[Leftover]) -> Failure {
    let lines: Vec<_> = leftovers.iter().map(|l| (l.kind.as_str(), l.id.as_str(), l.detail.as_str())).collect();
    let what = format!("something that carries the tag of {name} is left in account {account}, {region}");
    leftover_lines(&lines)
        .into_iter()
        .fold(Explanation::new(what), Explanation::meaning)
        .next("AWS may take some minutes to let go: run `landfall destroy` again; what stays was made by others")
        .into()
}
