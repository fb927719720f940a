//! How many calls it takes. They grow with kinds, not with resources.

use crate::harness::{Landfall, Moto};

fn stack(workers: u32) -> String {
    let zones =
        "zones = [\"us-east-1a\", \"us-east-1b\", \"us-east-1c\", \"us-east-1d\", \"us-east-1e\", \"us-east-1f\"]";
    format!("name = \"acme\"\nregion = \"us-east-1\"\n{zones}\n[cluster.main]\nworkers = {workers}\n")
}

/// Terraform 1.11 with AWS provider 5.100 needs 292 calls for the first apply and 160 for the plan without changes.
#[test]
fn a_network_of_six_zones_and_ten_workers() {
    let moto = Moto::start();
    let landfall = Landfall::with_stack(&moto, &stack(10));
    let summary = landfall.run(&["apply", "--yes", "--json"]).success().summary();
    let calls = moto.number_of_calls();
    assert!(calls <= 90, "{calls} calls: {:?}", moto.calls());
    assert_eq!(summary["api_calls"], calls, "landfall counts what it sends");
    moto.reset_calls();
    landfall.run(&["plan", "--detailed-exitcode"]).success();
    let calls = moto.number_of_calls();
    assert!(calls <= 20, "{calls} calls: {:?}", moto.calls());
    moto.reset_calls();
    landfall.run(&["destroy", "--yes"]).success();
    let calls = moto.number_of_calls();
    assert!(calls <= 110, "{calls} calls: {:?}", moto.calls());
}

#[test]
fn a_hundred_workers_take_no_more_than_ten() {
    let moto = Moto::start();
    let landfall = Landfall::with_stack(&moto, &stack(10));
    landfall.run(&["apply", "--yes"]).success();
    landfall.write("landfall.toml", &stack(100));
    moto.reset_calls();
    landfall.run(&["apply", "--yes"]).success();
    let calls = moto.number_of_calls();
    assert!(calls <= 30, "{calls} calls to scale from 10 to 100: {:?}", moto.calls());
    moto.reset_calls();
    landfall.run(&["plan", "--detailed-exitcode"]).success();
    let calls = moto.number_of_calls();
    assert!(calls <= 20, "{calls} calls: {:?}", moto.calls());
}
