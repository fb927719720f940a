//! `DryRun=true`: would this call succeed? Tried on a copy of the account.

use crate::call::{Call, Service};
use crate::wire::error::ApiError;
use crate::world::World;

/// "Checks whether you have the required permissions for the operation, without actually making the request": nearly
/// every action of EC2 has it, these do not.
const WITHOUT: &[&str] = &[
    "ModifyVpcAttribute",
    "ModifySubnetAttribute",
    "AssociateIamInstanceProfile",
    "DisassociateIamInstanceProfile",
    "ReplaceIamInstanceProfileAssociation",
];

/// Tells whether an action takes the parameter.
pub(crate) fn is_taken_by(call: &Call) -> bool {
    call.service == Service::Ec2 && !WITHOUT.contains(&call.name())
}

/// Tells whether a call only asks.
pub(crate) fn is_asked_for(call: &Call) -> Result<bool, ApiError> {
    Ok(is_taken_by(call) && call.params.flag("DryRun")?.unwrap_or(false))
}

/// Returns the answer to a call that only asks: it is an error in any case.
pub(crate) fn answer(world: &World, call: &Call) -> ApiError {
    match call.run(&mut world.clone()) {
        Err(error) if !depends_on_supply(&error) => error,
        _ => ApiError::new("DryRunOperation", "Request would have succeeded, but DryRun flag is set."),
    }
}

/// Neither capacity nor quotas are looked at.
fn depends_on_supply(error: &ApiError) -> bool {
    error.code.starts_with("Insufficient") || error.code.ends_with("LimitExceeded")
}
