//! Names, before a teardown, what *others* put into the stack's network or hung on its role, and what would therefore
//! keep something of the stack from going.
//!
//! Without this look a teardown finds out by the deletion that AWS refuses: after five minutes, with half of the stack
//! gone. What a plan deletes anyway is no obstacle, nor is what comes and goes with it: the interfaces of the stack's
//! instances and NAT gateways.
//!
//! - `deletions` is what the plan deletes.
//! - `foreign` reads what stands around it: a fixed number of calls, by VPC and not by resource.
//! - `judge` decides. It is pure.
//! - `detach` loosens, where the user wants it, what can be loosened without touching what is others' own.

mod blocker;
mod deletions;
mod detach;
mod foreign;
mod judge;

use landfall_engine::plan::Plan;
use landfall_engine::provider::CallFailure;

use crate::declared::declared;
use crate::provider::AwsProvider;
use deletions::Deletions;

pub use blocker::{Blocker, Loosening};
pub(crate) use detach::CALLS as DETACHING;
pub use detach::detach;
pub(crate) use foreign::CALLS as LOOKING;

/// What a look around found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Blockers {
    /// What is in the way, by kind and id.
    pub found: Vec<Blocker>,
    /// Reads that the credentials do not allow. What they would have shown is not known.
    pub not_allowed: Vec<CallFailure>,
}

/// Looks for what keeps the things from going that a plan deletes. Sends nothing if it deletes nothing that others
/// could hold.
///
/// # Errors
/// If one of the reads fails for another reason than that it is not allowed.
pub async fn blockers(provider: &AwsProvider, plan: &Plan) -> Result<Blockers, CallFailure> {
    let deletions = Deletions::of(plan);
    let (foreign, not_allowed) =
        declared("the look for what blocks", [foreign::CALLS], foreign::read(provider.cloud(), &deletions)).await?;
    Ok(Blockers { found: judge::judge(&deletions, &foreign), not_allowed })
}
