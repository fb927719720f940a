//! `status --json`.

use serde::Serialize;

use landfall_operations::clusters::{ClusterStatus, SchedulerStatus};
use landfall_presentation::json::{FORMAT_VERSION, document};

#[derive(Serialize)]
struct StatusDocument<'a> {
    format_version: u32,
    stack: &'a str,
    clusters: Vec<ClusterEntry<'a>>,
    resources: usize,
}

#[derive(Serialize)]
struct ClusterEntry<'a> {
    name: &'a str,
    scheduler: Option<SchedulerEntry<'a>>,
    workers: WorkerCounts,
    zone: Option<&'a str>,
}

#[derive(Serialize)]
struct SchedulerEntry<'a> {
    id: &'a str,
    public_ip: Option<&'a str>,
    private_ip: Option<&'a str>,
    address: Option<String>,
    dashboard: Option<String>,
}

#[derive(Serialize)]
struct WorkerCounts {
    wanted: usize,
    running: usize,
    pending: usize,
    spot: usize,
}

/// Returns the document of `status --json`.
pub(crate) fn status_document(clusters: &[ClusterStatus], stack: &str, resources: usize) -> String {
    let clusters = clusters.iter().map(cluster_entry).collect();
    document(&StatusDocument { format_version: FORMAT_VERSION, stack, clusters, resources })
}

fn cluster_entry(cluster: &ClusterStatus) -> ClusterEntry<'_> {
    ClusterEntry {
        name: &cluster.name,
        scheduler: cluster.scheduler.as_ref().map(scheduler_entry),
        workers: WorkerCounts {
            wanted: cluster.wanted,
            running: cluster.running,
            pending: cluster.pending,
            spot: cluster.spot,
        },
        zone: cluster.zone.as_deref(),
    }
}

fn scheduler_entry(scheduler: &SchedulerStatus) -> SchedulerEntry<'_> {
    SchedulerEntry {
        id: &scheduler.id,
        public_ip: scheduler.public_ip.as_deref(),
        private_ip: scheduler.private_ip.as_deref(),
        address: scheduler.address(),
        dashboard: scheduler.dashboard(),
    }
}
