//! `landfall plan`: what apply would do. Changes neither the account nor the state.

use std::path::{Path, PathBuf};

use clap::Args;
use landfall_state::State;

use crate::args::StackArg;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::intents;
use crate::render::json::{PlanDocument, write_document};
use crate::render::plan::Shown;
use crate::saved_plan::SavedPlan;
use crate::session::{Access, Goal, Planned, Session, read_state};
use crate::stack_file::StackFile;

/// Arguments of `landfall plan`.
#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    stack: StackArg,
    /// Print the plan as one JSON document
    #[arg(long)]
    json: bool,
    /// Exit with 2 if there are changes
    #[arg(long)]
    detailed_exitcode: bool,
    /// Save the plan in this file, for `landfall apply --plan FILE`
    #[arg(long, value_name = "FILE", conflicts_with = "no_refresh")]
    out: Option<PathBuf>,
    /// Plan the teardown
    #[arg(long)]
    destroy: bool,
    /// Replace what this glob of addresses selects, such as `cluster/main/*` [may be repeated]
    #[arg(long, value_name = "GLOB", conflicts_with = "destroy")]
    replace: Vec<String>,
    /// Do not read the account: take it to be as recorded
    #[arg(long)]
    no_refresh: bool,
    /// List also what stays as it is
    #[arg(long)]
    all: bool,
}

/// Makes the plan and shows it.
pub(crate) async fn run(context: &Context, args: &PlanArgs) -> Result<Exit, Failure> {
    let file = StackFile::open(&args.stack.path, &context.printer)?;
    let state = read_state(context, &file)?;
    let session = Session::open(context, file, state.as_ref(), Access::Read).await?.replacing(&args.replace);
    session.note_run_in_progress(context);
    let goal = if args.destroy { Goal::Nothing } else { Goal::Declared };
    let planned = session.plan(goal, !args.no_refresh, context).await?;
    if !args.no_refresh {
        report_intents(context, &session, &planned);
    }
    if args.json {
        let document = PlanDocument::new(&planned.plan, session.file.name(), &session.file.stack.region, args.all)
            .with_forecast(&planned.forecast);
        context.printer.stream(|writer| write_document(&document, writer))?;
    } else {
        context.printer.answer(plan_text(context, &session, &planned, goal, args.all))?;
    }
    if let Some(path) = &args.out {
        save(context, &session, &planned, goal, state.as_ref(), path)?;
    }
    let has_changes = !planned.plan.is_empty();
    Ok(if args.detailed_exitcode && has_changes { Exit::Something } else { Exit::Done })
}

/// Saves the plan, with all that it was made from.
fn save(
    context: &Context,
    session: &Session,
    planned: &Planned,
    goal: Goal,
    state: Option<&State>,
    path: &Path,
) -> Result<(), Failure> {
    let state_path = session.file.state_path(context.state.as_deref());
    // It is carried out perhaps from another folder.
    let state_path = std::path::absolute(&state_path).unwrap_or(state_path);
    let lineage = state.map(State::lineage).transpose()?;
    SavedPlan::new(session, planned, goal, (state_path, lineage), context.now).write(path)?;
    let path = path.display();
    context.printer.note(format!("saved in {path}: `landfall apply --plan {path}` does this and nothing else\n"));
    Ok(())
}

/// Returns the plan as a person reads it, its header included.
pub(crate) fn plan_text(context: &Context, session: &Session, planned: &Planned, goal: Goal, all: bool) -> String {
    let shown = Shown {
        plan: &planned.plan,
        stack: session.file.name(),
        forecast: &planned.forecast,
        all,
        teardown: goal == Goal::Nothing,
    };
    format!("{}\n{}", session.header(context), shown.text())
}

/// Says what became of the steps that an earlier run did not see to their end.
pub(crate) fn report_intents(context: &Context, session: &Session, planned: &Planned) {
    let stored = &session.stored;
    for sentence in intents::sentences(&stored.open_intents, &stored.recorded, &planned.observed) {
        context.printer.note(sentence + "\n");
    }
}
