//! Plans in files: what was shown is what is done, and a plan that does not fit any more says why.

use serde_json::{Value, json};

use crate::harness::{Account, Fault, Landfall, Moto, Output};

const STACK: &str = "name = \"acme\"\nregion = \"us-east-1\"\nzones = [\"us-east-1a\"]\n[cluster.main]\nworkers = 2\n";
const PLAN: &str = "saved.plan";

/// Runs a command on the simulated account in the test's folder.
fn simulated(landfall: &Landfall, command: &[&str]) -> Output {
    landfall.run(&[command, &["--simulate", "--speed", "1000"]].concat())
}

fn poke(landfall: &Landfall, words: &[&str]) {
    landfall.run(&[&["simulate", "poke"], words].concat()).success();
}

/// A stack that was applied, and a saved plan of one worker more.
fn planned() -> Landfall {
    let landfall = Landfall::offline(STACK);
    simulated(&landfall, &["apply", "--yes"]).success();
    landfall.write("landfall.toml", &STACK.replace("workers = 2", "workers = 3"));
    simulated(&landfall, &["plan", "--out", PLAN]).success().says("landfall apply --plan saved.plan");
    landfall
}

/// Carries out the saved plan, which must refuse, and leave account and state as they are.
#[track_caller]
fn refused(landfall: &Landfall, flags: &[&str]) -> Output {
    let before = recorded(landfall);
    let refused = simulated(landfall, &[&["apply", "--plan", PLAN], flags].concat()).exits(1);
    assert!(refused.stderr.contains("nothing was changed"), "{}", refused.stderr);
    assert_eq!(recorded(landfall), before);
    refused
}

fn recorded(landfall: &Landfall) -> String {
    landfall.run(&["list"]).success().stdout
}

fn edit(landfall: &Landfall, from: &str, to: &str) {
    let text = landfall.read(PLAN);
    assert!(text.contains(from), "{text}");
    landfall.write(PLAN, &text.replacen(from, to, 1));
}

#[test]
fn what_was_shown_is_done_and_the_stack_file_of_then_counts() {
    let landfall = planned();
    let shown: Value = simulated(&landfall, &["plan", "--json"]).success().json();
    assert_eq!(shown["summary"]["create"], 1, "{shown}");
    landfall.write("landfall.toml", "not a stack file any more");
    let applied = simulated(&landfall, &["apply", "--plan", PLAN, "--json"]).success();
    assert!(applied.stderr.contains("landfall.toml has changed since"), "{}", applied.stderr);
    assert_eq!((&applied.summary()["created"], &applied.summary()["failed"]), (&json!(1), &json!(0)));
    landfall.write("landfall.toml", &STACK.replace("workers = 2", "workers = 3"));
    assert!(recorded(&landfall).contains("cluster/main/worker/2"));
    simulated(&landfall, &["plan", "--detailed-exitcode"]).success();
    landfall.run(&["history"]).success().shows("apply --plan saved.plan");
}

#[test]
fn the_first_plan_needs_no_state_and_works_from_another_folder() {
    let landfall = Landfall::offline(STACK);
    simulated(&landfall, &["plan", "--out", PLAN]).success();
    let elsewhere = landfall.path("elsewhere");
    std::fs::create_dir(&elsewhere).expect("a folder");
    let mut command = landfall.command(&["apply", "--plan", "../saved.plan", "--simulate", "--speed", "1000"]);
    let done = command.current_dir(&elsewhere).output().expect("it runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(!elsewhere.join(".landfall").exists(), "the state lies where it lay");
    simulated(&landfall, &["plan", "--detailed-exitcode"]).success();
}

#[test]
fn a_plan_is_used_once() {
    let landfall = planned();
    simulated(&landfall, &["apply", "--plan", PLAN]).success();
    refused(&landfall, &[]).says("cluster/main/worker/2 appeared").says("run 2 was carried out since");
}

#[test]
fn each_resource_that_moved_is_named_with_how_it_moved() {
    let landfall = planned();
    poke(&landfall, &["tag", "network/vpc", "owner", "somebody"]);
    poke(&landfall, &["terminate", "cluster/main/worker/1"]);
    poke(&landfall, &["retention", "acme", "7"]);
    poke(&landfall, &["add-rule", "security/group/cluster", "tcp", "3389", "198.51.100.0/24"]);
    let refused = refused(&landfall, &[]);
    for line in [
        "4 resources moved",
        "in the account: security/rule/cluster/ingress/tcp-3389/198.51.100.0-24 appeared",
        "in the account: cluster/main/worker/1 vanished",
        "in the account: network/vpc changed (tags)",
        "in the account: logs/group changed (retention_in_days)",
    ] {
        assert!(refused.stderr.contains(line), "stderr lacks {line:?}:\n{}", refused.stderr);
    }
    // A new plan knows all of that.
    simulated(&landfall, &["plan", "--out", PLAN]).success();
    simulated(&landfall, &["apply", "--plan", PLAN]).success();
    simulated(&landfall, &["plan", "--detailed-exitcode"]).success();
}

#[test]
fn another_run_in_between() {
    let landfall = planned();
    landfall.write("landfall.toml", &STACK.replace("workers = 2", "workers = 1"));
    simulated(&landfall, &["apply", "--yes"]).success();
    refused(&landfall, &[])
        .says("in the account and in the state: cluster/main/worker/1 vanished")
        .says("run 2 was carried out since the plan was made");
}

#[test]
fn a_plan_of_another_stack_region_or_account() {
    let landfall = planned();
    landfall.write("other.toml", &STACK.replace("acme", "other"));
    landfall.write("moved.toml", &STACK.replace("us-east-1", "eu-west-1"));
    refused(&landfall, &["other.toml"]).says("stack acme in us-east-1").says("stack other in us-east-1");
    refused(&landfall, &["moved.toml"]).says("stack acme in us-east-1").says("stack acme in eu-west-1");
    edit(&landfall, "\"account\": \"111122223333\",\n  \"goal\"", "\"account\": \"444455556666\",\n  \"goal\"");
    refused(&landfall, &[]).says("4444-5555-6666").says("1111-2222-3333");
}

#[test]
fn a_plan_of_another_version_or_none_at_all() {
    let landfall = planned();
    let good = landfall.read(PLAN);
    edit(&landfall, "\"format_version\": 2", "\"format_version\": 3");
    refused(&landfall, &[]).says("format version 3").says("knows version 2");
    landfall.write(PLAN, &good);
    edit(
        &landfall,
        &format!("\"landfall_version\": \"{}\"", env!("CARGO_PKG_VERSION")),
        "\"landfall_version\": \"9.9.9\"",
    );
    refused(&landfall, &[]).says("made by landfall 9.9.9");
    landfall.write(PLAN, STACK);
    refused(&landfall, &[]).says("no saved plan").says("landfall plan --out");
    landfall.write(PLAN, &good[..good.len() / 2]);
    refused(&landfall, &[]).says("is damaged");
    std::fs::remove_file(landfall.path(PLAN)).expect("it was there");
    refused(&landfall, &[]).says("saved.plan cannot be read");
}

#[test]
fn a_plan_that_was_changed_by_hand() {
    let landfall = planned();
    let good = landfall.read(PLAN);
    edit(&landfall, "workers = 3", "workers = 9");
    refused(&landfall, &[]).says("another plan than the one that was shown");
    landfall.write(PLAN, &good);
    edit(&landfall, "\"goal\": \"declared\"", "\"goal\": \"nothing\"");
    refused(&landfall, &[]).says("another plan than the one that was shown");
    landfall.write(PLAN, &good);
    edit(&landfall, "name = \\\"acme\\\"", "name = \\\"other\\\"");
    refused(&landfall, &[]).says("is damaged").says("another stack's");
}

#[test]
fn a_plan_whose_state_is_not_there_or_is_another() {
    let landfall = planned();
    let (state, away) = (landfall.path(".landfall/acme.db"), landfall.path(".landfall/away.db"));
    std::fs::rename(&state, &away).expect("moved");
    let gone = simulated(&landfall, &["apply", "--plan", PLAN]).exits(1);
    assert!(gone.stderr.contains("acme.db that the plan was made from is not there"), "{}", gone.stderr);
    assert!(!state.exists(), "no new state is made for it");
    simulated(&landfall, &["apply", "--yes"]).success();
    refused(&landfall, &[]).says("is not the one that the plan was made from");
    // The one that it was made from is still good, wherever it lies; what moved meanwhile is another matter.
    let moved = simulated(&landfall, &["apply", "--plan", PLAN, "--state", ".landfall/away.db"]).exits(1);
    assert!(moved.stderr.contains("cluster/main/worker/2 appeared"), "{}", moved.stderr);
}

#[test]
fn under_the_lock() {
    let moto = Moto::with_pending_reads(6);
    let landfall = Landfall::with_stack(&moto, STACK);
    landfall.run(&["plan", "--out", PLAN]).success();
    let mut first = landfall.spawn(&["apply", "--yes"]);
    first.while_running(|| moto.calls().contains_key("CreateVpc"));
    landfall.run(&["apply", "--plan", PLAN]).exits(1).says(&first.id().to_string());
    first.interrupt();
    first.wait();
}

#[test]
fn a_saved_teardown_tears_down_and_sweeps() {
    let landfall = planned();
    simulated(&landfall, &["plan", "--destroy", "--out", PLAN]).success().shows("to delete");
    simulated(&landfall, &["apply", "--plan", PLAN]).success().shows("nothing of acme is left in account");
    simulated(&landfall, &["plan", "--destroy", "--detailed-exitcode"]).success();
    refused(&landfall, &[]).says("vanished");
}

#[test]
fn a_plan_without_changes_is_a_plan() {
    let landfall = planned();
    simulated(&landfall, &["apply", "--yes"]).success();
    simulated(&landfall, &["plan", "--out", PLAN]).success();
    let done = simulated(&landfall, &["apply", "--plan", PLAN, "--json"]).success();
    assert_eq!(done.summary()["created"], 0);
}

#[test]
fn a_plan_that_asked_nobody_is_not_saved() {
    let landfall = planned();
    simulated(&landfall, &["plan", "--no-refresh", "--out", PLAN]).exits(1).says("--no-refresh");
    simulated(&landfall, &["plan", "--out", "nowhere/saved.plan"]).exits(1).says("could not be saved");
}

#[test]
fn against_another_cloud_and_without_a_credential() {
    use std::os::unix::fs::PermissionsExt;
    let moto = Moto::start();
    let account = Account::of(&moto);
    account.mark();
    let mut landfall = Landfall::with_stack(&moto, STACK);
    landfall.set("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI-a-secret").set("AWS_SESSION_TOKEN", "IQoJb3Jp-a-token");
    let plan = landfall.run(&["plan", "--json", "--out", PLAN]).success().json();
    assert_eq!(account.since_mark(), json!({}), "a plan changes nothing");
    let text = landfall.read(PLAN);
    for secret in ["AKIAFAKEFAKEFAKEFAKE", "wJalrXUtnFEMI", "IQoJb3Jp"] {
        assert!(!text.contains(secret), "the file holds {secret}");
    }
    let mode = std::fs::metadata(landfall.path(PLAN)).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    // What is meant for one account does not reach another.
    landfall.run(&["apply", "--plan", PLAN, "--simulate"]).exits(1).says("1234-5678-9012").says("1111-2222-3333");

    let applied = landfall.run(&["apply", "--plan", PLAN, "--json"]).success().summary();
    assert_eq!(applied["created"], plan["summary"]["create"]);
    landfall.run(&["plan", "--detailed-exitcode"]).success();
    landfall.run(&["plan", "--destroy", "--out", PLAN]).success();
    landfall.run(&["apply", "--plan", PLAN]).success();
    assert_eq!(account.since_mark(), json!({}));
}

#[test]
fn one_that_came_to_grief_says_how_to_go_on() {
    let moto = Moto::start();
    let landfall = Landfall::with_stack(&moto, STACK);
    landfall.run(&["plan", "--out", PLAN]).success();
    moto.fail(Fault::of("CreateNatGateway").code(400, "NatGatewayLimitExceeded"));
    landfall.run(&["apply", "--plan", PLAN]).exits(1).says("a saved plan is used up");
    landfall.run(&["apply", "--plan", PLAN]).exits(1).says("network/vpc").says("appeared");
    landfall.run(&["apply", "--yes"]).success();
    landfall.run(&["plan", "--detailed-exitcode"]).success();
}
