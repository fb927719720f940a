//! What may start now: a state machine without I/O.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::time::Duration;

use crate::step::{StepGraph, StepId};

/// Hands out steps when everything that they wait for is done, the longest chain first.
#[derive(Debug)]
pub struct Scheduler<'a> {
    graph: &'a StepGraph,
    waiting_for: Vec<usize>,
    ready: BTreeSet<(Reverse<Duration>, StepId)>,
    unsettled: usize,
    skipped: Vec<bool>,
}

impl<'a> Scheduler<'a> {
    /// Returns a scheduler with the steps that wait for nothing ready.
    pub fn new(graph: &'a StepGraph) -> Scheduler<'a> {
        let count = graph.steps().len();
        let mut scheduler = Scheduler {
            graph,
            waiting_for: (0..count).map(|i| graph.predecessor_count(StepId(i))).collect(),
            ready: BTreeSet::new(),
            unsettled: count,
            skipped: vec![false; count],
        };
        (0..count).map(StepId).filter(|id| graph.predecessor_count(*id) == 0).for_each(|id| scheduler.give_back(id));
        scheduler
    }

    /// Takes the ready steps, the longest chain first.
    pub fn take_ready(&mut self) -> Vec<StepId> {
        std::mem::take(&mut self.ready).into_iter().map(|(_, id)| id).collect()
    }

    /// Makes a step ready again that was taken and not done.
    pub fn give_back(&mut self, id: StepId) {
        self.ready.insert((Reverse(self.graph.step(id).chain), id));
    }

    /// Notes that a step is done: what waited only for it is ready.
    pub fn done(&mut self, id: StepId) {
        self.unsettled -= 1;
        for next in self.graph.successors(id) {
            self.waiting_for[next.0] -= 1;
            if self.waiting_for[next.0] == 0 && !self.skipped[next.0] {
                self.give_back(*next);
            }
        }
    }

    /// Notes that a step failed; returns everything that will not start for it.
    pub fn failed(&mut self, id: StepId) -> Vec<StepId> {
        self.unsettled -= 1;
        let mut lost = Vec::new();
        let mut stack = vec![id];
        while let Some(step) = stack.pop() {
            for next in self.graph.successors(step) {
                if !self.skipped[next.0] {
                    self.skipped[next.0] = true;
                    self.unsettled -= 1;
                    lost.push(*next);
                    stack.push(*next);
                }
            }
        }
        lost.sort();
        lost
    }

    /// Tells whether a step is ready.
    pub fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Returns how many steps are neither done nor failed nor skipped.
    pub fn unsettled(&self) -> usize {
        self.unsettled
    }
}
