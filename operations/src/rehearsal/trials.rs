//! Which trials are played: all that there are, or some by chance.

use super::checkpoint::Rehearsal;
use super::injected_fault::InjectedFault;
use super::trial::{Choice, Injection, Trial};

/// How much is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Every fault at every call, once.
    Exhaustive,
    /// So many trials by chance. Every second one injects a fault into the command after the first as well.
    Sample(usize),
}

/// Returns the trials of a rehearsal. The same rehearsal and the same seed give the same trials.
pub fn trials(rehearsal: &Rehearsal, extent: Extent, seed: u64) -> Vec<Trial> {
    let mut chance = fastrand::Rng::with_seed(seed);
    let all = injections(rehearsal);
    match extent {
        Extent::Exhaustive => {
            let trial = |(phase, injection): &(&str, Injection)| Trial {
                phase: (*phase).to_owned(),
                injections: vec![*injection],
                then: choice(&mut chance),
            };
            all.iter().map(trial).collect()
        }
        Extent::Sample(count) if !all.is_empty() => {
            let mut trial = |index: usize| {
                let (phase, first) = all[chance.usize(..all.len())];
                let alike: Vec<Injection> =
                    all.iter().filter(|(of, _)| *of == phase).map(|(_, injection)| *injection).collect();
                let second = (index % 2 == 1).then(|| alike[chance.usize(..alike.len())]);
                let injections = [first].into_iter().chain(second).collect();
                Trial { phase: phase.to_owned(), injections, then: choice(&mut chance) }
            };
            (0..count).map(&mut trial).collect()
        }
        Extent::Sample(_) => vec![],
    }
}

/// Returns everything that can go wrong once.
fn injections(rehearsal: &Rehearsal) -> Vec<(&'static str, Injection)> {
    let mut all = Vec::new();
    for phase in &rehearsal.played {
        for (call, action) in (1..).zip(&phase.log) {
            let possible = InjectedFault::ALL.into_iter().filter(|fault| fault.applies_to(action));
            all.extend(possible.map(|fault| (phase.phase.name, Injection { call, fault })));
        }
    }
    all
}

fn choice(chance: &mut fastrand::Rng) -> Choice {
    if chance.bool() { Choice::Destroy } else { Choice::Again }
}
