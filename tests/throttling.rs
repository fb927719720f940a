//! A large stack in an account that throttles: as documented, and worse.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use crate::harness::{Landfall, Output};

const WORKERS: usize = 1000;

fn landfall(workers: usize, faults: &str) -> Landfall {
    let mut landfall = Landfall::offline(&format!(
        "name = \"acme\"\nregion = \"us-east-1\"\nzones = [\"us-east-1a\"]\n[cluster.main]\nworkers = {workers}\n"
    ));
    landfall.write("faults.toml", faults);
    landfall.set("LANDFALL_LOG", "landfall_aws::rate_limit=debug").set("NO_COLOR", "1").limit(Duration::from_secs(600));
    landfall
}

fn run(landfall: &Landfall, words: &[&str], speed: &str) -> Output {
    landfall.run(&[words, &["--simulate", "--faults", "faults.toml", "--speed", speed]].concat())
}

/// Returns which calls were refused for their rate, by landfall's own log.
fn refused(output: &Output) -> Vec<&str> {
    output.stderr.lines().filter(|line| line.contains(" throttled ")).collect()
}

/// Asserts that all workers and the scheduler run, each once.
fn all_run(landfall: &Landfall, workers: usize) {
    // Without faults and throttling: this one only looks.
    let plan = landfall.run(&["plan", "--simulate", "--json"]).success().json();
    let count = |action: &str| plan["summary"][action].as_u64();
    assert_eq!(
        (count("create"), count("delete"), count("replace")),
        (Some(0), Some(0), Some(0)),
        "{}",
        plan["summary"]
    );
    let list = landfall.run(&["list"]).success().stdout;
    let words = list.lines().filter(|line| line.contains("cluster/main/")).flat_map(str::split_whitespace);
    let ids: BTreeSet<&str> = words.filter(|word| word.starts_with("i-")).collect();
    assert_eq!(ids.len(), workers + 1);
}

#[test]
fn a_thousand_workers_come_up_and_go_without_a_refused_call() {
    let landfall = landfall(WORKERS, "throttling = true\n");
    let apply = run(&landfall, &["apply", "--yes"], "100").success();
    assert_eq!(refused(&apply), Vec::<&str>::new());
    all_run(&landfall, WORKERS);
    let destroy = run(&landfall, &["destroy", "--yes"], "100").success().shows("nothing of acme is left");
    assert_eq!(refused(&destroy), Vec::<&str>::new());
}

#[test]
fn beyond_a_thousand_it_says_why_it_waits_and_is_not_refused_either() {
    let landfall = landfall(1200, "throttling = true\n");
    let apply = run(&landfall, &["apply", "--yes"], "100").success();
    assert_eq!(refused(&apply), Vec::<&str>::new());
    let message = "cluster/main/worker has to wait: EC2 lets an account launch 2 instances a second beyond";
    assert_eq!(apply.stderr.matches(message).count(), 1, "said once for all of them: {}", apply.stderr);
    all_run(&landfall, 1200);
}

#[test]
fn a_thousand_workers_come_up_in_an_account_with_a_quarter_of_the_documented_limits() {
    let landfall = landfall(WORKERS, "throttling = { scale = 0.25 }\n");
    let apply = run(&landfall, &["apply", "--yes"], "2000").success();
    assert!(!refused(&apply).is_empty(), "nobody knows such limits beforehand");
    all_run(&landfall, WORKERS);
    run(&landfall, &["destroy", "--yes"], "2000").success().shows("nothing of acme is left");
}

#[test]
fn a_thousand_workers_come_up_where_a_third_of_all_calls_is_refused() {
    let landfall = landfall(WORKERS, "throttling = true\n[[fault]]\nprobability = 0.3\nkind = 'throttle'\n");
    let apply = run(&landfall, &["apply", "--yes", "--json"], "2000").success();
    let refusals = refused(&apply).len();
    let last: Value = serde_json::from_str(apply.stdout.lines().last().expect("a summary")).expect("JSON");
    let calls = last["api_calls"].as_u64().expect("a number of calls");
    assert!(refusals >= 10 && calls >= 30, "{refusals} of {calls}");
    assert_eq!(last["failed"], 0, "{last}");
    all_run(&landfall, WORKERS);
    run(&landfall, &["destroy", "--yes"], "2000").success().shows("nothing of acme is left");
}
