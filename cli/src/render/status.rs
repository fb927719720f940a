//! How the clusters stand, for people.

use super::escape::visible;
use super::nouns::count_of;
use super::style::{FAINT, HEADING, paint};
use crate::clusters::ClusterStatus;

/// Returns the clusters as text, with how to reach each.
pub(crate) fn status_text(clusters: &[ClusterStatus], resources: usize) -> String {
    let mut text: String = clusters.iter().map(|cluster| cluster_text(cluster) + "\n").collect();
    if clusters.is_empty() {
        text.push_str("no clusters are declared\n\n");
    }
    text + &format!("{} recorded.\n", count_of(resources, "resource"))
}

/// Returns one cluster: how many work, and how to reach it.
pub(crate) fn cluster_text(cluster: &ClusterStatus) -> String {
    let zone = cluster.zone.as_ref().map(|zone| format!(" · {}", visible(zone))).unwrap_or_default();
    let mut text = format!("{}{zone}\n", paint(HEADING, format!("cluster {}", cluster.name)));
    let mut line = |label: &str, value: String| {
        text.push_str(&format!("  {FAINT}{label:<10}{FAINT:#} {value}\n"));
    };
    line("workers", workers(cluster));
    let Some(scheduler) = &cluster.scheduler else {
        line("scheduler", "none: `landfall apply` makes it".to_owned());
        return text;
    };
    let addresses = [&scheduler.public_ip, &scheduler.private_ip].into_iter().flatten();
    let addresses: Vec<String> = addresses.map(|ip| visible(ip)).collect();
    line("scheduler", [vec![visible(&scheduler.id)], addresses].concat().join(" · "));
    if let (Some(address), Some(dashboard)) = (scheduler.address(), scheduler.dashboard()) {
        line("connect", format!("Client(\"{}\")", visible(&address)));
        line("dashboard", visible(&dashboard));
    }
    text
}

fn workers(cluster: &ClusterStatus) -> String {
    let mut text = format!("{} of {} running", cluster.running, cluster.wanted);
    if cluster.pending > 0 {
        text.push_str(&format!(", {} coming up", cluster.pending));
    }
    if cluster.spot > 0 {
        text.push_str(&format!(", {} on the spot market", cluster.spot));
    }
    text
}
