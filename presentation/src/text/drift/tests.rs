use landfall_engine::plan::{Action, Plan, Reason};
use serde_json::json;
use snapbox::{assert_data_eq, str};

use super::*;
use crate::text::samples::{create, drifted, field, of_existing};

fn shown(drift: &[Drift], plan: Option<&Plan>) -> String {
    anstream::adapter::strip_str(&drift_text(drift, "acme", plan)).to_string()
}

#[test]
fn all_three_kinds_of_drift_and_what_apply_would_do() {
    let retention = vec![field("/retention_in_days", json!(30), Some(json!(7)))];
    let group =
        of_existing("logs/group", "logs.log_group", Action::Update, Reason::Drifted, json!({}), retention.clone());
    let route = of_existing(
        "network/route/public/10.9.0.0-16",
        "ec2.route",
        Action::Delete,
        Reason::Unexpected,
        json!({}),
        vec![],
    );
    let drift = [
        drifted("cluster/a/worker/0", "ec2.instance", "i-0", DriftType::Missing),
        drifted("cluster/a/worker/1", "ec2.instance", "i-1", DriftType::Missing),
        drifted("logs/group", "logs.log_group", "id-of-logs-group", DriftType::Changed(retention)),
        drifted(
            route.address.as_str(),
            "ec2.route",
            route.existing.as_ref().expect("it exists").id.as_str(),
            DriftType::Unexpected,
        ),
    ];
    let worker = |at| create(at, "ec2.instance", json!({}));
    let changes = vec![worker("cluster/a/worker/0"), worker("cluster/a/worker/1"), group, route];
    assert_data_eq!(
        shown(&drift, Some(&Plan { changes, ..Plan::default() })),
        str![[r#"
network
  + unexpected route/public/10.9.0.0-16   id-of-network-route-public-10.9.0.0-16   apply deletes it
logs
  ~ changed group   id-of-logs-group   apply sets it back
        retention_in_days  30 → 7
cluster a
  - missing worker/[0,1]   2 instances   apply makes it again

Drift: 1 changed, 2 missing, 1 unexpected.
      `landfall plan` shows what apply would do, `landfall apply` brings the account back.
      To keep a change, write it into the stack file first.

"#]]
    );
    assert_data_eq!(
        shown(&drift[..1], None),
        str![[r#"
cluster a
  - missing worker/0   i-0

Drift: 1 missing.
      The stack file cannot be compiled for this account, so what apply would do is not known.

"#]]
    );
}

#[test]
fn no_drift() {
    assert_data_eq!(
        shown(&[], None),
        str![[r#"
Drift: none; the account is as landfall left it.

"#]]
    );
}
