//! The state: what becomes of it in other hands. Bad input never costs data.

use serde_json::json;

use crate::harness::{Account, Landfall, Moto};

const STACK: &str = "name = \"acme\"\nregion = \"us-east-1\"\nzones = [\"us-east-1a\"]\n[cluster.main]\nworkers = 2\n";
const STATE: &str = ".landfall/acme.db";

fn applied(moto: &Moto) -> Landfall {
    let landfall = Landfall::with_stack(moto, STACK);
    landfall.run(&["apply", "--yes"]).success();
    landfall
}

fn sql(landfall: &Landfall, statement: &str) {
    let code = "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1])\nc.execute(sys.argv[2])\nc.commit()\nc.close()\n";
    let done =
        std::process::Command::new("python3").args(["-c", code]).arg(landfall.path(STATE)).arg(statement).status();
    assert!(done.is_ok_and(|status| status.success()), "{statement}");
}

#[test]
fn of_a_newer_version() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    let landfall = applied(&moto);
    sql(&landfall, "PRAGMA user_version = 999");
    let (bytes, before) = (std::fs::read(landfall.path(STATE)).expect("the state"), account.everything());
    for command in [&["plan"][..], &["apply", "--yes"], &["drift"], &["list"], &["destroy", "--yes"]] {
        landfall.run(command).exits(1).says("newer").says("acme.db");
    }
    assert_eq!(std::fs::read(landfall.path(STATE)).expect("the state"), bytes, "the file is as it was");
    assert_eq!(account.everything(), before);
}

#[test]
fn damaged() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    let landfall = applied(&moto);
    let before = account.everything();
    let good = std::fs::read(landfall.path(STATE)).expect("the state");
    let truncated = good[..good.len() / 2].to_vec();
    let garbage = vec![0x5a; good.len()];
    for bad in [truncated, garbage] {
        std::fs::write(landfall.path(STATE), &bad).expect("written");
        for command in [&["plan"][..], &["apply", "--yes"], &["destroy", "--yes"]] {
            landfall.run(command).exits(1).says("acme.db");
        }
        assert_eq!(std::fs::read(landfall.path(STATE)).expect("the state"), bad, "the file is as it was");
    }
    assert_eq!(account.everything(), before);
    std::fs::write(landfall.path(STATE), &good).expect("written");
    landfall.run(&["plan", "--detailed-exitcode"]).success();
}

#[test]
fn lost_and_found_again_from_the_account() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    account.mark();
    let landfall = applied(&moto);
    std::fs::remove_dir_all(landfall.path(".landfall")).expect("there was a state");
    let plan = landfall.run(&["plan", "--json"]).success().json();
    assert_eq!(plan["summary"]["create"], 0, "{plan}");
    assert_eq!(plan["summary"]["delete"], 0, "{plan}");
    assert_ne!(plan["summary"]["import"], 0, "{plan}");
    landfall.run(&["apply", "--yes"]).success();
    landfall.run(&["plan", "--detailed-exitcode"]).success();

    std::fs::remove_dir_all(landfall.path(".landfall")).expect("there was a state");
    landfall.run(&["destroy", "--yes"]).success();
    assert_eq!(account.since_mark(), json!({}));
}

#[test]
fn locked_by_another_process() {
    let moto = Moto::with_pending_reads(6);
    let account = Account::of(&moto);
    account.mark();
    let landfall = Landfall::with_stack(&moto, STACK);
    let mut first = landfall.spawn(&["apply", "--yes"]);
    first.while_running(|| moto.calls().contains_key("CreateVpc"));
    let refused = landfall.run(&["apply", "--yes"]).exits(1);
    assert!(refused.stderr.contains(&first.id().to_string()), "it names the holder: {}", refused.stderr);
    landfall.run(&["destroy", "--yes"]).exits(1).says("apply");
    landfall.run(&["plan"]).success();
    // A dead holder holds nothing.
    first.kill();
    first.wait().killed();
    landfall.run(&["destroy", "--yes"]).success();
    assert_eq!(account.since_mark(), json!({}));
}

#[test]
fn of_another_stack_or_region() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    let landfall = applied(&moto);
    let before = account.everything();
    landfall.write("landfall.toml", &STACK.replace("us-east-1", "eu-west-1"));
    landfall.run(&["plan"]).exits(1).says("us-east-1");
    landfall.write("landfall.toml", &STACK.replace("acme", "other"));
    landfall.run(&["apply", "--yes", "--state", STATE]).exits(1).says("acme");
    assert_eq!(account.everything(), before);
}

#[test]
fn nobody_else_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let moto = Moto::start();
    let landfall = applied(&moto);
    let mode = std::fs::metadata(landfall.path(STATE)).expect("the state").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn it_answers_without_the_account() {
    let moto = Moto::start();
    let mut landfall = applied(&moto);
    landfall.set("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    landfall.run(&["list"]).success().shows("network/vpc").shows("cluster/main/worker/1");
    landfall.run(&["list", "cluster/*"]).success().shows("cluster/main/scheduler");
    landfall.run(&["show", "network/vpc"]).success().shows("10.0.0.0/16");
    landfall.run(&["show", "network/vpx"]).exits(1).says("network/vpx");
    landfall.run(&["graph", "--format", "mermaid"]).success().shows("flowchart");
    landfall.run(&["history"]).success().shows("apply");
    landfall.run(&["history", "show", "1"]).success().shows("network/vpc");
}
