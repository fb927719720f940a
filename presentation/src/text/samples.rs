//! Hand-made values of the engine for the tests of what is shown.

use std::sync::Arc;

use landfall_engine::address::Address;
use landfall_engine::diff::FieldChange;
use landfall_engine::drift::{Drift, DriftType};
use landfall_engine::kind::{Kind, Replacement};
use landfall_engine::place::Place;
use landfall_engine::plan::{Action, Change, Existing, Plan, Reason, Standing};
use landfall_engine::resource::{Literal, Literals, Reference, Resolved, Resource, Value};
use landfall_engine::snapshot::RecordedResource;
use serde_json::json;

pub(crate) fn address(text: &str) -> Address {
    Address::new(text).expect("an address")
}

pub(crate) fn home() -> Place {
    Place::regional("111122223333", "us-east-1")
}

pub(crate) fn literals(value: Literal) -> Literals {
    value.as_object().expect("an object").clone()
}

pub(crate) fn field(path: &str, before: Literal, after: Option<Literal>) -> FieldChange {
    FieldChange { path: path.to_owned(), before, after, forces_replacement: false }
}

pub(crate) fn forcing(path: &str, before: Literal, after: Option<Literal>) -> FieldChange {
    FieldChange { forces_replacement: true, ..field(path, before, after) }
}

pub(crate) fn create(at: &str, kind: &'static str, after: Literal) -> Change {
    let address = address(at);
    // Null stands for what is known only after apply.
    let empty = Resource::new(address.clone(), Kind::new(kind), &home());
    let declared = literals(after).into_iter().fold(empty, |declared, (name, value)| {
        let value = if value.is_null() { Reference::id(&address).into() } else { Value::Literal(value) };
        declared.with(&name, value)
    });
    let declared = Arc::new(declared);
    Change {
        after: Resolved::new(declared.clone(), &|_| None),
        declared: Some(declared),
        address,
        kind: Kind::new(kind),
        action: Action::Create,
        reason: Reason::New,
        fields: vec![],
        existing: None,
    }
}

pub(crate) fn of_existing(
    at: &str,
    kind: &'static str,
    action: Action,
    reason: Reason,
    properties: Literal,
    fields: Vec<FieldChange>,
) -> Change {
    let goes = matches!(action, Action::Delete | Action::Forget);
    let recorded = RecordedResource {
        address: address(at),
        kind: Kind::new(kind),
        place: home(),
        id: format!("id-of-{}", at.replace('/', "-")).into(),
        properties: literals(properties.clone()),
        outputs: Literals::new(),
        depends_on: vec![],
    };
    let existing = Existing::gone(&Arc::new(recorded), Standing::Recorded);
    let kept = create(at, kind, if goes { json!({}) } else { properties });
    Change {
        action,
        reason,
        fields,
        existing: Some(Arc::new(existing)),
        declared: kept.declared.clone().filter(|_| !goes),
        ..kept
    }
}

pub(crate) fn drifted(at: &str, kind: &'static str, id: &str, drift_type: DriftType) -> Drift {
    Drift { address: address(at), kind: Kind::new(kind), place: home(), id: id.into(), drift_type }
}

/// A plan in which everything happens that can.
pub(crate) fn rich_plan() -> Plan {
    let worker = |market: &str| json!({"instance_type": "m6i.xlarge", "market": market});
    let rule = |cidr: &str| json!({"protocol": "tcp", "from_port": 8787, "to_port": 8787, "cidr": cidr, "direction": "ingress"});
    let mut changes = vec![create("network/vpc", "ec2.vpc", json!({"cidr_block": "10.0.0.0/16"}))];
    for (zone, block) in [("a", "0"), ("b", "16"), ("c", "32")] {
        let after = json!({"cidr_block": format!("10.0.{block}.0/20"), "vpc_id": null});
        changes.push(create(&format!("network/subnet/public/us-east-1{zone}"), "ec2.subnet", after));
    }
    changes.push(create("network/nat-gateway/us-east-1a", "ec2.nat_gateway", json!({"subnet_id": null})));
    changes.push(of_existing(
        "security/rule/scheduler/ingress/tcp-8787/0.0.0.0-0",
        "ec2.security_group_rule",
        Action::Replace(Replacement::DeleteFirst),
        Reason::Changed,
        rule("203.0.113.0/24"),
        vec![forcing("/cidr", json!("0.0.0.0/0"), Some(json!("203.0.113.0/24")))],
    ));
    changes.push(of_existing(
        "logs/group",
        "logs.log_group",
        Action::Update,
        Reason::Drifted,
        json!({"retention_in_days": 30}),
        vec![
            field("/retention_in_days", json!(7), Some(json!(30))),
            field("/tags/owner", json!("kim\x1b[2K"), Some(json!("lee"))),
        ],
    ));
    changes.push(of_existing(
        "cluster/analytics/scheduler",
        "ec2.instance",
        Action::Replace(Replacement::CreateFirst),
        Reason::Changed,
        json!({"instance_type": "m6i.large"}),
        vec![
            forcing(
                "/user_data",
                json!("#!/bin/bash\npip install dask\ndask scheduler\n"),
                Some(json!("#!/bin/bash\npip install 'dask[complete]'\ndask scheduler\n")),
            ),
            forcing("/subnet_id", json!("subnet-0a1"), None),
        ],
    ));
    (0..100).for_each(|i| {
        changes.push(create(&format!("cluster/analytics/worker/{i}"), "ec2.instance", worker("spot")));
    });
    let unchanged =
        |at: &str| of_existing(at, "ec2.instance", Action::NoOp, Reason::Unchanged, worker("on-demand"), vec![]);
    changes.push(unchanged("cluster/nightly/scheduler"));
    (0..8).for_each(|i| changes.push(unchanged(&format!("cluster/nightly/worker/{i}"))));
    (8..12).for_each(|i| {
        let at = format!("cluster/nightly/worker/{i}");
        changes.push(of_existing(&at, "ec2.instance", Action::Delete, Reason::Undeclared, worker("on-demand"), vec![]));
    });
    changes.push(of_existing(
        "surplus/ec2.security_group_rule/sgr-0bad",
        "ec2.security_group_rule",
        Action::Delete,
        Reason::Unexpected,
        rule("198.51.100.7/32"),
        vec![],
    ));
    changes.push(of_existing("identity/role", "iam.role", Action::Import, Reason::Unrecorded, json!({}), vec![]));
    changes.push(of_existing(
        "identity/policy/logs",
        "iam.role_policy",
        Action::Forget,
        Reason::Vanished,
        json!({}),
        vec![],
    ));
    changes.sort_by(|a, b| a.address.cmp(&b.address));
    let drift = vec![
        drifted(
            "logs/group",
            "logs.log_group",
            "acme",
            DriftType::Changed(vec![field("/retention_in_days", json!(30), Some(json!(7)))]),
        ),
        drifted(
            "surplus/ec2.security_group_rule/sgr-0bad",
            "ec2.security_group_rule",
            "sgr-0bad",
            DriftType::Unexpected,
        ),
    ];
    Plan { changes, drift, ..Plan::default() }
}
