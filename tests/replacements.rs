//! Boot scripts of an older landfall, and replacements that are asked for.

use std::sync::Arc;

use landfall_engine::address::Address;
use landfall_engine::journal::Record;
use landfall_engine::resource::Literals;
use landfall_state::State;
use serde_json::{Value, json};

use crate::harness::{Landfall, Output};

const STACK: &str = "name = \"acme\"\nregion = \"us-east-1\"\nzones = [\"us-east-1a\"]\n[cluster.main]\nworkers = 2\n";

/// Runs a command on the simulated account in the test's folder.
fn simulated(landfall: &Landfall, command: &[&str]) -> Output {
    landfall.run(&[command, &["--simulate", "--speed", "1000"]].concat())
}

fn applied() -> Landfall {
    let landfall = Landfall::offline(STACK);
    simulated(&landfall, &["apply", "--yes"]).success();
    landfall
}

fn plan(landfall: &Landfall, flags: &[&str]) -> Value {
    simulated(landfall, &[&["plan", "--json"], flags].concat()).success().json()
}

/// Changes what is recorded of an instance, as if another landfall had made it.
fn change_record(landfall: &Landfall, at: &str, change: impl FnOnce(&mut Literals)) {
    let state = State::open(landfall.path(".landfall/acme.db")).expect("the state");
    let address = Address::new(at).expect("an address");
    let mut known = (*state.recorded().expect("it can be read").resources[&address]).clone();
    change(&mut known.properties);
    state.write_records(&[Record::Put(Arc::new(known))]).expect("it can be written");
}

fn with_an_older_script(properties: &mut Literals) {
    properties.insert("user_data".to_owned(), json!("#!/bin/bash\n# of an older landfall\n"));
}

fn actions(plan: &Value) -> Vec<String> {
    let changes = plan["changes"].as_array().expect("changes");
    changes
        .iter()
        .map(|change| {
            let text = |key: &str| change[key].as_str().unwrap_or_default().to_owned();
            format!("{} {} {}", text("action"), text("address"), text("reason"))
        })
        .collect()
}

#[test]
fn an_older_boot_script_replaces_nobody_unless_it_is_asked_for() {
    let landfall = applied();
    let scheduler = "cluster/main/scheduler";
    change_record(&landfall, scheduler, with_an_older_script);

    let told = simulated(&landfall, &["plan", "--detailed-exitcode"]).success();
    let line = "cluster/main/scheduler keeps its boot script of before; `--replace cluster/main/scheduler` renews it.";
    assert!(told.stdout.contains(line), "{}", told.stdout);
    let document = plan(&landfall, &[]);
    let outdated = json!([{"address": scheduler, "kind": "ec2.instance", "fields": ["/user_data"]}]);
    assert_eq!((&document["outdated"], &document["changes"]), (&outdated, &json!([])));
    simulated(&landfall, &["drift"]).success();
    simulated(&landfall, &["apply", "--yes"]).success();
    let shown = landfall.run(&["show", scheduler]).success().stdout;
    assert!(shown.contains("of an older landfall"), "the record keeps the script that the machine has: {shown}");

    // Its workers were booted with its address.
    let asked = plan(&landfall, &["--replace", scheduler]);
    let expected = [
        "replace cluster/main/scheduler requested",
        "replace cluster/main/worker/0 changed",
        "replace cluster/main/worker/1 changed",
    ];
    assert_eq!((actions(&asked), &asked["outdated"]), (expected.map(str::to_owned).to_vec(), &json!([])));
    let forcing: Vec<&Value> = asked["changes"][1]["fields"]
        .as_array()
        .expect("fields")
        .iter()
        .filter(|field| field["forces_replacement"] == true)
        .map(|field| &field["path"])
        .collect();
    assert_eq!(forcing, ["/scheduler_address"]);
    let run = simulated(&landfall, &["apply", "--yes", "--replace", scheduler]).success();
    assert!(run.stdout.contains("asked for with --replace"), "{}", run.stdout);
    landfall.settles(&["--simulate", "--speed", "1000"]);
    assert_eq!(plan(&landfall, &[])["outdated"], json!([]));
    let shown = landfall.run(&["show", scheduler]).success().stdout;
    assert!(!shown.contains("of an older landfall") && shown.contains("dask scheduler"), "{shown}");
}

#[test]
fn workers_alone_are_replaced_by_a_glob_and_a_saved_plan_remembers_it() {
    let landfall = applied();
    let ids = || landfall.run(&["list", "cluster/*"]).success().stdout;
    let line =
        |text: &str, at: &str| text.lines().find(|line| line.starts_with(at)).map(str::to_owned).expect("it is listed");
    let before = ids();
    for worker in ["cluster/main/worker/0", "cluster/main/worker/1"] {
        change_record(&landfall, worker, with_an_older_script);
    }
    let told = simulated(&landfall, &["plan"]).success().stdout;
    let expected =
        "cluster/main/worker/[0,1] keep their boot script of before; `--replace 'cluster/main/worker/*'` renews it.";
    assert!(told.contains(expected), "{told}");

    let saved = ["plan", "--out", "p.plan", "--replace", "cluster/main/worker/*"];
    simulated(&landfall, &saved).success();
    let good = landfall.read("p.plan");
    landfall.write("p.plan", &good.replace("cluster/main/worker/*", "cluster/main/worker/0"));
    let refused = simulated(&landfall, &["apply", "--plan", "p.plan"]).exits(1);
    assert!(refused.stderr.contains("another plan than the one that was shown"), "{}", refused.stderr);
    landfall.write("p.plan", &good);
    simulated(&landfall, &["apply", "--plan", "p.plan"]).success();
    let after = ids();
    for worker in ["cluster/main/worker/0", "cluster/main/worker/1"] {
        assert_ne!(line(&before, worker), line(&after, worker));
    }
    assert_eq!(line(&before, "cluster/main/scheduler"), line(&after, "cluster/main/scheduler"));
    landfall.settles(&["--simulate", "--speed", "1000"]);
}

#[test]
fn a_glob_that_selects_nothing_and_flags_that_contradict_each_other_are_errors() {
    let landfall = applied();
    for command in [&["plan"][..], &["apply", "--yes"]] {
        let refused = simulated(&landfall, &[command, &["--replace", "cluster/mian/*"]].concat()).exits(1);
        assert!(refused.stderr.contains("`cluster/mian/*` selects nothing"), "{}", refused.stderr);
        assert!(refused.stderr.contains("nothing was changed"), "{}", refused.stderr);
    }
    let refused = simulated(&landfall, &["plan", "--destroy", "--replace", "cluster/*"]);
    assert!(refused.stderr.contains("cannot be used with"), "{}", refused.stderr);
    let refused = simulated(&landfall, &["apply", "--plan", "p", "--replace", "cluster/*"]);
    assert!(refused.stderr.contains("cannot be used with"), "{}", refused.stderr);
}

/// A state that the landfall before this one wrote knows of the script and not of what it is made from.
#[test]
fn a_state_of_before_plans_empty_and_is_completed_by_the_next_apply() {
    let landfall = applied();
    let worker = "cluster/main/worker/0";
    let forget = |properties: &mut Literals| {
        properties.remove("boot_parameters").expect("it is recorded");
        properties.remove("scheduler_address").expect("it is recorded");
    };
    change_record(&landfall, worker, forget);
    let document = plan(&landfall, &[]);
    assert_eq!((&document["changes"], &document["outdated"], &document["drift"]), (&json!([]), &json!([]), &json!([])));
    simulated(&landfall, &["drift"]).success();

    // Until then its whole script counts: the scheduler's address is in it.
    change_record(&landfall, "cluster/main/scheduler", with_an_older_script);
    assert_eq!(actions(&plan(&landfall, &["--replace", "cluster/main/scheduler"])).len(), 3);

    let completed = simulated(&landfall, &["apply", "--yes"]).success();
    assert!(completed.stderr.contains("brought up to date with the account"), "{}", completed.stderr);
    change_record(&landfall, worker, with_an_older_script);
    assert_eq!(actions(&plan(&landfall, &[])), Vec::<String>::new());
}
