//! Which trials are played: all that there are, or some by chance.

use super::mishap::Mishap;
use super::stage::Rehearsal;
use super::trial::{Choice, Strike, Trial};

/// How much is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Every mishap at every call, once.
    Exhaustive,
    /// So many trials by chance. Every second one strikes the command after the first as well.
    Sample(usize),
}

/// Returns the trials of a rehearsal. The same rehearsal and the same seed give the same trials.
pub(crate) fn trials(rehearsal: &Rehearsal, extent: Extent, seed: u64) -> Vec<Trial> {
    let mut chance = fastrand::Rng::with_seed(seed);
    let all = strikes(rehearsal);
    match extent {
        Extent::Exhaustive => {
            let trial = |(act, strike): &(&str, Strike)| Trial {
                act: (*act).to_owned(),
                strikes: vec![*strike],
                then: choice(&mut chance),
            };
            all.iter().map(trial).collect()
        }
        Extent::Sample(count) if !all.is_empty() => {
            let mut trial = |index: usize| {
                let (act, first) = all[chance.usize(..all.len())];
                let alike: Vec<Strike> = all.iter().filter(|(of, _)| *of == act).map(|(_, strike)| *strike).collect();
                let second = (index % 2 == 1).then(|| alike[chance.usize(..alike.len())]);
                let strikes = [first].into_iter().chain(second).collect();
                Trial { act: act.to_owned(), strikes, then: choice(&mut chance) }
            };
            (0..count).map(&mut trial).collect()
        }
        Extent::Sample(_) => vec![],
    }
}

/// Returns everything that can go wrong once.
fn strikes(rehearsal: &Rehearsal) -> Vec<(&'static str, Strike)> {
    let mut all = Vec::new();
    for scene in &rehearsal.scenes {
        for (call, action) in (1..).zip(&scene.log) {
            let possible = Mishap::ALL.into_iter().filter(|mishap| mishap.can_befall(action));
            all.extend(possible.map(|mishap| (scene.act.name, Strike { call, mishap })));
        }
    }
    all
}

fn choice(chance: &mut fastrand::Rng) -> Choice {
    if chance.bool() { Choice::Destroy } else { Choice::Again }
}
