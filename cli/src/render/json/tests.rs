use std::time::Duration;

use landfall_engine::apply::Report;
use landfall_engine::event::{Event, Status};
use landfall_engine::forecast::{Allowance, Forecast, Limit, Wait};
use landfall_engine::kind::Kind;
use landfall_engine::plan::{Action, Plan, Reason, Summary};
use landfall_engine::provider::Until;
use landfall_engine::time_scale::TimeScale;
use serde_json::json;
use snapbox::{assert_data_eq, str};

use super::*;
use crate::clusters::{ClusterStatus, SchedulerStatus};
use crate::render::samples::{address, create, forcing, of_existing, rich_plan};

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
    let plan = Plan { changes, drift: vec![] };
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

#[test]
fn the_lines_of_a_run() {
    let event = |status| Event {
        address: address("network/vpc"),
        kind: Kind::new("ec2.vpc"),
        action: "create",
        status,
        id: Some("vpc-1".into()),
    };
    let report = Report { done: Summary { create: 1, no_op: 3, ..Summary::default() }, ..Report::default() };
    let lines = [
        step_line(&event(Status::Started)),
        step_line(&event(Status::Waiting)),
        step_line(&event(Status::Done(Duration::from_micros(1_234_567)))),
        step_line(&Event { id: None, ..event(Status::Failed("ec2:CreateVpc answered VpcLimitExceeded".to_owned())) }),
        Some(RunSummary::new(&report, 12, Duration::from_millis(2500)).line()),
    ];
    assert_data_eq!(
        lines.into_iter().flatten().collect::<String>(),
        str![[r#"
{"type":"step","address":"network/vpc","action":"create","status":"started","id":"vpc-1","seconds":null,"error":null}
{"type":"step","address":"network/vpc","action":"create","status":"done","id":"vpc-1","seconds":1.235,"error":null}
{"type":"step","address":"network/vpc","action":"create","status":"failed","id":null,"seconds":null,"error":"ec2:CreateVpc answered VpcLimitExceeded"}
{"type":"summary","created":1,"updated":0,"replaced":0,"deleted":0,"imported":0,"forgotten":0,"failed":0,"skipped":0,"api_calls":12,"seconds":2.5}

"#]]
    );
}

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
