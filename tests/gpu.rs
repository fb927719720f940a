//! Workers with a GPU, in a simulated account.

use crate::harness::{Landfall, Output};

fn stack(cluster: &str) -> String {
    format!("name = \"acme\"\nregion = \"us-east-1\"\n[cluster.fast]\nworkers = 2\n{cluster}\n")
}

const SIMULATED: [&str; 5] = ["--simulate", "--speed", "1000", "--state", "state.db"];

fn run(landfall: &Landfall, arguments: &[&str]) -> Output {
    landfall.run(&[arguments, &SIMULATED].concat())
}

#[test]
fn workers_come_up_stay_and_are_found_again_without_the_state() {
    let landfall = Landfall::offline(&stack("gpu = 1"));
    run(&landfall, &["apply", "--yes"]).success();
    landfall.settles(&SIMULATED);
    std::fs::remove_file(landfall.path("state.db")).expect("the state");
    let plan = run(&landfall, &["plan", "--json"]).success().json();
    let summary = &plan["summary"];
    assert_eq!([&summary["create"], &summary["replace"], &summary["delete"]], [0, 0, 0], "{summary}");
}

#[test]
fn a_gpu_is_added_by_new_workers_and_the_scheduler_stays() {
    let landfall = Landfall::offline(&stack("worker_type = \"g4dn.xlarge\"\ndisk_gib = 100"));
    run(&landfall, &["apply", "--yes"]).success();
    landfall.write("landfall.toml", &stack("gpu = 1"));
    let plan = run(&landfall, &["plan", "--json"]).success().json();
    assert_eq!(plan["summary"]["replace"], 2, "{}", plan["summary"]);
    // The earlier workers say nothing about what GPUs boot, though their type and their cluster are the same.
    std::fs::remove_file(landfall.path("state.db")).expect("the state");
    let plan = run(&landfall, &["plan", "--json"]).success().json();
    assert_eq!(plan["summary"]["replace"], 2, "{}", plan["summary"]);
}

#[test]
fn types_and_disks_that_do_not_fit_are_refused_at_their_places() {
    for (cluster, place, message) in [
        ("gpu = 1\nworker_type = \"g4dn.12xlarge\"", "landfall.toml:6:15", "g4dn.12xlarge has 4 GPUs"),
        ("gpu = 1\nworker_type = \"m6i.xlarge\"", "landfall.toml:6:15", "m6i.xlarge has no GPU"),
        ("gpu = 1\nworker_type = \"p3.2xlarge\"", "landfall.toml:6:15", "p3.2xlarge (NVIDIA V100)"),
        ("gpu = 1\ndisk_gib = 20", "landfall.toml:6:12", "20 GiB are too few for ami-"),
        ("gpu = 2", "landfall.toml:5:7", "from 0 to 1, found 2"),
    ] {
        let landfall = Landfall::offline(&stack(cluster));
        run(&landfall, &["apply", "--yes"]).exits(1).says(place).says(message);
    }
}
