use std::time::Duration;

use landfall_engine::drift::DriftType;
use landfall_engine::forecast::{Allowance, Forecast, Limit, Wait};
use landfall_engine::kind::Kind;
use landfall_engine::plan::{Action, Outdated, Plan, Reason};
use landfall_engine::time_scale::TimeScale;
use landfall_engine::until::Until;
use serde_json::json;
use snapbox::{assert_data_eq, str};

use super::*;
use crate::text::samples::{address, drifted, of_existing, rich_plan};

fn shown(plan: &Plan, teardown: bool, all: bool) -> String {
    shown_with(&forecast(), plan, teardown, all)
}

fn shown_with(forecast: &Forecast, plan: &Plan, teardown: bool, all: bool) -> String {
    let text = Shown { plan, stack: "acme", forecast, all, teardown }.text();
    anstream::adapter::strip_str(&text).to_string()
}

fn wait(kind: &'static str, seconds: u64) -> Wait {
    let time = Duration::from_secs(seconds);
    Wait { kind: Kind::new(kind), until: Until::Ready, time, propagation_delay: Duration::ZERO, learnt: false }
}

fn forecast() -> Forecast {
    let chain = vec![wait("ec2.vpc", 1), wait("ec2.nat_gateway", 105), wait("ec2.instance", 50)];
    Forecast { total: Duration::from_secs(163), chain, limit: None, calls: 38 }
}

/// Returns the lines that say how long it takes.
fn time_told(forecast: &Forecast) -> String {
    let text = shown_with(forecast, &rich_plan(), false, false);
    text.lines().skip_while(|line| !line.trim().starts_with("Takes")).map(|line| format!("{}\n", line.trim())).collect()
}

#[test]
fn the_time_of_a_plan_is_told_with_its_reasons() {
    let mut role = wait("iam.instance_profile_role", 9);
    role.propagation_delay = Duration::from_secs(8);
    let mut seen_before = wait("ec2.instance", 31);
    seen_before.learnt = true;
    let allowance = Allowance {
        kind: Kind::new("ec2.instance"),
        until: Until::Ready,
        at_once: 1000,
        a_second: 2.0,
        time_scale: TimeScale::WALL,
    };
    let limit = Limit { allowance, wanted: 2000, takes: Duration::from_secs(500) };
    let forecast =
        Forecast { total: Duration::from_secs(540), chain: vec![role, seen_before], limit: Some(limit), calls: 38 };
    assert_data_eq!(
        time_told(&forecast),
        str![[r#"
Takes about 9 min: instance profile role (about 8 s to be known), then instance (about 35 s as before).
2,000 instances take at least 8 min 20 s: AWS lets 1,000 start at once, and 2 a second beyond.
About 38 calls.

"#]]
    );
    let mut faster = forecast.clone();
    faster.limit.iter_mut().for_each(|limit| limit.allowance.time_scale = TimeScale::times(20.0));
    let told = time_told(&faster);
    assert!(told.contains("AWS lets 1,000 start at once, and 2 a second beyond, here 20 times as fast.\n"), "{told}");
    let gone = Wait { until: Until::Gone, ..wait("ec2.nat_gateway", 60) };
    let teardown = Forecast { total: Duration::from_secs(62), chain: vec![gone], limit: None, calls: 1 };
    assert_data_eq!(
        time_told(&teardown),
        str![[r#"
Takes about 1 min 10 s: end of the NAT gateway (about 1 min).
About 1 call.

"#]]
    );
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
      Takes about 2 min 50 s: NAT gateway (about 1 min 50 s), then instance (about 50 s).
      About 38 calls.

"#]]
    );
}

#[test]
fn nothing_to_do() {
    let unchanged = of_existing("network/vpc", "ec2.vpc", Action::NoOp, Reason::Unchanged, json!({}), vec![]);
    let plan = Plan { changes: vec![unchanged], ..Plan::default() };
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
        shown(&Plan { changes, ..Plan::default() }, true, false),
        str![[r#"
network
  - vpc        10.0.0.0/16 (id-of-network-vpc)
cluster a
  - worker/0   m6i.large (id-of-cluster-a-worker-0)
  - worker/1   m6i.xlarge (id-of-cluster-a-worker-1)

Plan: 3 to delete. Drift: none.
      Takes about 2 min 50 s: NAT gateway (about 1 min 50 s), then instance (about 50 s).
      About 38 calls.

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
        shown(&Plan { changes, drift, ..Plan::default() }, true, false),
        str![[r#"
network
  - vpc                10.0.0.0/16 (id-of-network-vpc)
not in the stack
  - ec2.instance/i-1   m6i.large (id-of-surplus-ec2.instance-i-1)

Plan: 2 to delete. None of it is recorded: the account says that it is the stack's.
      Takes about 2 min 50 s: NAT gateway (about 1 min 50 s), then instance (about 50 s).
      About 38 calls.

"#]]
    );
}

#[test]
fn what_keeps_an_older_boot_script_is_told_group_by_group() {
    let outdated =
        |at: &str| Outdated { address: address(at), kind: Kind::new("ec2.instance"), fields: vec!["user_data"] };
    let unchanged = |at: &str| of_existing(at, "ec2.instance", Action::NoOp, Reason::Unchanged, json!({}), vec![]);
    let of_cluster = ["scheduler", "worker/0", "worker/1", "worker/2"].map(|name| format!("cluster/a/{name}"));
    let changes = of_cluster.iter().map(|at| unchanged(at)).collect();
    let outdated = of_cluster[..3].iter().map(|at| outdated(at)).collect();
    let mut plan = Plan { changes, outdated, ..Plan::default() };
    assert_data_eq!(
        shown(&plan, false, false),
        str![[r#"
Nothing to do: the account is as acme declares it, 4 resources unchanged. Drift: none.
      cluster/a/scheduler keeps its boot script of before; `--replace cluster/a/scheduler` renews it.
      cluster/a/worker/[0,1] keep their boot script of before; `--replace 'cluster/a/worker/*'` renews it (and replaces 1 more).

"#]]
    );
    let requested = of_existing(
        "network/vpc",
        "ec2.vpc",
        Action::Replace(landfall_engine::kind::Replacement::DeleteFirst),
        Reason::Requested,
        json!({}),
        vec![],
    );
    plan.changes.push(requested);
    plan.outdated.truncate(1);
    assert_data_eq!(
        shown_with(&Forecast::default(), &plan, false, false),
        str![[r#"
network
  ± vpc   asked for with --replace; the old one goes first

Plan: 1 to replace, 4 unchanged. Drift: none.
      cluster/a/scheduler keeps its boot script of before; `--replace cluster/a/scheduler` renews it.

"#]]
    );
}
