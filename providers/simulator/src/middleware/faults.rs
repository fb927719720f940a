//! Faults: which of them are injected into a call.
//!
//! A fault counts the calls that match it, and chance is drawn from the seed, the fault's place and that count. So the
//! same calls meet the same faults, whatever other calls come in between.

use super::buckets;
use super::fault_file::{Fault, FaultKind};
use super::permissions;
use super::spot;
use crate::call::{Call, Service};
use crate::wire::error::ApiError;
use crate::world::ids::digest;
use crate::world::{Millis, World};

/// The faults of a region, and how often each was due and happened.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults {
    seed: u64,
    entries: Vec<Entry>,
    /// The time of the first request.
    began: Option<Millis>,
}

#[derive(Debug, Clone)]
struct Entry {
    fault: Fault,
    seen: u64,
    happened: u64,
}

/// What is injected into a call.
#[derive(Debug, Default)]
pub(crate) struct InjectedFaults {
    pub(crate) delay_ms: u64,
    /// Instead of the action.
    pub(crate) before: Option<FaultEffect>,
    /// After the action, instead of its answer.
    pub(crate) after: Option<FaultEffect>,
    /// What the action makes stays invisible for so long.
    pub(crate) invisible: Option<Invisibility>,
}

/// What comes instead of an answer.
#[derive(Debug)]
pub(crate) enum FaultEffect {
    Error(ApiError),
    /// The connection breaks.
    Lost,
}

/// How long what is fresh is not seen, and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Invisibility {
    pub(crate) calls: Option<u64>,
    pub(crate) ms: Option<u64>,
    pub(crate) manner: Manner,
}

/// How what is fresh is not seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Nobody knows it.
    Unknown,
    /// Every other read that does not name it misses it.
    Alternating,
}

impl Faults {
    /// Returns these faults; none has happened yet.
    pub(crate) fn new(seed: u64, faults: &[Fault]) -> Faults {
        let entry = |fault: &Fault| Entry { fault: fault.clone(), seen: 0, happened: 0 };
        Faults { seed, entries: faults.iter().map(entry).collect(), began: None }
    }

    /// Lets happen what has its own time.
    pub(crate) fn advance(&mut self, world: &mut World) {
        let began = *self.began.get_or_insert(world.now);
        for entry in &mut self.entries {
            match &entry.fault.kind {
                FaultKind::InterruptSpot { after_ms, count }
                    if entry.happened == 0 && world.now >= began.saturating_add(*after_ms) =>
                {
                    entry.happened = 1;
                    spot::interrupt_oldest(world, count.unwrap_or(usize::MAX));
                }
                FaultKind::Capacity { instance_type, zone, market, limit } => {
                    let key = format!("{instance_type}/{zone}/{}", market.pattern());
                    world.ec2.capacity.insert(key, *limit);
                }
                _ => {}
            }
        }
    }

    /// Decides which faults a call meets. Delays add up; of everything else the first counts.
    pub(crate) fn inject(&mut self, world: &World, call: &Call) -> InjectedFaults {
        let mut injected = InjectedFaults::default();
        if self.entries.is_empty() {
            return injected;
        }
        let action = call.full_name();
        for (place, entry) in self.entries.iter_mut().enumerate() {
            if entry.is_standing() || !entry.fault.is_for(&action) || !entry.happens(self.seed, place as u64) {
                continue;
            }
            let before = |effect| (Some(effect), None);
            let (instead, after) = match &entry.fault.kind {
                FaultKind::Error { code, message, status } => {
                    let text = message.clone().unwrap_or_else(|| format!("{code} (a fault that was asked for)"));
                    let error = ApiError::new(code, text);
                    let status = status.unwrap_or(error.status);
                    before(FaultEffect::Error(error.with_status(status)))
                }
                FaultKind::InternalError => before(FaultEffect::Error(internal(call.service))),
                FaultKind::InternalErrorAfter => (None, Some(FaultEffect::Error(internal(call.service)))),
                FaultKind::RequestLost => before(FaultEffect::Lost),
                FaultKind::AnswerLost => (None, Some(FaultEffect::Lost)),
                FaultKind::Throttle => before(FaultEffect::Error(buckets::refusal(call.service))),
                FaultKind::Denied => before(FaultEffect::Error(permissions::refusal(world, call, "*"))),
                FaultKind::Delay { ms } => {
                    injected.delay_ms = injected.delay_ms.saturating_add(*ms);
                    (None, None)
                }
                FaultKind::Invisible { calls, ms } => {
                    injected.invisible.get_or_insert(Invisibility { calls: *calls, ms: *ms, manner: Manner::Unknown });
                    (None, None)
                }
                FaultKind::Alternating { calls, ms } => {
                    injected.invisible.get_or_insert(Invisibility {
                        calls: *calls,
                        ms: *ms,
                        manner: Manner::Alternating,
                    });
                    (None, None)
                }
                FaultKind::Capacity { .. } | FaultKind::InterruptSpot { .. } => (None, None),
            };
            if injected.before.is_none() && injected.after.is_none() {
                (injected.before, injected.after) = (instead, after);
            }
        }
        injected
    }
}

impl Entry {
    /// Tells whether it holds all the time, or at a time of its own, instead of in single calls.
    fn is_standing(&self) -> bool {
        matches!(self.fault.kind, FaultKind::Capacity { .. } | FaultKind::InterruptSpot { .. })
    }

    fn happens(&mut self, seed: u64, place: u64) -> bool {
        self.seen += 1;
        let Fault { nth, skip, times, probability, .. } = &self.fault;
        let is_due = match nth {
            Some(nth) => self.seen == *nth,
            None => self.seen > *skip && times.is_none_or(|times| self.happened < times),
        };
        let happens = is_due && probability.is_none_or(|wanted| chance(seed, place, self.seen) < wanted);
        self.happened += u64::from(happens);
        happens
    }
}

/// Returns a number from 0 to 1, not 1 itself.
fn chance(seed: u64, place: u64, seen: u64) -> f64 {
    let bytes = digest(&[seed, place, seen, u64::MAX]);
    let number = bytes.iter().take(4).fold(0_u32, |all, byte| (all << 8) | u32::from(*byte));
    f64::from(number) / (f64::from(u32::MAX) + 1.0)
}

/// What `answer` says of a request whose connection breaks first.
pub(crate) fn lost() -> ApiError {
    ApiError::new("ServiceUnavailable", "The connection was lost.")
}

fn internal(service: Service) -> ApiError {
    let (code, message) = match service {
        Service::Ec2 => ("InternalError", "An internal error has occurred"),
        Service::Iam => ("ServiceFailure", "The request processing has failed because of an unknown error."),
        Service::Sts => ("InternalFailure", "The request processing has failed because of an unknown error."),
        Service::Logs => ("InternalFailure", "The request processing has failed because of an unknown error."),
    };
    ApiError::new(code, message).with_status(500)
}
