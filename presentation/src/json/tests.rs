use std::time::Duration;

use landfall_engine::forecast::{Allowance, Forecast, Limit, Wait};
use landfall_engine::kind::Kind;
use landfall_engine::plan::{Action, Plan, Reason};
use landfall_engine::time_scale::TimeScale;
use landfall_engine::until::Until;
use serde_json::json;
use snapbox::{assert_data_eq, str};

use super::*;
use crate::text::samples::{address, create, forcing, of_existing, rich_plan};

#[test]
fn the_document_of_a_plan() {
    let unchanged = of_existing("logs/group", "logs.log_group", Action::NoOp, Reason::Unchanged, json!({}), vec![]);
    let changes = vec![
        create("network/subnet/a", "ec2.subnet", json!({"cidr_block": "10.0.0.0/20", "vpc_id": null})),
        of_existing(
            "cluster/a/scheduler",
            "ec2.instance",
            Action::Replace(landfall_engine::kind::Replacement::CreateFirst),
            Reason::Failed("no network".to_owned()),
            json!({"instance_type": "m6i.large"}),
            vec![forcing("/subnet_id", json!("subnet-1"), None)],
        ),
        unchanged,
    ];
    let outdated = vec![landfall_engine::plan::Outdated {
        address: address("cluster/b/scheduler"),
        kind: Kind::new("ec2.instance"),
        fields: vec!["user_data"],
    }];
    let plan = Plan { changes, outdated, ..Plan::default() };
    assert_data_eq!(
        document(&PlanDocument::new(&plan, "acme", "us-east-1", false)),
        str![[r#"
{
  "format_version": 1,
  "stack": "acme",
  "region": "us-east-1",
  "summary": {
    "create": 1,
    "update": 0,
    "replace": 1,
    "delete": 0,
    "no_op": 1,
    "forget": 0,
    "import": 0
  },
  "changes": [
    {
      "address": "network/subnet/a",
      "kind": "ec2.subnet",
      "action": "create",
      "reason": "new",
      "before": null,
      "after": {
        "cidr_block": "10.0.0.0/20",
        "vpc_id": null
      },
      "fields": []
    },
    {
      "address": "cluster/a/scheduler",
      "kind": "ec2.instance",
      "action": "replace",
      "reason": "failed",
      "reason_detail": "no network",
      "before": {
        "instance_type": "m6i.large"
      },
      "after": {
        "instance_type": "m6i.large"
      },
      "fields": [
        {
          "path": "/subnet_id",
          "before": "subnet-1",
          "after": null,
          "forces_replacement": true,
          "known_after_apply": true
        }
      ]
    }
  ],
  "drift": [],
  "outdated": [
    {
      "address": "cluster/b/scheduler",
      "kind": "ec2.instance",
      "fields": [
        "/user_data"
      ]
    }
  ],
  "checks": []
}

"#]]
    );
}

#[test]
fn a_plan_foretells_what_it_takes() {
    let kind = || Kind::new("ec2.instance");
    let seconds = Duration::from_secs;
    let wait =
        Wait { kind: kind(), until: Until::Ready, time: seconds(25), propagation_delay: seconds(0), learnt: true };
    let allowance =
        Allowance { kind: kind(), until: Until::Ready, at_once: 1000, a_second: 2.0, time_scale: TimeScale::WALL };
    let limit = Limit { allowance, wanted: 2000, takes: seconds(500) };
    let forecast = Forecast { total: seconds(525), chain: vec![wait], limit: Some(limit), calls: 38 };
    let document = document(&PlanDocument::new(&Plan::default(), "acme", "us-east-1", false).with_forecast(&forecast));
    let document: serde_json::Value = serde_json::from_str(&document).expect("a document");
    assert_eq!(
        document["forecast"],
        json!({
            "seconds": 525.0,
            "calls": 38,
            "chain": [{"kind": "ec2.instance", "until": "ready", "seconds": 25.0, "learnt": true}],
            "limit": {
                "kind": "ec2.instance", "until": "ready", "wanted": 2000, "at_once": 1000, "per_second": 2.0,
                "seconds": 500.0
            },
        })
    );
}

#[test]
fn what_stays_is_listed_on_request() {
    let count = |all| {
        let document = document(&PlanDocument::new(&rich_plan(), "acme", "us-east-1", all));
        let document: serde_json::Value = serde_json::from_str(&document).expect("a document");
        document["changes"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(count(true), count(false) + 9);
}

#[test]
fn the_document_of_drift() {
    assert_data_eq!(
        drift_document(&rich_plan().drift, "acme"),
        str![[r#"
{
  "format_version": 1,
  "stack": "acme",
  "drift": [
    {
      "address": "logs/group",
      "kind": "logs.log_group",
      "id": "acme",
      "type": "changed",
      "fields": [
        {
          "path": "/retention_in_days",
          "recorded": 30,
          "observed": 7
        }
      ]
    },
    {
      "address": "surplus/ec2.security_group_rule/sgr-0bad",
      "kind": "ec2.security_group_rule",
      "id": "sgr-0bad",
      "type": "unexpected",
      "fields": []
    }
  ]
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
