//! Acting on the account: what apply and destroy have alike, and how an apply goes on once all is agreed to.

use clap::Args;
use landfall_operations::StackFile;
use landfall_operations::apply::{Checked, Executed, PARALLELISM, Prepared};
use landfall_operations::clusters::clusters;
use landfall_operations::event::Events;
use landfall_presentation::text::outcome::done_line;
use landfall_state::StoreWriter;

use super::plan::plan_text;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::reader::Reader;
use crate::render::status::cluster_text;

/// How to act; apply and destroy alike.
#[derive(Debug, Clone, Args)]
pub(crate) struct ActArgs {
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
    /// Calls that may be on their way at once
    #[arg(long, value_name = "N", default_value_t = PARALLELISM, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) parallelism: u16,
    /// Print events as JSON lines, the summary last
    #[arg(long)]
    pub(crate) json: bool,
}

impl ActArgs {
    /// Returns the context in which events go where these arguments say.
    pub(crate) fn context(&self, context: &Context) -> Context {
        let human = || context.events.clone();
        let events = if self.json { Events::to(Reader::json(&context.printer)) } else { human() };
        Context { events, ..context.clone() }
    }
}

/// Carries the plan out and says what came of it.
pub(crate) async fn act(context: &Context, act: &ActArgs, checked: Checked<impl StoreWriter>) -> Result<Exit, Failure> {
    let (plan, file) = (checked.plan().clone(), checked.session().file.clone());
    let executed = checked.execute(act.parallelism).await?;
    let told = match act.json || executed.changes == 0 {
        true => Ok(()),
        false => context.printer.answer(outcome_text(context, &file, &executed)),
    };
    // What came of the run matters more than whether it could be told.
    Failure::of_run(&executed.report, &plan, "apply").map_or(told.map(|()| Exit::Done), Err)
}

/// Shows the plan, on stderr where stdout is a program's.
pub(crate) fn show(context: &Context, prepared: &Prepared<impl StoreWriter>, act: &ActArgs) -> Result<(), Failure> {
    let text = plan_text(context, &prepared.session, &prepared.planned, prepared.goal, false);
    match (act.json, act.yes) {
        (false, _) => context.printer.answer(text),
        (true, false) => {
            context.printer.alert(text);
            Ok(())
        }
        (true, true) => Ok(()),
    }
}

fn outcome_text(context: &Context, file: &StackFile, executed: &Executed) -> String {
    let mut text = format!("\n{}", done_line(&executed.report.done, executed.took, executed.summary.api_calls));
    if !executed.report.is_complete() {
        return text;
    }
    for cluster in clusters(&file.stack, &executed.recorded, None) {
        text.push('\n');
        text.push_str(&cluster_text(&cluster));
    }
    let command = |name| context.command(name, &file.path);
    let (drift, destroy) = (command("drift"), command("destroy"));
    text + &format!("\nNext: `{drift}` finds what others change,\n      `{destroy}` leaves nothing behind.\n")
}
