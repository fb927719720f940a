//! What goes wrong at a call.

use landfall_simulator::gate::{Fault, FaultFile, FaultKind, Market};
use landfall_simulator::mortal::Death;

/// Something that goes wrong at one call of a command, or from one call on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mishap {
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

impl Mishap {
    /// All of them.
    pub(crate) const ALL: [Mishap; 15] = [
        Mishap::KilledBefore,
        Mishap::KilledAfter,
        Mishap::KilledUnseen,
        Mishap::RequestLost,
        Mishap::AnswerLost,
        Mishap::InternalError,
        Mishap::InternalErrorAfter,
        Mishap::Throttled,
        Mishap::Invisible,
        Mishap::NoCapacity,
        Mishap::PartialBatch,
        Mishap::Denied,
        Mishap::CredentialsExpire,
        Mishap::AnswersLost,
        Mishap::NetworkGone,
    ];

    /// Returns what it is called in a replay.
    pub(crate) fn slug(self) -> &'static str {
        match self {
            Mishap::KilledBefore => "killed-before",
            Mishap::KilledAfter => "killed-after",
            Mishap::KilledUnseen => "killed-unseen",
            Mishap::RequestLost => "request-lost",
            Mishap::AnswerLost => "answer-lost",
            Mishap::InternalError => "500-before",
            Mishap::InternalErrorAfter => "500-after",
            Mishap::Throttled => "throttled",
            Mishap::Invisible => "invisible",
            Mishap::NoCapacity => "no-capacity",
            Mishap::PartialBatch => "partial-batch",
            Mishap::Denied => "denied",
            Mishap::CredentialsExpire => "credentials-expire",
            Mishap::AnswersLost => "answers-lost",
            Mishap::NetworkGone => "network-gone",
        }
    }

    /// Returns what it is called in the report.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Mishap::KilledBefore => "killed before the call arrives",
            Mishap::KilledAfter => "killed after the effect, before the record",
            Mishap::KilledUnseen => "the same, and the fresh id invisible",
            Mishap::RequestLost => "connection lost before the effect",
            Mishap::AnswerLost => "connection lost after the effect",
            Mishap::InternalError => "500 without effect",
            Mishap::InternalErrorAfter => "500 with effect",
            Mishap::Throttled => "throttled",
            Mishap::Invisible => "fresh id invisible for a while",
            Mishap::NoCapacity => "capacity missing",
            Mishap::PartialBatch => "capacity for a part of the batch",
            Mishap::Denied => "permission missing",
            Mishap::CredentialsExpire => "credentials expired from here on",
            Mishap::AnswersLost => "every answer lost from here on",
            Mishap::NetworkGone => "network gone from here on",
        }
    }

    /// Tells whether it can befall an action such as `ec2:RunInstances`. Before and after the effect is the same for what
    /// has none.
    pub(crate) fn can_befall(self, action: &str) -> bool {
        let name = action.split_once(':').map_or(action, |(_, name)| name);
        let only_reads = ["Describe", "Get", "List"].iter().any(|verb| name.starts_with(verb));
        match self {
            Mishap::KilledAfter | Mishap::AnswerLost | Mishap::InternalErrorAfter if only_reads => false,
            Mishap::NoCapacity | Mishap::PartialBatch => name == "RunInstances",
            Mishap::Invisible | Mishap::KilledUnseen => {
                ["Create", "Run", "Allocate"].iter().any(|verb| name.starts_with(verb))
            }
            // "No permissions are required to perform this operation."
            Mishap::Denied => name != "GetCallerIdentity",
            _ => true,
        }
    }

    /// Returns how the process dies at this call, if it does.
    pub(crate) fn death(self, call: u64) -> Option<Death> {
        match self {
            Mishap::KilledBefore => Some(Death { call, after_effect: false }),
            Mishap::KilledAfter | Mishap::KilledUnseen => Some(Death { call, after_effect: true }),
            _ => None,
        }
    }

    /// Returns what the region does at this call, counted from 1. `instances` is how many there are already.
    pub(crate) fn faults(self, call: u64, instances: u32) -> FaultFile {
        let once = |kind| Some(Fault::new(kind).nth(call));
        let from_here = |kind| Some(Fault { skip: call.saturating_sub(1), ..Fault::new(kind) });
        let error = |code: &str, status| FaultKind::Error { code: code.to_owned(), message: None, status };
        let anything = || "*".to_owned();
        let fault = match self {
            Mishap::KilledBefore | Mishap::KilledAfter => None,
            Mishap::RequestLost => once(FaultKind::RequestLost),
            Mishap::AnswerLost => once(FaultKind::AnswerLost),
            Mishap::InternalError => once(FaultKind::InternalError),
            Mishap::InternalErrorAfter => once(FaultKind::InternalErrorAfter),
            Mishap::Throttled => once(FaultKind::Throttle),
            Mishap::Invisible | Mishap::KilledUnseen => {
                once(FaultKind::Invisible { calls: None, ms: Some(INVISIBLE_MS) })
            }
            Mishap::NoCapacity => {
                Some(Fault::new(error("InsufficientInstanceCapacity", Some(500))).of("ec2:RunInstances"))
            }
            Mishap::PartialBatch => Some(Fault::new(FaultKind::Capacity {
                instance_type: anything(),
                zone: anything(),
                market: Market::Any,
                limit: instances.saturating_add(u32::try_from(call % 4).unwrap_or_default()),
            })),
            Mishap::Denied => once(FaultKind::Denied),
            Mishap::CredentialsExpire => from_here(error("ExpiredToken", Some(400))),
            Mishap::AnswersLost => from_here(FaultKind::AnswerLost),
            Mishap::NetworkGone => from_here(FaultKind::RequestLost),
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
        for mishap in Mishap::ALL {
            assert!(mishap.death(3).is_some() || !mishap.faults(3, 0).faults.is_empty(), "{mishap:?}");
            assert!(slugs.insert(mishap.slug()) && words.insert(mishap.words()), "{mishap:?}");
            assert!(mishap.can_befall("ec2:RunInstances"));
        }
    }
}
