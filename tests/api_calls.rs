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
    assert!(calls <= 21, "{calls} calls: {:?}", moto.calls());
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
    assert!(calls <= 21, "{calls} calls: {:?}", moto.calls());
}

/// What a plan says that carrying it out takes is what it takes, where nothing has to be waited for.
#[test]
fn a_plan_foretells_its_calls() {
    let moto = Moto::start();
    let network = "name = \"acme\"\nregion = \"us-east-1\"\nzones = [\"us-east-1a\", \"us-east-1b\"]\n";
    let landfall = Landfall::with_stack(&moto, network);
    let counted = |arguments: &[&str]| {
        moto.reset_calls();
        let output = landfall.run(arguments).success();
        (moto.number_of_calls(), output)
    };
    let foretold_and_sent = |what: &str| {
        let (planning, plan) = counted(&["plan", "--json"]);
        let (all, _) = counted(&["apply", "--yes"]);
        let foretold = plan.json()["forecast"]["calls"].as_u64().expect("a number of calls");
        assert_eq!(foretold, all - planning, "{what}: {:?}", moto.calls());
        foretold
    };
    assert!(foretold_and_sent("a network") > 20);
    // In place: one change of tags on everything of EC2's, which is one call, and each of IAM's and Logs' its own.
    landfall.write("landfall.toml", &format!("{network}tags = {{ team = \"x\" }}\n[logs]\nretention_days = 7\n"));
    assert!(foretold_and_sent("other tags") < 8);
}

/// Where something is waited for, it is asked about at certain times: so many looks are foretold as it is expected to take.
#[test]
fn the_looks_at_what_comes_up_are_foretold() {
    let stack = format!("{}spot = true\n", stack(5));
    let landfall = Landfall::offline(&stack);
    // Fast enough for a test, and slow enough that a call takes little of the time in which instances come up.
    let simulated =
        |arguments: &[&str]| landfall.run(&[arguments, &["--simulate", "--speed", "30"]].concat()).success();
    let foretold = simulated(&["plan", "--json"]).json()["forecast"]["calls"].as_u64().expect("a number of calls");
    let sent = simulated(&["apply", "--yes", "--json"]).summary()["api_calls"].as_u64().expect("a number of calls");
    // A new stack is planned with 26 to 32 calls: who the caller is, what there is, and what instances can be had.
    let carried_out = sent.saturating_sub(29);
    let off = foretold.abs_diff(carried_out);
    assert!(off * 5 <= carried_out, "{foretold} calls are foretold, about {carried_out} of {sent} were sent");
}
