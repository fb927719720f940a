//! Everything that happens is told, once and in order.

use std::collections::BTreeMap;

use super::*;
use crate::event::{Event, Step, StepStatus};
use crate::history::events;

/// Returns how often each step began and ended, by its address and action.
fn steps(told: &[Record]) -> BTreeMap<(String, String), (usize, usize)> {
    let mut steps: BTreeMap<(String, String), (usize, usize)> = BTreeMap::new();
    for record in told {
        let Event::Step(Step { address, action, status, .. }) = &record.event else { continue };
        let (began, ended) = steps.entry((address.to_string(), action.clone())).or_default();
        *began += usize::from(*status == StepStatus::Started);
        *ended += usize::from(matches!(status, StepStatus::Done | StepStatus::Failed | StepStatus::Skipped));
    }
    steps
}

#[tokio::test(start_paused = true)]
async fn a_run_is_told_whole_and_in_order() {
    let world = World::new();
    for goal in [Goal::Declared, Goal::Nothing] {
        world.region.keep_log();
        let executed = world.apply(STACK, goal).await.expect("nothing in the way");
        let sent = world.region.take_log();
        let told = world.told();

        let first = told.first().expect("something was told").seq;
        assert!(told.iter().zip(first..).all(|(record, seq)| record.seq == seq), "numbers without gaps");
        assert!(told.windows(2).all(|pair| pair[0].time <= pair[1].time), "in the order of time");
        let Some(Event::RunStarted(started)) = told.first().map(|record| &record.event) else { panic!("{told:?}") };
        assert_eq!(started.plan.create + started.plan.delete, executed.changes);
        assert!(
            matches!(told.last().map(|record| &record.event), Some(Event::Summary(summary)) if *summary == executed.summary)
        );
        assert!(told.iter().all(|record| record.run == told[0].run && record.run.is_some()), "one run");

        // Whoever comes later reads the same from the state.
        let run = u32::try_from(told[0].run.expect("a run")).expect("a small number");
        assert_eq!(events(&world.store, run, 0, usize::MAX).await.expect("they can be read"), told);
        let late = events(&world.store, run, told[9].seq, 5).await.expect("they can be read");
        assert_eq!(late, told[10..15]);

        // Each change of the plan comes to its end once; what goes with its container is not begun by itself.
        let steps = steps(&told);
        assert_eq!(steps.len(), executed.changes);
        assert!(steps.values().all(|(began, ended)| *began <= 1 && *ended == 1), "{steps:?}");

        // What is not ready, or not gone, at once is told to be waited for, once each.
        let waited: Vec<&str> = told
            .iter()
            .filter_map(|record| match &record.event {
                Event::Step(Step { status: StepStatus::Waiting, kind, .. }) => Some(kind.as_str()),
                _ => None,
            })
            .filter(|kind| ["ec2.instance", "ec2.nat_gateway"].contains(kind))
            .collect();
        assert_eq!(waited.len(), 4, "a gateway, a scheduler and two workers: {waited:?}");

        // Each call that changes something is told, and nothing is told that was not sent.
        let is_read =
            |action: &str| ["Describe", "Get", "List"].iter().any(|verb| action.contains(&format!(":{verb}")));
        let mut changing: Vec<&str> = sent.iter().map(String::as_str).filter(|action| !is_read(action)).collect();
        let mut calls: Vec<&str> = told
            .iter()
            .filter_map(|record| match &record.event {
                Event::Call { operation, .. } => Some(operation.as_str()),
                _ => None,
            })
            .collect();
        changing.sort_unstable();
        calls.sort_unstable();
        assert_eq!(calls, changing);
    }
}

#[tokio::test(start_paused = true)]
async fn where_there_is_nothing_to_do_only_the_summary_is_told() {
    let world = World::new();
    world.apply(STACK, Goal::Declared).await.expect("nothing in the way");
    world.told();
    world.apply(STACK, Goal::Declared).await.expect("nothing to do");
    let told = world.told();
    let but_notes: Vec<&Record> = told.iter().filter(|record| !matches!(record.event, Event::Note(_))).collect();
    assert!(matches!(but_notes.as_slice(), [Record { run: None, event: Event::Summary(_), .. }]), "{told:?}");
}
