//! `landfall plan`: what apply would do. Changes neither the account nor the state.

use std::path::PathBuf;

use clap::Args;
use landfall_operations::intents;
use landfall_operations::plan::plan;
use landfall_operations::{Goal, Planned, Session, StackFile};
use landfall_presentation::json::{PlanDocument, write_document};
use landfall_presentation::text::header::Header;
use landfall_presentation::text::plan::Shown;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::render::intents::sentences;
use crate::stack_args::StackArg;

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
    let file = StackFile::open(&args.stack.path)?;
    let goal = if args.destroy { Goal::Nothing } else { Goal::Declared };
    let at = context.of(&file);
    let made = plan(&at.env, &at.store, file, goal, &args.replace, !args.no_refresh).await?;
    let (session, planned) = (&made.session, &made.planned);
    if !args.no_refresh {
        report_intents(context, session, planned);
    }
    if args.json {
        let document = PlanDocument::new(&planned.plan, session.file.name(), &session.file.stack.region, args.all)
            .with_forecast(&planned.forecast);
        context.printer.stream(|writer| write_document(&document, writer))?;
    } else {
        context.printer.answer(plan_text(context, session, planned, goal, args.all))?;
    }
    if let Some(path) = &args.out {
        made.save(path, &at.state)?;
        let path = path.display();
        context.printer.note(format!("saved in {path}: `landfall apply --plan {path}` does this and nothing else\n"));
    }
    let has_changes = !planned.plan.is_empty();
    Ok(if args.detailed_exitcode && has_changes { Exit::Something } else { Exit::Done })
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
    format!("{}\n{}", header(context, session), shown.text())
}

/// Returns the first line of what a person reads.
pub(crate) fn header(context: &Context, session: &Session) -> String {
    let header = Header {
        stack: session.file.name().to_owned(),
        region: session.provider.region().to_owned(),
        account: Some(session.provider.account().to_owned()),
        latest: session.stored.latest.clone(),
    };
    header.line(context.now, &context.zone)
}

/// Says what became of the steps that an earlier run did not see to their end.
pub(crate) fn report_intents(context: &Context, session: &Session, planned: &Planned) {
    let stored = &session.stored;
    let outcomes = intents::outcomes(&stored.open_intents, &stored.recorded, &planned.observed);
    for sentence in sentences(&outcomes) {
        context.printer.note(sentence + "\n");
    }
}
