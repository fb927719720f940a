//! `spot = "fallback"`: on demand where the spot market has no room.

use serde_json::{Value, json};

use crate::harness::{Account, Fault, Landfall, Moto};

fn stack(spot: &str) -> String {
    format!("name = \"acme\"\nregion = \"us-east-1\"\n[cluster.analytics]\nworkers = 3\nspot = {spot}\n")
}

/// The markets of the workers that live.
fn markets(account: &Account) -> Value {
    account.python(
        r#"
        reservations = ec2.describe_instances(Filters=[
            {"Name": "tag:landfall:address", "Values": ["cluster/analytics/worker"]},
            {"Name": "instance-state-name", "Values": ["pending", "running"]}])["Reservations"]
        [i.get("InstanceLifecycle", "on-demand") for r in reservations for i in r["Instances"]]
        "#,
        Value::Null,
    )
}

fn plan(landfall: &Landfall, spot: &str) -> Value {
    landfall.write("landfall.toml", &stack(spot));
    landfall.run(&["plan", "--json"]).success().json()["summary"].take()
}

#[test]
fn with_room_on_the_spot_market_it_is_spot() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    let landfall = Landfall::with_stack(&moto, &stack("\"fallback\""));
    landfall.run(&["plan"]).success().shows("3 × m6i.xlarge, spot or on demand");
    landfall.run(&["apply", "--yes"]).success();
    assert_eq!(markets(&account), json!(["spot", "spot", "spot"]));
    landfall.run(&["plan", "--detailed-exitcode"]).success();
    landfall.run(&["drift"]).success();
    assert_eq!(plan(&landfall, "true")["replace"], 0, "they are on the spot market already");
    assert_eq!(plan(&landfall, "false")["replace"], 3);
}

#[test]
fn without_room_on_the_spot_market_it_is_on_demand_and_stays_so() {
    for (status, code) in
        [(500, "InsufficientInstanceCapacity"), (400, "MaxSpotInstanceCountExceeded"), (400, "SpotMaxPriceTooLow")]
    {
        let moto = Moto::start();
        let account = Account::of(&moto);
        // The first launch is the scheduler's. An answer 500 is repeated, up to four attempts.
        let times = if status == 500 { 4 } else { 1 };
        moto.fail(Fault::of("RunInstances").code(status, code).skip(1).times(times));
        let landfall = Landfall::with_stack(&moto, &stack("\"fallback\""));
        landfall.run(&["apply", "--yes"]).success();
        assert_eq!(moto.faults_to_come(), 0, "{code}");
        assert_eq!(markets(&account), json!(["on-demand", "on-demand", "on-demand"]), "{code}");
        landfall.run(&["plan", "--detailed-exitcode"]).success();
        landfall.run(&["drift"]).success();
        assert_eq!(plan(&landfall, "false")["replace"], 0, "they are on demand already");
        assert_eq!(plan(&landfall, "true")["replace"], 3);
    }
}

#[test]
fn what_is_wrong_with_the_request_itself_is_not_tried_again_on_demand() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    moto.fail(Fault::of("RunInstances").code(400, "UnauthorizedOperation").skip(1).times(1));
    let landfall = Landfall::with_stack(&moto, &stack("\"fallback\""));
    landfall.run(&["apply", "--yes"]).exits(1).says("UnauthorizedOperation");
    assert_eq!(markets(&account), json!([]));
}

#[test]
fn spot_alone_does_not_fall_back() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    moto.fail(Fault::of("RunInstances").code(400, "MaxSpotInstanceCountExceeded").skip(1).times(1));
    let landfall = Landfall::with_stack(&moto, &stack("true"));
    landfall.run(&["apply", "--yes"]).exits(1).says("MaxSpotInstanceCountExceeded");
    assert_eq!(markets(&account), json!([]));
}
