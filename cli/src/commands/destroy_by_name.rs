//! `landfall destroy --name`: the teardown of a stack whose file and state are lost.

use landfall_operations::Error;
use landfall_operations::destroy_by_name::{Found, least_stack_file, prepare_by_name, region_of_configuration};

use super::act::ActArgs;
use super::plan::report_intents;
use super::tear_down::{left_over, place_of, say, tear_down};
use crate::context::Context;
use crate::failure::{Exit, Failure};

/// Finds what there is, shows it, asks, acts, and sweeps.
pub(crate) async fn run(
    context: &Context,
    args: &ActArgs,
    force_foreign: bool,
    name: &str,
    region: Option<&str>,
) -> Result<Exit, Failure> {
    let region = named_region(context, region).await?;
    let command = format!("destroy --name {name} --region {region}");
    let file = least_stack_file(name, &region).map_err(Error::from)?;
    let at = context.of(&file);
    match prepare_by_name(&at.env, &at.store, file).await? {
        Found::Prepared(prepared) => {
            report_intents(context, &prepared.session, &prepared.planned);
            tear_down(context, args, force_foreign, &command, *prepared).await
        }
        Found::Nothing { session, leftovers } => {
            let place = place_of(&session);
            if !leftovers.is_empty() {
                return Err(left_over(name, &place, &leftovers, &command));
            }
            say(context, args, format!("nothing of {name} in {place}\n"))?;
            Ok(Exit::Done)
        }
    }
}

/// Returns the region that the user names, or that of the AWS configuration, and says that it is that one.
async fn named_region(context: &Context, named: Option<&str>) -> Result<String, Failure> {
    if let Some(region) = named {
        return Ok(region.to_owned());
    }
    let region = region_of_configuration().await?;
    context.printer.note(format!("region {region}, as the AWS configuration says; `--region` names another\n"));
    Ok(region)
}
