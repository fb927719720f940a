//! What goes wrong at a call.

use landfall_simulator::crashing::CrashPoint;
use landfall_simulator::middleware::{Fault, FaultFile, FaultKind, Market};

/// Something that goes wrong at one call of a command, or from one call on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum InjectedFault {
    /// The process is killed as the call is about to arrive.
    KilledBefore,
    /// The process is killed when the call has taken effect. Whether its answer is still on its way or has come and is not
    /// recorded makes no difference to what is left on the disk.
    KilledAfter,
    /// The same, and what the call has made is not seen by the next command at first.
    KilledUnseen,
    /// The connection breaks before the call arrives.
    RequestLost,
    /// The connection breaks after the call has taken effect.
    AnswerLost,
    /// A 500; nothing was done.
    InternalError,
    /// A 500, although all was done.
    InternalErrorAfter,
    /// Too many requests.
    Throttled,
    /// What the call makes is not seen at first, not even by the next command.
    Invisible,
    /// There is no capacity for any instance.
    NoCapacity,
    /// There is capacity for some of the instances, and not for others.
    PartialBatch,
    /// The caller is not allowed to.
    Denied,
    /// The caller's credentials expire: this call and all that follow are refused.
    CredentialsExpire,
    /// Everything from this call on takes effect, and nobody hears of it.
    AnswersLost,
    /// Nothing arrives any more from this call on.
    NetworkGone,
}

/// So long what a call makes is not seen. AWS names no bound; "a few seconds to minutes" is what it says of most services.
const INVISIBLE_MS: u64 = 8_000;

impl InjectedFault {
    /// All of them.
    pub const ALL: [InjectedFault; 15] = [
        InjectedFault::KilledBefore,
        InjectedFault::KilledAfter,
        InjectedFault::KilledUnseen,
        InjectedFault::RequestLost,
        InjectedFault::AnswerLost,
        InjectedFault::InternalError,
        InjectedFault::InternalErrorAfter,
        InjectedFault::Throttled,
        InjectedFault::Invisible,
        InjectedFault::NoCapacity,
        InjectedFault::PartialBatch,
        InjectedFault::Denied,
        InjectedFault::CredentialsExpire,
        InjectedFault::AnswersLost,
        InjectedFault::NetworkGone,
    ];

    /// Returns what it is called in a replay.
    pub fn slug(self) -> &'static str {
        match self {
            InjectedFault::KilledBefore => "killed-before",
            InjectedFault::KilledAfter => "killed-after",
            InjectedFault::KilledUnseen => "killed-unseen",
            InjectedFault::RequestLost => "request-lost",
            InjectedFault::AnswerLost => "answer-lost",
            InjectedFault::InternalError => "500-before",
            InjectedFault::InternalErrorAfter => "500-after",
            InjectedFault::Throttled => "throttled",
            InjectedFault::Invisible => "invisible",
            InjectedFault::NoCapacity => "no-capacity",
            InjectedFault::PartialBatch => "partial-batch",
            InjectedFault::Denied => "denied",
            InjectedFault::CredentialsExpire => "credentials-expire",
            InjectedFault::AnswersLost => "answers-lost",
            InjectedFault::NetworkGone => "network-gone",
        }
    }

    /// Returns what it is called in the report.
    pub fn words(self) -> &'static str {
        match self {
            InjectedFault::KilledBefore => "killed before the call arrives",
            InjectedFault::KilledAfter => "killed after the effect, before the record",
            InjectedFault::KilledUnseen => "the same, and the fresh id invisible",
            InjectedFault::RequestLost => "connection lost before the effect",
            InjectedFault::AnswerLost => "connection lost after the effect",
            InjectedFault::InternalError => "500 without effect",
            InjectedFault::InternalErrorAfter => "500 with effect",
            InjectedFault::Throttled => "throttled",
            InjectedFault::Invisible => "fresh id invisible for a while",
            InjectedFault::NoCapacity => "capacity missing",
            InjectedFault::PartialBatch => "capacity for a part of the batch",
            InjectedFault::Denied => "permission missing",
            InjectedFault::CredentialsExpire => "credentials expired from here on",
            InjectedFault::AnswersLost => "every answer lost from here on",
            InjectedFault::NetworkGone => "network gone from here on",
        }
    }

    /// Tells whether it can befall an action such as `ec2:RunInstances`. Before and after the effect is the same for what
    /// has none.
    pub fn applies_to(self, action: &str) -> bool {
        let name = action.split_once(':').map_or(action, |(_, name)| name);
        let only_reads = ["Describe", "Get", "List"].iter().any(|verb| name.starts_with(verb));
        match self {
            InjectedFault::KilledAfter | InjectedFault::AnswerLost | InjectedFault::InternalErrorAfter
                if only_reads =>
            {
                false
            }
            InjectedFault::NoCapacity | InjectedFault::PartialBatch => name == "RunInstances",
            InjectedFault::Invisible | InjectedFault::KilledUnseen => {
                ["Create", "Run", "Allocate"].iter().any(|verb| name.starts_with(verb))
            }
            // "No permissions are required to perform this operation."
            InjectedFault::Denied => name != "GetCallerIdentity",
            _ => true,
        }
    }

    /// Returns how the process dies at this call, if it does.
    pub fn crash_point(self, call: u64) -> Option<CrashPoint> {
        match self {
            InjectedFault::KilledBefore => Some(CrashPoint { call, after_effect: false }),
            InjectedFault::KilledAfter | InjectedFault::KilledUnseen => Some(CrashPoint { call, after_effect: true }),
            _ => None,
        }
    }

    /// Returns what the region does at this call, counted from 1. `instances` is how many there are already.
    pub fn faults(self, call: u64, instances: u32) -> FaultFile {
        let once = |kind| Some(Fault::new(kind).nth(call));
        let from_here = |kind| Some(Fault { skip: call.saturating_sub(1), ..Fault::new(kind) });
        let error = |code: &str, status| FaultKind::Error { code: code.to_owned(), message: None, status };
        let anything = || "*".to_owned();
        let fault = match self {
            InjectedFault::KilledBefore | InjectedFault::KilledAfter => None,
            InjectedFault::RequestLost => once(FaultKind::RequestLost),
            InjectedFault::AnswerLost => once(FaultKind::AnswerLost),
            InjectedFault::InternalError => once(FaultKind::InternalError),
            InjectedFault::InternalErrorAfter => once(FaultKind::InternalErrorAfter),
            InjectedFault::Throttled => once(FaultKind::Throttle),
            InjectedFault::Invisible | InjectedFault::KilledUnseen => {
                once(FaultKind::Invisible { calls: None, ms: Some(INVISIBLE_MS) })
            }
            InjectedFault::NoCapacity => {
                Some(Fault::new(error("InsufficientInstanceCapacity", Some(500))).of("ec2:RunInstances"))
            }
            InjectedFault::PartialBatch => Some(Fault::new(FaultKind::Capacity {
                instance_type: anything(),
                zone: anything(),
                market: Market::Any,
                limit: instances.saturating_add(u32::try_from(call % 4).unwrap_or_default()),
            })),
            InjectedFault::Denied => once(FaultKind::Denied),
            InjectedFault::CredentialsExpire => from_here(error("ExpiredToken", Some(400))),
            InjectedFault::AnswersLost => from_here(FaultKind::AnswerLost),
            InjectedFault::NetworkGone => from_here(FaultKind::RequestLost),
        };
        FaultFile { faults: fault.into_iter().collect(), ..FaultFile::default() }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_does_something_and_has_a_name_of_its_own() {
        let (mut slugs, mut words) = (BTreeSet::new(), BTreeSet::new());
        for fault in InjectedFault::ALL {
            assert!(fault.crash_point(3).is_some() || !fault.faults(3, 0).faults.is_empty(), "{fault:?}");
            assert!(slugs.insert(fault.slug()) && words.insert(fault.words()), "{fault:?}");
            assert!(fault.applies_to("ec2:RunInstances"));
        }
    }
}
