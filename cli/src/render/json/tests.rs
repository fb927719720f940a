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

/// Neither the secret nor the digest that stands for it: who guesses well would see by it that the guess is right.
#[test]
fn a_plan_shows_of_a_secret_only_that_there_is_one() {
    let digest = |text: &str| landfall_engine::sensitive::Secret::new(text, "acme").digest().clone();
    let change = of_existing(
        "cluster/a/scheduler",
        "ec2.instance",
        Action::Update,
        Reason::Changed,
        json!({"token": digest("old"), "market": "spot"}),
        vec![landfall_engine::diff::FieldChange {
            path: "/token".to_owned(),
            before: digest("old"),
            after: Some(digest("new")),
            forces_replacement: false,
        }],
    );
    let text =
        document(&PlanDocument::new(&Plan { changes: vec![change], ..Plan::default() }, "acme", "us-east-1", false));
    assert!(!text.contains("scrypt"), "{text}");
    let parsed: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let change = &parsed["changes"][0];
    assert_eq!(change["before"], json!({"token": "(sensitive)", "market": "spot"}));
    assert_eq!(change["after"], json!({"token": "(sensitive)", "market": "spot"}));
    assert_eq!(
        (&change["fields"][0]["before"], &change["fields"][0]["after"]),
        (&json!("(sensitive)"), &json!("(sensitive)"))
    );
}
