//! kill -9 at moments that nobody chose: whatever the moment, one more apply or destroy puts it right, as seen from the
//! account's side.

use std::time::Duration;

use serde_json::json;

use crate::harness::{Account, Landfall, Moto, Simulated};

const STACK: &str = "name = \"acme\"\nregion = \"us-east-1\"\nzones = [\"us-east-1a\"]\n\
                     [cluster.day]\nworkers = 2\n[cluster.night]\nworkers = 1\nspot = true\n";

/// Starts a command and kills it after some time, unless it was faster.
fn cut_off(landfall: &Landfall, command: &str, after: Duration) {
    let mut run = landfall.spawn(&[command, "--yes"]);
    std::thread::sleep(after);
    run.kill();
    run.wait();
}

/// A life with three kills in it.
fn live(landfall: &Landfall, account: &Account, seed: u64) {
    let mut chance = fastrand::Rng::with_seed(seed);
    let mut moment = |most: u64| Duration::from_millis(chance.u64(20..most));
    cut_off(landfall, "apply", moment(1_500));
    cut_off(landfall, "apply", moment(2_500));
    landfall.run(&["apply", "--yes"]).success();
    landfall.run(&["plan", "--detailed-exitcode"]).success();
    let made = Account::counted(&account.inventory("acme"));
    let counts = ["ec2.vpc", "ec2.subnet", "ec2.elastic_ip", "ec2.nat_gateway", "ec2.instance"].map(|kind| &made[kind]);
    assert_eq!(counts, [&json!(1), &json!(2), &json!(1), &json!(1), &json!(5)], "seed {seed}: {made}");
    cut_off(landfall, "destroy", moment(1_500));
    landfall.run(&["destroy", "--yes"]).success();
    assert_eq!(account.since_mark(), json!({}), "seed {seed}");
}

/// Each life has a server of its own; most of the time all of them wait.
fn at_once(seeds: std::ops::Range<u64>, life: impl Fn(u64) + Sync) {
    let life = &life;
    std::thread::scope(|scope| seeds.for_each(|seed| drop(scope.spawn(move || life(seed)))));
}

#[test]
fn against_the_simulated_region() {
    at_once(0..6, |seed| {
        let region = Simulated::start("", "100");
        let account = Account::at(region.endpoint(), "us-east-1");
        account.mark();
        live(&region.landfall(STACK), &account, seed);
    });
}

#[test]
fn against_moto() {
    at_once(10..13, |seed| {
        let moto = Moto::with_pending_reads(1);
        let account = Account::of(&moto);
        account.mark();
        live(&Landfall::with_stack(&moto, STACK), &account, seed);
    });
}
