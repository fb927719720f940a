//! What a plan will take, and what keeps it from taking less.
//!
//! Two things bound a run from below: its longest chain of steps, each of which begins when the one before has ended, and
//! the rate at which the cloud lets an account make or remove things of a kind.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::expectation::Expectations;
use crate::kind::Kind;
use crate::place::Place;
use crate::step::{StepGraph, StepId, Task};
use crate::time_scale::TimeScale;
use crate::until::Until;

/// What a plan will take.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Forecast {
    /// The whole time.
    pub total: Duration,
    /// What the longest chain of steps waits for, in order; one entry where several of one kind follow each other.
    pub chain: Vec<Wait>,
    /// The allowance that makes it take longer than the chain, if one does.
    pub limit: Option<Limit>,
    /// How many calls it takes, those of planning not included; see [`crate::call_forecast`].
    pub calls: usize,
}

/// A part of the longest chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Wait {
    /// For something of this kind.
    pub kind: Kind,
    /// To come to this.
    pub until: Until,
    /// Until then.
    pub time: Duration,
    /// Of that: until what refers to it is not refused any more.
    pub propagation_delay: Duration,
    /// Whether earlier runs have shown that time.
    pub learnt: bool,
}

/// How many of a kind the cloud lets an account make, or remove, in each place.
#[derive(Debug, Clone, PartialEq)]
pub struct Allowance {
    /// Of this kind.
    pub kind: Kind,
    /// To be made (ready), or removed (gone).
    pub until: Until,
    /// So many at once, after a rest.
    pub at_once: usize,
    /// And so many more each second of the account's time.
    pub a_second: f64,
    /// How fast that time goes.
    pub time_scale: TimeScale,
}

impl Allowance {
    /// Returns how many more there may be each second on the wall.
    pub fn a_second_on_the_wall(&self) -> f64 {
        self.time_scale.a_second_on_the_wall(self.a_second)
    }
}

/// An allowance that a plan exceeds.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// The allowance.
    pub allowance: Allowance,
    /// How many the plan asks for.
    pub wanted: usize,
    /// How long it takes until the last of them may be asked for.
    pub takes: Duration,
}

/// Foretells what the steps will take, in the wall's time.
pub fn forecast(steps: &StepGraph, expectations: &Expectations, allowances: &[Allowance]) -> Forecast {
    let chain_of = |id: &StepId| steps.step(*id).chain;
    let first = (0..steps.steps().len()).map(StepId).max_by_key(chain_of);
    let mut forecast = Forecast { total: first.as_ref().map(chain_of).unwrap_or_default(), ..Forecast::default() };
    forecast.chain = waits(steps, first, expectations);
    let starts = earliest_starts(steps);
    for allowance in allowances {
        for (limit, ends) in exceeded(steps, &starts, allowance) {
            if ends > forecast.total {
                forecast.total = ends;
                forecast.limit = Some(limit);
            }
        }
    }
    forecast
}

/// Follows the longest chain from its first step.
fn waits(steps: &StepGraph, first: Option<StepId>, expectations: &Expectations) -> Vec<Wait> {
    let chain_of = |id: &StepId| steps.step(*id).chain;
    let mut waits: Vec<Wait> = Vec::new();
    let mut next = first;
    while let Some(id) = next {
        next = steps.successors(id).iter().copied().max_by_key(chain_of);
        let time = chain_of(&id).saturating_sub(next.as_ref().map(chain_of).unwrap_or_default());
        let step = steps.step(id);
        let until = if matches!(step.task, Task::Delete { .. }) { Until::Gone } else { Until::Ready };
        let is_made = matches!(step.task, Task::Create { .. });
        let propagation_delay = expectations.propagation_delay(&step.kind).filter(|_| is_made).unwrap_or_default();
        match waits.last_mut().filter(|last| last.kind == step.kind && last.until == until) {
            Some(last) => {
                last.time += time;
                last.propagation_delay += propagation_delay;
            }
            None => {
                let learnt = expectations.of(&step.kind, until).learnt;
                waits.push(Wait { kind: step.kind.clone(), until, time, propagation_delay, learnt });
            }
        }
    }
    waits
}

/// Returns when each step can begin at the earliest, if nothing but its predecessors keeps it.
pub(crate) fn earliest_starts(steps: &StepGraph) -> Vec<Duration> {
    let count = steps.steps().len();
    let own = |id: usize| {
        let below = steps.successors(StepId(id)).iter().map(|next| steps.step(*next).chain).max();
        steps.step(StepId(id)).chain.saturating_sub(below.unwrap_or_default())
    };
    let mut waiting_for: Vec<usize> = (0..count).map(|id| steps.predecessor_count(StepId(id))).collect();
    let mut starts = vec![Duration::ZERO; count];
    let mut ready: Vec<usize> = (0..count).filter(|id| waiting_for[*id] == 0).collect();
    while let Some(id) = ready.pop() {
        let ends = starts[id] + own(id);
        for next in steps.successors(StepId(id)) {
            starts[next.0] = starts[next.0].max(ends);
            waiting_for[next.0] -= 1;
            if waiting_for[next.0] == 0 {
                ready.push(next.0);
            }
        }
    }
    starts
}

/// How many begin when, and the longest chain of those: equal things are many, so they are counted, not listed.
type Waves = BTreeMap<Duration, (usize, Duration)>;

/// Returns the limit, and when all that it holds up has ended, for each place of which the plan asks for more than is
/// allowed at once.
fn exceeded(steps: &StepGraph, starts: &[Duration], allowance: &Allowance) -> Vec<(Limit, Duration)> {
    let concerns = |task: &Task| match allowance.until {
        Until::Ready => matches!(task, Task::Create { .. }),
        Until::Gone => matches!(task, Task::Delete { implied: false, .. }),
    };
    let mut of_place: BTreeMap<&Place, Waves> = BTreeMap::new();
    for (step, start) in steps.steps().iter().zip(starts) {
        if step.kind == allowance.kind && concerns(&step.task) {
            let wave = of_place.entry(&step.place).or_default().entry(*start).or_default();
            *wave = (wave.0 + 1, wave.1.max(step.chain));
        }
    }
    of_place.into_values().filter_map(|waves| exceeded_by(waves, allowance)).collect()
}

fn exceeded_by(waves: Waves, allowance: &Allowance) -> Option<(Limit, Duration)> {
    let wanted: usize = waves.values().map(|(count, _)| count).sum();
    let a_second = allowance.a_second_on_the_wall();
    if wanted <= allowance.at_once || a_second <= 0.0 {
        return None;
    }
    let mut tokens = allowance.at_once as f64;
    let (mut then, mut ends, mut held_up) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    for (start, (count, chain)) in waves {
        let waited = start.saturating_sub(then).as_secs_f64();
        tokens = (tokens + waited * a_second).min(allowance.at_once as f64) - count as f64;
        let missing = (-tokens).max(0.0) / a_second;
        let last = start.max(then) + Duration::from_secs_f64(missing);
        if missing > 0.0 {
            tokens = 0.0;
            held_up += last - start.max(then);
        }
        then = last;
        ends = ends.max(last + chain);
    }
    let limit = Limit { allowance: allowance.clone(), wanted, takes: held_up };
    (!held_up.is_zero()).then_some((limit, ends))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Graph;
    use crate::model_cloud::{BOX, NODE, SLOW, expectations, graph_of, resource, schemas};
    use crate::plan::plan;
    use crate::snapshot::{Observed, Recorded};
    use crate::step::steps;

    fn foretold(graph: &Graph, allowances: &[Allowance]) -> Forecast {
        let plan = plan(graph, &Recorded::default(), &Observed::default(), &schemas());
        let steps = steps(&plan, graph, &schemas(), &expectations()).expect("no cycle");
        forecast(&steps, &expectations(), allowances)
    }

    fn nodes(count: usize) -> Graph {
        let slow = resource("a/slow", SLOW, &[]);
        graph_of((0..count).map(|i| resource(&format!("a/node/{i}"), NODE, &["a/slow"])).chain([slow]))
    }

    fn allowance(at_once: usize) -> Allowance {
        Allowance { kind: NODE, until: Until::Ready, at_once, a_second: 2.0, time_scale: TimeScale::WALL }
    }

    #[test]
    fn nothing_takes_no_time() {
        assert_eq!(foretold(&Graph::default(), &[allowance(1)]), Forecast::default());
    }

    #[test]
    fn the_chain_says_what_is_waited_for() {
        let graph = graph_of([
            resource("a/box", BOX, &[]),
            resource("a/slow", SLOW, &["a/box"]),
            resource("a/node", NODE, &["a/slow"]),
        ]);
        let forecast = foretold(&graph, &[]);
        let waits: Vec<_> = forecast.chain.iter().map(|wait| (wait.kind.clone(), wait.time.as_millis())).collect();
        assert_eq!(waits, [(BOX, 500), (SLOW, 100_000), (NODE, 500)]);
        assert_eq!(forecast.total, Duration::from_secs(101));
        assert_eq!(forecast.limit, None);
    }

    #[test]
    fn what_is_asked_for_beyond_the_allowance_comes_one_after_the_other() {
        let forecast = foretold(&nodes(2000), &[allowance(1000)]);
        let limit = forecast.limit.expect("a limit");
        assert_eq!((limit.wanted, limit.takes), (2000, Duration::from_secs(500)));
        assert_eq!(forecast.total, Duration::from_millis(600_500));
    }

    #[test]
    fn an_allowance_that_suffices_is_no_limit() {
        assert_eq!(foretold(&nodes(1000), &[allowance(1000)]).limit, None);
        let of_deletions = Allowance { until: Until::Gone, ..allowance(1) };
        assert_eq!(foretold(&nodes(1000), &[of_deletions]).limit, None);
    }

    #[test]
    fn an_allowance_recovers_while_others_are_waited_for() {
        // One node at the start, and ten after the slow thing's hundred seconds: the bucket of ten is full again.
        let early = resource("a/early", NODE, &[]);
        let late = (0..10).map(|i| resource(&format!("a/node/{i}"), NODE, &["a/slow"]));
        let graph = graph_of(late.chain([early, resource("a/slow", SLOW, &[])]));
        assert_eq!(foretold(&graph, &[allowance(10)]).limit, None);
    }
}
