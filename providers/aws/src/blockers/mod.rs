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

mod deletions;
mod detach;
mod foreign;
mod judge;

use landfall_engine::plan::Plan;
use landfall_engine::provider::CallFailure;

use crate::declared::declared;
use crate::provider::AwsProvider;
use deletions::Deletions;

pub(crate) use detach::CALLS as DETACHING;
pub use detach::detach;
pub(crate) use foreign::CALLS as LOOKING;

/// Something of others that keeps something of the stack from going.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocker {
    /// Its kind, such as `ec2.network_interface`.
    pub kind: &'static str,
    /// Its id.
    pub id: String,
    /// What it is like, in a few words; may be empty.
    pub detail: String,
    /// What it keeps from going: addresses with their ids.
    pub blocks: Vec<String>,
    /// How to remove it.
    pub remedy: String,
    /// How it can be loosened without harm to what is others' own, if it can.
    pub loosening: Option<Loosening>,
}

/// What [`detach`] does about a blocker. It only undoes that something of the stack is used elsewhere: what is others'
/// own stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loosening {
    /// The stack's role is taken out of an instance profile of others.
    RoleFromProfile {
        /// The role.
        role: String,
        /// The profile.
        profile: String,
    },
    /// The stack's instance profile is taken from an instance of others.
    ProfileFromInstance {
        /// The instance.
        instance: String,
    },
    /// The stack's elastic IP is taken from where others put it.
    Address {
        /// The association.
        association: String,
    },
}

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
