//! What every request passes before its action runs, one subject each.
//!
//! ```text
//! credentials -> faults -> buckets -> parameters -> permissions -> dry run -> lag -> tokens -> the action
//! ```

pub(crate) mod buckets;
pub(crate) mod credentials;
pub(crate) mod dry_run;
mod fault_file;
pub(crate) mod faults;
pub(crate) mod lag;
pub(crate) mod permissions;
pub(crate) mod resources;
pub(crate) mod spot;
pub(crate) mod tokens;

#[cfg(test)]
mod tests;

pub use fault_file::{Fault, FaultFile, FaultFileError, FaultKind, Market, Scale, Throttling};
pub use permissions::{Caller, CallerError};

use crate::call::{Call, Reply, Service};
use crate::wire::error::ApiError;
use crate::world::World;
use buckets::Buckets;
use faults::{FaultEffect, Faults};
use lag::Lag;
use permissions::Permissions;

/// The middleware of one region, and what it remembers of earlier requests.
#[derive(Debug, Clone, Default)]
pub(crate) struct Middleware {
    /// Throttling, if it is switched on.
    pub(crate) buckets: Option<Buckets>,
    pub(crate) faults: Faults,
    pub(crate) permissions: Option<Permissions>,
    pub(crate) lag: Lag,
    /// The actions that were asked for, if somebody wants to know.
    pub(crate) log: Option<Vec<String>>,
}

/// What comes of a call.
#[derive(Debug)]
pub(crate) struct Handled {
    /// The answer, even where nobody receives it.
    pub(crate) answer: Result<Reply, ApiError>,
    /// Whether the connection breaks instead of an answer.
    pub(crate) is_lost: bool,
    /// How much later than usual the answer comes.
    pub(crate) delay_ms: u64,
}

impl Middleware {
    /// Takes a call through all middleware and, if it passes, runs it.
    pub(crate) fn handle(&mut self, world: &mut World, call: &Call) -> Handled {
        if let Some(log) = &mut self.log {
            log.push(call.full_name());
        }
        let injected = self.faults.inject(world, call);
        let handled = |answer, is_lost| Handled { answer, is_lost, delay_ms: injected.delay_ms };
        match injected.before {
            Some(FaultEffect::Error(error)) => return handled(Err(error), false),
            Some(FaultEffect::Lost) => return handled(Err(faults::lost()), true),
            None => {}
        }
        let before = injected.invisible.as_ref().map(|_| lag::resources(world));
        let answer = self.run(world, call);
        if let (Some(invisibility), Some(before), Ok(_)) = (injected.invisible, before, &answer) {
            self.lag.hide(world, &before, invisibility);
        }
        match (injected.after, answer) {
            (Some(FaultEffect::Error(error)), Ok(_)) => handled(Err(error), false),
            (Some(FaultEffect::Lost), answer) => handled(answer, true),
            (_, answer) => handled(answer, false),
        }
    }

    fn run(&mut self, world: &mut World, call: &Call) -> Result<Reply, ApiError> {
        if let Some(buckets) = &mut self.buckets {
            buckets.pay(call, world.now)?;
        }
        check_parameters(call)?;
        if let Some(permissions) = &self.permissions {
            permissions.check(world, call)?;
        }
        if dry_run::is_asked_for(call)? {
            return Err(self.lag.seen_by(world, call, |world| Ok(dry_run::answer(world, call)))?);
        }
        self.lag.run(world, call, |world| tokens::run_once(world, call, |world| call.run(world)))
    }
}

/// Runs a call past all middleware: what happens behind the caller's back.
pub(crate) fn run_unhindered(world: &mut World, call: &Call) -> Result<Reply, ApiError> {
    check_parameters(call)?;
    call.run(world)
}

fn check_parameters(call: &Call) -> Result<(), ApiError> {
    let everywhere = [(dry_run::is_taken_by(call), "DryRun"), (tokens::is_taken_by(call), "ClientToken")];
    let taken: Vec<&str> = everywhere.into_iter().filter(|(is_taken, _)| *is_taken).map(|(_, name)| name).collect();
    call.refuse_unmodelled(&taken)?;
    check_characters(call)
}

/// Answers of the query services are XML 1.0, which has no way to write most control characters. EC2's list of common
/// errors has `InvalidCharacter`; IAM and STS name theirs `ValidationError`.
fn check_characters(call: &Call) -> Result<(), ApiError> {
    let can_be_written =
        |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    let code = match call.service {
        Service::Ec2 => "InvalidCharacter",
        Service::Iam | Service::Sts => "ValidationError",
        Service::Logs => return Ok(()),
    };
    match call.params.iter().find(|(_, value)| !value.chars().all(can_be_written)) {
        Some((name, _)) => Err(ApiError::new(code, format!("A character of the parameter {name} is invalid."))),
        None => Ok(()),
    }
}
