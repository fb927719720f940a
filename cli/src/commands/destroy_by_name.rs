//! `landfall destroy --name`: the teardown of a stack whose file and state are lost. Everything of a stack carries its
//! tag, or hangs on what does, so the name and the region are enough to find it.

use std::path::Path;

use landfall_aws::connect::configured_region;
use landfall_aws_blueprint::stack::{self, Name};

use super::apply::nothing_done;
use super::destroy::{DestroyArgs, expect_nothing, say, tear_down};
use super::plan::report_intents;
use crate::args::STACK_FILE;
use crate::context::Context;
use crate::failure::{Exit, Explanation, Failure, NOTHING_CHANGED};
use crate::salvage::Salvage;
use crate::session::{Access, Goal, Session};
use crate::stack_file::StackFile;

/// Finds what there is, shows it, asks, acts, and sweeps.
pub(crate) async fn run(context: &Context, args: &DestroyArgs, name: &str) -> Result<Exit, Failure> {
    let name = Name::new(name).ok_or_else(|| {
        Explanation::new(format!("`{name}` is no name of a stack"))
            .meaning(format!(
                "a name is {} to {} of a-z, 0-9 and -, and starts with a letter",
                Name::LENGTH_MIN,
                Name::LENGTH_MAX
            ))
            .kept(NOTHING_CHANGED)
            .next("the tag `landfall:stack` of what the stack made holds its name")
    })?;
    let region = region(context, args.region.as_deref()).await?;
    let file = least_stack_file(&name, &region)?;
    let salvage = Salvage::take(&file.state_path(context.state.as_deref()), context).await?;
    let session = Session::open(context, file, salvage.state(), Access::Write).await?;
    let planned = session.plan(Goal::Nothing, true, context).await?;
    report_intents(context, &session, &planned);
    let command = format!("destroy --name {name} --region {region}");
    if planned.plan.is_empty() && salvage.state().is_none() {
        // Nobody needs a state of a stack that does not exist.
        let place = expect_nothing(&session, &command).await?;
        say(context, &args.act, format!("nothing of {name} in {place}\n"))?;
        return nothing_done(context, &session, &args.act);
    }
    let held = salvage.hold(context)?;
    session.claim(&held.state, Access::Write)?;
    tear_down(context, args, &command, &held, &session, &planned).await
}

/// Returns the region that the user names, or that of the AWS configuration, and says that it is that one.
async fn region(context: &Context, named: Option<&str>) -> Result<String, Failure> {
    if let Some(region) = named {
        return Ok(region.to_owned());
    }
    let Some(region) = configured_region().await else {
        return Err(Explanation::new("it is not clear in which region the stack is")
            .meaning("neither AWS_REGION nor the profile names one")
            .kept(NOTHING_CHANGED)
            .next("name it with `--region`")
            .into());
    };
    context.printer.note(format!("region {region}, as the AWS configuration says; `--region` names another\n"));
    Ok(region)
}

/// Returns the shortest stack file of this name and region: a teardown needs no more of it.
fn least_stack_file(name: &Name, region: &str) -> Result<StackFile, Failure> {
    let text =
        format!("# `landfall destroy --name`: the stack file was lost.\nname = \"{name}\"\nregion = {region:?}\n");
    // The name is a good one, so only the region can be wrong.
    let stack = stack::parse(&text).map_err(|_| {
        Explanation::new(format!("`{region}` is no region"))
            .kept(NOTHING_CHANGED)
            .next("name one as AWS writes it, such as `--region us-east-1`")
    })?;
    Ok(StackFile { path: Path::new(STACK_FILE).to_owned(), text, stack })
}
