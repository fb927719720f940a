//! `landfall apply --plan`: does what an earlier `landfall plan --out` showed, or nothing.

use std::path::{Path, PathBuf};

use landfall_aws_blueprint::stack;
use landfall_engine::graph::Graph;

use super::apply::{ActArgs, act, nothing_done, show};
use super::destroy;
use super::plan::report_intents;
use crate::context::Context;
use crate::failure::saved_plan::{of_another_place, of_another_plan, of_another_state};
use crate::failure::{Exit, Failure};
use crate::preflight::{self, Foreign};
use crate::render::duration::moment;
use crate::render::header::grouped;
use crate::run::{Held, note_findings};
use crate::saved_plan::SavedPlan;
use crate::session::{Access, Goal, Planned, Session, compile_with};
use crate::stack_file::StackFile;

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
    let file = saved.stack_file(saved_in)?;
    expect_stack(&saved, stack)?;
    let state = state_path(context, &saved, &file, stack);
    // A simulated account lies beside the state.
    let context = &Context { state: Some(state.clone()), ..context.clone() };
    if saved.state_lineage.is_some() && !state.exists() {
        return Err(of_another_state(&state.display().to_string(), false));
    }
    let session = Session::connect(context, file).await?.replacing(&saved.replace);
    expect_place(&saved, &session)?;
    let held = Held::take(&state, context).await?;
    if saved.state_lineage.is_some() && saved.state_lineage != Some(held.state.lineage()?) {
        return Err(of_another_state(&state.display().to_string(), true));
    }
    let session = session.with_state(Some(&held.state), Access::Write)?;
    let planned = plan_again(context, &saved, saved_in, &session).await?;
    report_intents(context, &session, &planned);
    context.printer.note(provenance(context, &saved, stack));

    let args = &ActArgs { yes: true, ..args.clone() };
    show(context, &session, &planned, saved.goal, args)?;
    if !planned.plan.is_empty() {
        preflight::look(context, &session, &planned, Foreign::Stop).await?;
    }
    let done = match (planned.plan.is_empty(), saved.goal) {
        (true, goal) => {
            note_findings(context, &held, &session, &planned)?;
            if goal == Goal::Nothing {
                destroy::prove(context, &session, args, "destroy").await?;
            }
            return nothing_done(context, &session, args);
        }
        (false, Goal::Declared) => act(context, args, &held, &session, &planned).await,
        (false, Goal::Nothing) => destroy::act(context, args, "destroy", &held, &session, &planned).await,
    };
    done.map_err(|failure| failure.and_next(USED_UP))
}

/// Makes the plan again from what the file holds and from what there is now.
async fn plan_again(
    context: &Context,
    saved: &SavedPlan,
    saved_in: &Path,
    session: &Session,
) -> Result<Planned, Failure> {
    let facts = saved.facts(saved_in)?;
    let graph = match (saved.goal, &facts) {
        (Goal::Declared, Some(facts)) => compile_with(&session.file, facts, context)?,
        _ => Graph::default(),
    };
    let planned = session.plan_for(graph, facts, true, context).await?;
    let latest = session.stored.latest.as_ref().filter(|(ended, _)| *ended > saved.made);
    let since = latest.map(|(_, number)| number.as_str());
    if let Some(refusal) = saved.differences(&session.stored, &planned).refusal(since) {
        return Err(refusal);
    }
    if !saved.is(&planned) {
        return Err(of_another_plan(&saved_in.display().to_string()));
    }
    Ok(planned)
}

/// Where `--state` says; else beside the stack file that is named; else where it was.
fn state_path(context: &Context, saved: &SavedPlan, file: &StackFile, stack: Option<&Path>) -> PathBuf {
    match (&context.state, stack) {
        (Some(state), _) => state.clone(),
        (None, Some(stack)) => StackFile { path: stack.to_owned(), ..file.clone() }.state_path(None),
        (None, None) => saved.state_path.clone(),
    }
}

/// Whoever names another stack's file has the wrong plan, or the wrong file. One that is not there, or that has
/// mistakes in it by now, says nothing: the plan has a copy of its own.
fn expect_stack(saved: &SavedPlan, stack: Option<&Path>) -> Result<(), Failure> {
    let Some(path) = stack else { return Ok(()) };
    let Some(other) = std::fs::read_to_string(path).ok().and_then(|text| stack::parse(&text).ok()) else {
        return Ok(());
    };
    if other.name.as_str() == saved.stack && other.region == saved.region {
        return Ok(());
    }
    Err(of_another_place(
        &format!("stack {} in {}", saved.stack, saved.region),
        &format!("stack {} in {} ({})", other.name, other.region, path.display()),
        "name the plan of this stack, or leave the stack file out: the plan has a copy of its own",
    ))
}

fn expect_place(saved: &SavedPlan, session: &Session) -> Result<(), Failure> {
    let provider = &session.provider;
    if provider.account() == saved.account && provider.region() == saved.region {
        return Ok(());
    }
    let place = |account: &str, region: &str| format!("account {}, {region}", grouped(account));
    Err(of_another_place(
        &place(&saved.account, &saved.region),
        &place(provider.account(), provider.region()),
        "use the credentials that the plan was made with (AWS_PROFILE, AWS_ACCESS_KEY_ID, or --simulate)",
    ))
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
