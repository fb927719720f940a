//! The phases of a stack's life: what is declared in each.

use std::collections::BTreeMap;

use landfall_aws_blueprint::stack::{Cluster, Name, Stack};

use crate::session::Goal;

/// Something that is done to a stack.
#[derive(Debug, Clone)]
pub struct Phase {
    /// What it is called in the report.
    pub name: &'static str,
    /// What should exist at its end.
    pub goal: Goal,
    /// What the stack file says then.
    pub stack: Stack,
}

/// A port that few stacks open: a firewall rule that comes and goes.
const ANOTHER_PORT: u16 = 8799;
/// By so much the disks grow, which no disk can in place.
const MORE_DISK_GIB: u32 = 8;

/// Returns the life of a stack: it comes up, grows, has its machines replaced, shrinks, and goes.
pub(super) fn life_of(declared: &Stack) -> Vec<Phase> {
    let phase = |name, stack: &Stack| Phase { name, goal: Goal::Declared, stack: stack.clone() };
    let mut stack = declared.clone();
    let mut phases = vec![phase("apply", &stack)];

    change_clusters(&mut stack.clusters, |cluster| cluster.workers += 1 + cluster.workers / 2);
    if !stack.firewall.ports.contains(&ANOTHER_PORT) {
        stack.firewall.ports.push(ANOTHER_PORT);
    }
    stack.tags.insert("rehearsed".to_owned(), "grown".to_owned());
    phases.push(phase("grow", &stack));

    if !stack.clusters.is_empty() {
        change_clusters(&mut stack.clusters, |cluster| cluster.disk_gib += MORE_DISK_GIB);
        phases.push(phase("replace", &stack));
    }

    change_clusters(&mut stack.clusters, |cluster| cluster.workers /= 2);
    stack.firewall.ports.retain(|port| *port != ANOTHER_PORT);
    stack.tags.remove("rehearsed");
    phases.push(phase("shrink", &stack));

    phases.push(Phase { goal: Goal::Nothing, ..phase("destroy", &stack) });
    phases
}

fn change_clusters(clusters: &mut BTreeMap<Name, Cluster>, change: impl Fn(&mut Cluster)) {
    clusters.values_mut().for_each(change);
}
