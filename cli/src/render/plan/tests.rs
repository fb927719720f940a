use std::time::Duration;

use landfall_engine::drift::DriftType;
use landfall_engine::kind::Kind;
use landfall_engine::plan::{Action, Plan, Reason};
use serde_json::json;
use snapbox::{assert_data_eq, str};

use super::*;
use crate::render::samples::{drifted, of_existing, rich_plan};

fn shown(plan: &Plan, teardown: bool, all: bool) -> String {
    let expected = Expected {
        total: Duration::from_secs(163),
        waits_for: vec![Kind::new("ec2.nat_gateway"), Kind::new("ec2.instance")],
    };
    let text = Shown { plan, stack: "acme", expected, all, teardown }.text();
    anstream::adapter::strip_str(&text).to_string()
}

#[test]
fn a_plan_in_which_everything_happens() {
    assert_data_eq!(
        shown(&rich_plan(), false, false),
        str![[r#"
network
  + nat-gateway/us-east-1a
  + subnet/public/us-east-1[a-c]                3 subnets, 10.0.0.0/20 … 10.0.32.0/20
  + vpc                                         10.0.0.0/16
security
  ± rule/scheduler/ingress/tcp-8787/0.0.0.0-0   cidr 0.0.0.0/0 → 203.0.113.0/24   cidr cannot change in place, the old one goes first
identity
  · policy/logs                                 id-of-identity-policy-logs   is gone already, only the state still had it
  ← role                                        id-of-identity-role   exists already, taken into the state
logs
  ~ group                                       kept 30 days   changed outside landfall
        retention_in_days  7 → 30
        tags.owner  kim/u{1b}[2K → lee
cluster analytics
  ± scheduler                                   m6i.large   user_data, subnet_id cannot change in place, the new one comes first
        user_data   forces replacement
            #!/bin/bash
          - pip install dask
          + pip install 'dask[complete]'
            dask scheduler
        subnet_id  subnet-0a1 → (known after apply)   forces replacement
  + worker/[0..99]                              100 × m6i.xlarge, spot
cluster nightly
  - worker/[8..11]                              4 × m6i.xlarge   no longer declared
not in the stack
  - ec2.security_group_rule/sgr-0bad            tcp 8787 from 198.51.100.7/32 (id-of-surplus-ec2.security_group_rule-sgr-0bad)   unexpected: in the account, but not recorded

Plan: 105 to create, 1 to take over, 1 to update, 2 to replace, 5 to delete, 1 to forget, 9 unchanged. Drift: 1 changed, 1 unexpected.
      analytics gets a new scheduler: its address changes, and what it is computing is lost.
      nightly loses 4 workers (12 → 8); its scheduler stays.
      Takes about 2 min 50 s: NAT gateway, then instance.

"#]]
    );
}

#[test]
fn nothing_to_do() {
    let unchanged = of_existing("network/vpc", "ec2.vpc", Action::NoOp, Reason::Unchanged, json!({}), vec![]);
    let plan = Plan { changes: vec![unchanged], drift: vec![] };
    assert_data_eq!(
        shown(&plan, false, false),
        str![[r#"
Nothing to do: the account is as acme declares it, 1 resource unchanged. Drift: none.

"#]]
    );
    assert_data_eq!(
        shown(&plan, false, true),
        str![[r#"
network
  = vpc

Nothing to do: the account is as acme declares it, 1 resource unchanged. Drift: none.

"#]]
    );
    assert_data_eq!(
        shown(&Plan::default(), true, false),
        str![[r#"
Nothing to do: nothing of acme is recorded or found in the account.

"#]]
    );
}

#[test]
fn a_teardown_says_of_each_thing_only_that_it_goes() {
    let gone = |at, kind, properties| of_existing(at, kind, Action::Delete, Reason::Undeclared, properties, vec![]);
    let changes = vec![
        gone("cluster/a/worker/0", "ec2.instance", json!({"instance_type": "m6i.large"})),
        gone("cluster/a/worker/1", "ec2.instance", json!({"instance_type": "m6i.xlarge"})),
        gone("network/vpc", "ec2.vpc", json!({"cidr_block": "10.0.0.0/16"})),
    ];
    assert_data_eq!(
        shown(&Plan { changes, drift: vec![] }, true, false),
        str![[r#"
network
  - vpc        10.0.0.0/16 (id-of-network-vpc)
cluster a
  - worker/0   m6i.large (id-of-cluster-a-worker-0)
  - worker/1   m6i.xlarge (id-of-cluster-a-worker-1)

Plan: 3 to delete. Drift: none.
      Takes about 2 min 50 s: NAT gateway, then instance.

"#]]
    );
}

#[test]
fn a_teardown_of_what_nobody_recorded_says_so_once() {
    let found = |at, kind, properties| of_existing(at, kind, Action::Delete, Reason::Unexpected, properties, vec![]);
    let changes = vec![
        found("network/vpc", "ec2.vpc", json!({"cidr_block": "10.0.0.0/16"})),
        found("surplus/ec2.instance/i-1", "ec2.instance", json!({"instance_type": "m6i.large"})),
    ];
    let drift = vec![drifted("network/vpc", "ec2.vpc", "vpc-1", DriftType::Unexpected)];
    assert_data_eq!(
        shown(&Plan { changes, drift }, true, false),
        str![[r#"
network
  - vpc                10.0.0.0/16 (id-of-network-vpc)
not in the stack
  - ec2.instance/i-1   m6i.large (id-of-surplus-ec2.instance-i-1)

Plan: 2 to delete. None of it is recorded: the account says that it is the stack's.
      Takes about 2 min 50 s: NAT gateway, then instance.

"#]]
    );
}
