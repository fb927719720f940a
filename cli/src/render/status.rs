//! How the clusters stand, for people.

use landfall_operations::clusters::ClusterStatus;
use landfall_presentation::text::escape::visible;
use landfall_presentation::text::nouns::count_of;
use landfall_presentation::text::style::{FAINT, HEADING, paint};

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

#[cfg(test)]
mod tests {
    use snapbox::{assert_data_eq, str};

    use super::*;
    use landfall_operations::clusters::SchedulerStatus;

    #[test]
    fn a_cluster_that_works_and_one_that_is_not_there_yet() {
        let scheduler = SchedulerStatus {
            id: "i-1".to_owned(),
            public_ip: Some("198.51.100.7".to_owned()),
            private_ip: Some("10.0.0.4".to_owned()),
        };
        let up = ClusterStatus {
            name: "analytics".to_owned(),
            scheduler: Some(scheduler),
            wanted: 10,
            running: 8,
            pending: 2,
            spot: 10,
            zone: Some("us-east-1a".to_owned()),
        };
        let absent = ClusterStatus { name: "nightly".to_owned(), wanted: 4, ..ClusterStatus::default() };
        assert_data_eq!(
            anstream::adapter::strip_str(&status_text(&[up, absent], 61)).to_string(),
            str![[r#"
cluster analytics · us-east-1a
  workers    8 of 10 running, 2 coming up, 10 on the spot market
  scheduler  i-1 · 198.51.100.7 · 10.0.0.4
  connect    Client("tcp://198.51.100.7:8786")
  dashboard  http://198.51.100.7:8787

cluster nightly
  workers    0 of 4 running
  scheduler  none: `landfall apply` makes it

61 resources recorded.

"#]]
        );
    }
}
