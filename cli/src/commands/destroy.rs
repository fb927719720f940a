//! `landfall destroy`: deletes everything that the stack made, and proves it.

use clap::Args;
use landfall_aws::sweep::{Leftover, sweep};

use super::apply::{ActArgs, nothing_done, show};
use super::destroy_by_name;
use super::plan::report_intents;
use crate::args::StackArg;
use crate::context::Context;
use crate::failure::{Exit, Explanation, Failure};
use crate::preflight::{self, Foreign};
use crate::question::confirm;
use crate::render::header::grouped;
use crate::render::outcome::{done_line, leftover_lines};
use crate::run::{Held, execute, note_findings};
use crate::session::{Access, Goal, Planned, Session};
use crate::stack_file::StackFile;

/// Arguments of `landfall destroy`.
#[derive(Debug, Args)]
pub(crate) struct DestroyArgs {
    #[command(flatten)]
    stack: StackArg,
    /// Tear down the stack of this name by what the account shows alone, where stack file and state are lost
    #[arg(long, value_name = "NAME", conflicts_with = "path")]
    pub(crate) name: Option<String>,
    /// The region of that stack [default: the one of the AWS configuration]
    #[arg(long, value_name = "R", requires = "name")]
    pub(crate) region: Option<String>,
    #[command(flatten)]
    pub(crate) act: ActArgs,
    /// Take the stack's role, instance profile and elastic IPs from where others put them
    #[arg(long)]
    pub(crate) force_foreign: bool,
}

/// Plans the teardown, asks, acts, and sweeps.
pub(crate) async fn run(context: &Context, args: &DestroyArgs) -> Result<Exit, Failure> {
    if let Some(name) = &args.name {
        return destroy_by_name::run(context, args, name).await;
    }
    let file = StackFile::open(&args.stack.path, &context.printer)?;
    let held = Held::take(&file.state_path(context.state.as_deref()), context).await?;
    let session = Session::open(context, file, Some(&held.state), Access::Write).await?;
    let planned = session.plan(Goal::Nothing, true, context).await?;
    report_intents(context, &session, &planned);
    tear_down(context, args, "destroy", &held, &session, &planned).await
}

/// Shows what goes, asks, acts, and sweeps. `command` is what the user would say to go on.
pub(crate) async fn tear_down(
    context: &Context,
    args: &DestroyArgs,
    command: &str,
    held: &Held,
    session: &Session,
    planned: &Planned,
) -> Result<Exit, Failure> {
    show(context, session, planned, Goal::Nothing, &args.act)?;
    if planned.plan.is_empty() {
        note_findings(context, held, session, planned)?;
        prove(context, session, &args.act, command).await?;
        return nothing_done(context, session, &args.act);
    }
    let foreign = if args.force_foreign { Foreign::Loosen } else { Foreign::Offer };
    let loosened = preflight::look(context, session, planned, foreign).await?;
    if !args.act.yes {
        let name = session.file.name();
        let question = format!("This deletes everything above. Type the stack's name, `{name}`, to go on:");
        confirm(context, &question, name, command).await?;
    }
    preflight::loosen(session, &loosened).await?;
    act(context, &args.act, command, held, session, planned).await
}

/// Carries the teardown out, tells what came of it, and sweeps.
pub(crate) async fn act(
    context: &Context,
    act: &ActArgs,
    command: &str,
    held: &Held,
    session: &Session,
    planned: &Planned,
) -> Result<Exit, Failure> {
    let outcome = execute(context, held, session, planned, act.run_options()).await?;
    let done = format!("\n{}", done_line(&outcome.report.done, outcome.took, outcome.api_calls));
    let told = if act.json { Ok(()) } else { context.printer.answer(done) };
    let proof = if outcome.report.is_complete() { prove(context, session, act, command).await } else { Ok(()) };
    let summed_up = if act.json { context.printer.answer(outcome.summary.line()) } else { Ok(()) };
    // What came of the run matters more than whether it could be told.
    let failed = Failure::of_run(&outcome.report, &planned.plan, command);
    failed.map_or(Ok(()), Err).and(proof).and(told).and(summed_up).map(|()| Exit::Done)
}

/// Asks the account, by ways other than those that the teardown was planned from, for anything of the stack, and says
/// that there is nothing left.
pub(crate) async fn prove(context: &Context, session: &Session, act: &ActArgs, command: &str) -> Result<(), Failure> {
    let place = expect_nothing(session, command).await?;
    let name = session.file.name();
    say(context, act, format!("nothing of {name} is left in {place}\n"))
}

/// Asks the account by those other ways, and returns the words for where it asked.
pub(crate) async fn expect_nothing(session: &Session, command: &str) -> Result<String, Failure> {
    let leftovers = sweep(&session.provider).await?;
    let region = &session.file.stack.region;
    let place = format!("account {}, {region}", grouped(session.provider.account()));
    if leftovers.is_empty() { Ok(place) } else { Err(left_over(session.file.name(), &place, &leftovers, command)) }
}

/// Says a sentence where it belongs.
pub(crate) fn say(context: &Context, act: &ActArgs, sentence: String) -> Result<(), Failure> {
    if act.json {
        context.printer.note(sentence);
        return Ok(());
    }
    context.printer.answer(sentence)
}

fn left_over(name: &str, place: &str, leftovers: &[Leftover], command: &str) -> Failure {
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
