//! `--simulate`: the whole life of a stack on this machine, without an account and without a server.

use serde_json::{Value, json};

use crate::harness::Landfall;

const STACK: &str = "name = \"acme\"\nregion = \"us-east-1\"\nzones = [\"us-east-1a\", \"us-east-1b\"]\n\
                     [iam]\npolicies = [\"AmazonS3ReadOnlyAccess\"]\n\
                     [cluster.main]\nworkers = 3\nspot = true\n";

/// Things take so short a time that nobody waits for them.
const FAST: [&str; 3] = ["--simulate", "--speed", "2000"];

fn simulated<'a>(words: &[&'a str]) -> Vec<&'a str> {
    words.iter().copied().chain(FAST).collect()
}

#[test]
fn the_readmes_first_command_and_what_it_says_to_do_next() {
    let readme = include_str!("../README.md");
    let command = "cargo run -- apply examples/quickstart.toml --simulate --yes";
    assert!(readme.contains(command), "the README does not name {command}");
    let landfall = Landfall::offline("");
    std::fs::create_dir(landfall.path("examples")).expect("a folder");
    landfall.write("examples/quickstart.toml", include_str!("../examples/quickstart.toml"));
    let stack = "examples/quickstart.toml";
    landfall
        .run(&simulated(&["apply", stack, "--yes"]))
        .success()
        .shows("Plan: ")
        .shows("Client(\"tcp://")
        .shows("landfall drift examples/quickstart.toml --simulate")
        .shows("landfall destroy examples/quickstart.toml --simulate")
        .says("✓ network/vpc created");
    // What apply saw come up is up, whenever the next command looks.
    landfall.run(&simulated(&["plan", stack, "--detailed-exitcode"])).success().shows("Nothing to do");
    landfall.run(&simulated(&["drift", stack])).success().shows("Drift: none");
    let store = "examples/.landfall/simulated-aws.db";
    landfall.run(&["simulate", "poke", "terminate", "cluster/analytics/worker/1", "--store", store]).success();
    landfall.run(&simulated(&["drift", stack])).exits(2).shows("missing worker/1");
    landfall.run(&simulated(&["apply", stack, "--yes"])).success().shows("1 created");
    landfall.run(&simulated(&["destroy", stack, "--yes"])).success().shows("nothing of quickstart is left");
}

#[test]
fn an_account_that_is_reset_holds_nothing_of_the_stack() {
    let landfall = Landfall::offline(STACK);
    landfall.run(&simulated(&["apply", "--yes"])).success();
    landfall.run(&["simulate", "reset"]).success().shows("as new");
    let plan = landfall.run(&simulated(&["plan", "--json"])).success().json();
    assert_eq!((&plan["summary"]["no_op"], &plan["summary"]["update"]), (&json!(0), &json!(0)), "{plan}");
    let empty = Landfall::offline(STACK);
    empty.run(&["simulate", "reset"]).exits(1).says("there is no simulated account");
}

#[test]
fn what_is_for_the_simulated_account_is_refused_without_it() {
    let landfall = Landfall::offline(STACK);
    landfall.write("faults.toml", "throttling = true\n");
    landfall.write("policy.json", r#"{"Version": "2012-10-17", "Statement": []}"#);
    for flags in [["--speed", "5"], ["--faults", "faults.toml"], ["--caller-policy", "policy.json"]] {
        landfall.run(&["plan", flags[0], flags[1]]).exits(1).says("for the simulated account only");
    }
    landfall.write("faults.toml", "[[fault]]\nkind = 'explode'\n");
    landfall.run(&simulated(&["plan", "--faults", "faults.toml"])).exits(1).says("faults.toml").says("unknown variant");
    landfall.write("policy.json", "{");
    landfall.run(&simulated(&["plan", "--caller-policy", "policy.json"])).exits(1).says("policy.json");
    landfall.run(&simulated(&["plan", "--caller-policy", "none.json"])).exits(1).says("none.json");
    assert!(!landfall.path(".landfall").exists());
}

#[test]
fn faults_of_a_file_are_met_and_overcome() {
    let landfall = Landfall::offline(STACK);
    landfall.write(
        "faults.toml",
        "throttling = true\n\
         [[fault]]\nmatch = 'ec2:*'\nprobability = 0.1\nkind = 'throttle'\n\
         [[fault]]\nmatch = 'ec2:Describe*'\nprobability = 0.05\nkind = 'request_lost'\n\
         [[fault]]\nmatch = 'ec2:RunInstances'\nnth = 1\nkind = { invisible = { calls = 2 } }\n",
    );
    let apply = |faults: &[&'static str]| {
        let words: Vec<&str> = ["apply", "--yes"].iter().chain(faults).copied().collect();
        landfall.run(&simulated(&words))
    };
    apply(&["--faults", "faults.toml"]).success();
    landfall.write(
        "faults.toml",
        "[[fault]]\nkind = { capacity = { instance_type = 'm6i.xlarge', market = 'spot', limit = 3 } }\n",
    );
    landfall.write("landfall.toml", &STACK.replace("workers = 3", "workers = 5"));
    apply(&["--faults", "faults.toml"])
        .exits(1)
        .says("InsufficientInstanceCapacity")
        .says("choose another `zone` or `worker_type`");
    apply(&[]).success();
    landfall.run(&simulated(&["destroy", "--yes"])).success().shows("nothing of acme is left");
}

/// Reads the tables of the permissions page into a policy.
fn documented_policy() -> Value {
    let page = include_str!("../docs/guide/permissions.md");
    // After this heading stands how each can be held to less.
    let (page, _) = page.split_once("## Narrower").expect("the last part of the page");
    let mut actions = Vec::new();
    for row in page.lines().filter(|line| line.starts_with("| ")) {
        let mut cells = row.split('|').map(str::trim).skip(1);
        let (Some(service), Some(named)) = (cells.next(), cells.next()) else { continue };
        for action in named.split('`').skip(1).step_by(2) {
            actions.push(if action.contains(':') { action.to_owned() } else { format!("{service}:{action}") });
        }
    }
    assert!(actions.len() > 60, "{actions:?}");
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]})
}

#[test]
fn the_permissions_page_allows_the_whole_life_of_a_stack() {
    let landfall = Landfall::offline(STACK);
    landfall.write("policy.json", &documented_policy().to_string());
    let run = |words: &[&'static str]| {
        let words: Vec<&str> = words.iter().copied().chain(["--caller-policy", "policy.json"]).collect();
        landfall.run(&simulated(&words))
    };
    run(&["apply", "--yes"]).success();
    run(&["drift"]).success();
    // In place, anew, more and fewer: other tags, another type, another firewall.
    let changed = STACK.replace("workers = 3", "workers = 2\nworker_type = \"m6i.2xlarge\"\ntags = { team = \"x\" }");
    landfall.write(
        "landfall.toml",
        &format!("{changed}[firewall]\ncidr = \"203.0.113.0/24\"\n[logs]\nretention_days = 7\n"),
    );
    run(&["apply", "--yes"]).success();
    run(&["status"]).success();
    run(&["destroy", "--yes"]).success().shows("nothing of acme is left");
}

#[test]
fn a_permission_that_is_missing_is_named_with_its_action() {
    let landfall = Landfall::offline(STACK);
    let mut policy = documented_policy();
    let actions = policy["Statement"][0]["Action"].as_array_mut().expect("actions");
    actions.retain(|action| action != "ec2:CreateNatGateway");
    landfall.write("policy.json", &policy.to_string());
    let words = simulated(&["apply", "--yes", "--caller-policy", "policy.json"]);
    landfall.run(&words).exits(1).says("UnauthorizedOperation").says("ec2:CreateNatGateway");
    // What could be made is known, and goes.
    landfall.run(&simulated(&["destroy", "--yes"])).success().shows("nothing of acme is left");
}

#[test]
fn a_rehearsal_reports_what_was_left_and_can_be_repeated() {
    let landfall = Landfall::offline(STACK);
    let rehearse = || landfall.run(&["rehearse", "--runs", "12", "--seed", "5", "--json"]).success();
    let report = rehearse();
    let document = report.json();
    assert_eq!((&document["trials"], &document["wrong"]), (&json!(12), &json!([])), "{document}");
    assert!(document["permissions"].as_array().is_some_and(|all| all.contains(&json!("ec2:RunInstances"))));
    let again = rehearse().json();
    let met = |document: &Value| {
        let count =
            |endings: &Value| ["done", "failed", "killed"].map(|how| endings[how].as_u64().unwrap_or(0)).iter().sum();
        let faults = document["faults"].as_object().expect("endings by fault");
        faults.iter().map(|(name, endings)| (name.clone(), count(endings))).collect::<Vec<(String, u64)>>()
    };
    assert_eq!(met(&document), met(&again), "the same seed, the same trials");
    assert_eq!(document["permissions"], again["permissions"]);
    landfall
        .run(&["rehearse", "--replay", "apply:30/killed-after:destroy"])
        .success()
        .shows("killed after the effect")
        .shows("the plain command after it");
    landfall.run(&["rehearse", "--replay", "apply:0/thirst:again"]).exits(1).says("not a trial");
    landfall.run(&["rehearse", "--replay", "fly:1/throttled:again"]).exits(1).says("the phases are apply, grow");
    assert!(!landfall.path(".landfall").exists(), "nothing of the user's is touched");
    landfall.write("landfall.toml", &STACK.replace("workers = 3", "worker_type = \"x9z.huge\""));
    landfall.run(&["rehearse"]).exits(1).says("without anything going wrong").says("x9z.huge");
}
