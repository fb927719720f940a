use std::sync::Arc;

use landfall_engine::kind::Kind;
use landfall_engine::place::Place;
use landfall_engine::resource::Literals;
use landfall_engine::snapshot::{LocatedResource, ObservedResource, Readiness, RecordedResource};
use landfall_engine::step::StepId;

use super::*;

fn home() -> Place {
    Place::regional("111122223333", "us-east-1")
}

fn address(text: &str) -> Address {
    Address::new(text).expect("an address")
}

fn open(step: usize, at: &str, action: &str, id: Option<&str>) -> OpenIntent {
    OpenIntent {
        run: RunNumber::from(3),
        step: StepId(step),
        address: address(at),
        kind: Kind::new("test.thing"),
        place: home(),
        action: action.to_owned(),
        operation: "test:Call".to_owned(),
        token: String::new(),
        digest: String::new(),
        id: id.map(Into::into),
        since: "2026-11-24T10:02:33Z".parse().expect("a timestamp"),
        trouble: None,
    }
}

fn seen(id: &str) -> Arc<LocatedResource> {
    let resource = ObservedResource {
        kind: Kind::new("test.thing"),
        id: id.into(),
        properties: Literals::new(),
        outputs: Literals::new(),
        readiness: Readiness::Ready,
    };
    Arc::new(LocatedResource { place: home(), resource })
}

fn known(at: &str, id: &str) -> Arc<RecordedResource> {
    Arc::new(RecordedResource {
        address: address(at),
        kind: Kind::new("test.thing"),
        place: home(),
        id: id.into(),
        properties: Literals::new(),
        outputs: Literals::new(),
        depends_on: vec![],
    })
}

#[test]
fn each_step_is_told_by_what_the_account_shows() {
    let intents = [
        open(0, "network/vpc", "create", None),
        open(1, "cluster/a/worker/0", "create", None),
        open(2, "cluster/a/worker/1", "create", None),
        open(3, "cluster/a/scheduler", "create", None),
        open(4, "network/old", "delete", Some("old-1")),
        open(5, "network/gone", "delete", Some("gone-1")),
        open(6, "logs/group", "update", Some("group-1")),
    ];
    let resources = [("network/vpc", "vpc-1"), ("cluster/a/scheduler", "i-1"), ("logs/group", "group-1")];
    let observed = Observed {
        resources: resources.iter().map(|(at, id)| (address(at), seen(id))).collect(),
        surplus: vec![seen("old-1")],
    };
    let recorded = Recorded {
        resources: [("cluster/a/scheduler", "i-1")].map(|(at, id)| (address(at), known(at, id))).into(),
        deposed: vec![],
    };
    let told: Vec<(IntentOutcome, usize)> =
        outcomes(&intents, &recorded, &observed).into_iter().map(|((_, outcome), at)| (outcome, at.len())).collect();
    assert_eq!(
        told,
        [
            (IntentOutcome::Recorded, 1),
            (IntentOutcome::Adopted, 1),
            (IntentOutcome::Absent, 2),
            (IntentOutcome::Remains, 1),
            (IntentOutcome::Gone, 1),
            (IntentOutcome::Compared, 1),
        ]
    );
    assert_eq!(resolve(&intents, &recorded, &observed)[2].text, "does not exist");
}

#[test]
fn what_is_not_seen_yet_is_not_believed_to_be_absent_too_early() {
    let (nothing, recorded) = (Observed::default(), Recorded::default());
    let intents = [open(0, "network/vpc", "create", None)];
    let after = |seconds: i64| {
        let now = intents[0].since + jiff::SignedDuration::from_secs(seconds);
        too_early(&intents, &[], &recorded, &nothing, now)
    };
    assert_eq!(after(4), Some(Duration::from_secs(6)));
    assert_eq!(after(10), None);
    assert_eq!(after(-3_600), Some(UNSEEN), "a clock that was set back");
    let mut observed = Observed::default();
    observed.resources.insert(address("network/vpc"), seen("vpc-1"));
    assert_eq!(too_early(&intents, &[], &recorded, &observed, intents[0].since), None);
    let mut recorded = recorded;
    recorded.resources.insert(address("network/vpc"), known("network/vpc", "vpc-1"));
    let wait = too_early(&intents, &[], &recorded, &observed, intents[0].since);
    assert_eq!(wait, Some(UNSEEN), "what is seen is the one to be replaced");
    let deletion = [open(0, "network/vpc", "delete", Some("vpc-1"))];
    assert_eq!(too_early(&deletion, &[], &recorded, &nothing, deletion[0].since), None);
}

#[test]
fn what_was_made_a_moment_ago_is_not_believed_to_be_gone_too_early() {
    let since: Timestamp = "2026-11-24T10:02:33Z".parse().expect("a timestamp");
    let made = [Creation { address: address("network/vpc"), kind: Kind::new("test.thing"), since }];
    let mut recorded = Recorded::default();
    let after = |seconds, recorded: &Recorded, observed: &Observed| {
        too_early(&[], &made, recorded, observed, since + jiff::SignedDuration::from_secs(seconds))
    };
    assert_eq!(after(1, &recorded, &Observed::default()), None, "it was deleted again");
    recorded.resources.insert(address("network/vpc"), known("network/vpc", "vpc-1"));
    assert_eq!(after(1, &recorded, &Observed::default()), Some(Duration::from_secs(9)));
    assert_eq!(after(30, &recorded, &Observed::default()), None);
    let mut observed = Observed::default();
    observed.resources.insert(address("network/vpc"), seen("vpc-1"));
    assert_eq!(after(1, &recorded, &observed), None);
}
