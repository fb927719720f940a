//! STS: whose account this is.

use super::action::Action;
use crate::wire::error::ApiError;
use crate::wire::params::Params;
use crate::wire::xml::Xml;
use crate::world::World;

/// All actions.
pub(crate) const ACTIONS: &[&[Action]] =
    &[&[Action { name: "GetCallerIdentity", parameters: &[], run: get_caller_identity }]];

/// The caller's unique id: of a user, as `AIDA` says.
const CALLER_ID: &str = "AIDASIMULATEDCALLER22";

/// Needs no permission.
fn get_caller_identity(world: &mut World, _params: &Params) -> Result<Xml, ApiError> {
    let who = Xml::new().text("Arn", world.caller_arn()).text("UserId", CALLER_ID);
    Ok(who.text("Account", &world.account))
}
