use landfall_operations::clusters::{ClusterStatus, SchedulerStatus};
use snapbox::{assert_data_eq, str};

use super::*;

#[test]
fn the_document_of_a_status() {
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
    let absent = ClusterStatus { name: "nightly".to_owned(), ..ClusterStatus::default() };
    assert_data_eq!(
        status_document(&[up, absent], "acme", 61),
        str![[r#"
{
  "format_version": 1,
  "stack": "acme",
  "clusters": [
    {
      "name": "analytics",
      "scheduler": {
        "id": "i-1",
        "public_ip": "198.51.100.7",
        "private_ip": "10.0.0.4",
        "address": "tcp://198.51.100.7:8786",
        "dashboard": "http://198.51.100.7:8787"
      },
      "workers": {
        "wanted": 10,
        "running": 8,
        "pending": 2,
        "spot": 10
      },
      "zone": "us-east-1a"
    },
    {
      "name": "nightly",
      "scheduler": null,
      "workers": {
        "wanted": 0,
        "running": 0,
        "pending": 0,
        "spot": 0
      },
      "zone": null
    }
  ],
  "resources": 61
}

"#]]
    );
}
