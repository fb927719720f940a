//! `landfall recover`: a state that is lost, damaged or old comes back from the account, which stays as it is.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::harness::{Account, Landfall, Moto, Output};

const STACK: &str = "name = \"acme\"\nregion = \"us-east-1\"\nzones = [\"us-east-1a\"]\n\
                     [iam]\npolicies = [\"AmazonS3ReadOnlyAccess\"]\n[cluster.main]\nworkers = 2\n";
const STATE: &str = ".landfall/acme.db";

fn simulated(landfall: &Landfall, command: &[&str]) -> Output {
    landfall.run(&[command, &["--simulate", "--speed", "1000"]].concat())
}

fn poke(landfall: &Landfall, words: &[&str]) {
    landfall.run(&[&["simulate", "poke"], words].concat()).success();
}

fn applied() -> Landfall {
    let landfall = Landfall::offline(STACK);
    simulated(&landfall, &["apply", "--yes"]).success();
    landfall
}

fn state_files(landfall: &Landfall) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(landfall.path(".landfall")).expect("a folder").map(|e| e.expect("an entry").path());
    entries.filter(|path| path.to_string_lossy().contains("acme.db")).collect()
}

fn damaged(landfall: &Landfall) -> Vec<PathBuf> {
    let is_database =
        |path: &PathBuf| !path.to_string_lossy().ends_with("-wal") && !path.to_string_lossy().ends_with("-shm");
    let all = state_files(landfall).into_iter().filter(|path| path.to_string_lossy().contains(".damaged-"));
    all.filter(is_database).collect()
}

fn forget(landfall: &Landfall) {
    state_files(landfall).iter().for_each(|path| std::fs::remove_file(path).expect("it is there"));
}

/// Recorded ids by address, so that it shows whether the same things are recorded.
fn recorded(landfall: &Landfall) -> String {
    landfall.run(&["list"]).success().stdout
}

/// The recorded ids alone: which of two equal workers has which number does not matter.
fn ids(landfall: &Landfall) -> Vec<String> {
    let listed = recorded(landfall);
    let mut ids: Vec<String> =
        listed.lines().filter_map(|line| line.split_whitespace().last()).map(str::to_owned).collect();
    ids.sort();
    ids
}

fn plan(landfall: &Landfall) -> Value {
    simulated(landfall, &["plan", "--json"]).success().json()
}

#[test]
fn a_lost_state_comes_back_and_the_next_plan_is_empty() {
    let landfall = applied();
    let before = recorded(&landfall);
    forget(&landfall);
    simulated(&landfall, &["recover"]).success().shows("found").shows("the next plan is empty");
    assert_eq!(recorded(&landfall), before);
    let plan = plan(&landfall);
    assert_eq!((&plan["changes"], &plan["drift"]), (&json!([]), &json!([])));
    landfall.run(&["history"]).success().shows("landfall recover");
    simulated(&landfall, &["recover"]).success().shows("Nothing to recover");
}

#[test]
fn a_damaged_state_is_quarantined_and_not_deleted() {
    let landfall = applied();
    let before = recorded(&landfall);
    let good = std::fs::read(landfall.path(STATE)).expect("the state");
    let mut with_a_bad_page = good.clone();
    with_a_bad_page[5000..9000].fill(0x5a);
    let cases = [good[..good.len() / 2].to_vec(), vec![0x5a; good.len()], with_a_bad_page];
    for (count, bad) in cases.iter().enumerate() {
        std::fs::write(landfall.path(STATE), bad).expect("written");
        landfall.run(&["list"]).exits(1).says("landfall recover");
        simulated(&landfall, &["apply", "--yes"]).exits(1).says("landfall recover");
        simulated(&landfall, &["recover"]).success().says("acme.db.damaged-");
        assert_eq!(recorded(&landfall), before);
        assert_eq!(plan(&landfall)["changes"], json!([]));
        let quarantined = damaged(&landfall);
        assert_eq!(quarantined.len(), count + 1);
        let kept = quarantined.iter().any(|path| std::fs::read(path).is_ok_and(|bytes| bytes == *bad));
        assert!(kept, "what was there is there still");
    }
}

/// A text that decayed: the file is sound as SQLite sees it, and a row's checksum does not fit.
#[test]
fn a_decayed_row_is_damage_too() {
    let landfall = applied();
    let before = recorded(&landfall);
    let code = "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1])\n\
                c.execute(\"UPDATE resources SET cloud_id = 'vpc-0decayed' WHERE address = 'network/vpc'\")\nc.commit()\n";
    let done = std::process::Command::new("python3").args(["-c", code]).arg(landfall.path(STATE)).status();
    assert!(done.is_ok_and(|status| status.success()));
    landfall.run(&["list"]).exits(1).says("checksum").says("landfall recover");
    simulated(&landfall, &["recover"]).success().says("checksum");
    assert_eq!((recorded(&landfall), damaged(&landfall).len()), (before, 1));
}

#[test]
fn an_old_copy_is_brought_up_to_date() {
    let landfall = applied();
    let copy = std::fs::read(landfall.path(STATE)).expect("the state");
    for workers in [1, 3] {
        landfall.write("landfall.toml", &STACK.replace("workers = 2", &format!("workers = {workers}")));
        simulated(&landfall, &["apply", "--yes"]).success();
    }
    let before = ids(&landfall);
    poke(&landfall, &["untag", "network/vpc", "landfall:stack"]);
    forget(&landfall);
    std::fs::write(landfall.path(STATE), copy).expect("written");
    let recovered = simulated(&landfall, &["recover"]).success();
    // Worker 1 of the copy is gone and another one in its place; worker 2 is new to it.
    assert!(recovered.stdout.contains("2 found"), "{}", recovered.stdout);
    assert!(!recovered.stdout.contains("forgotten"), "{}", recovered.stdout);
    assert_eq!(ids(&landfall), before, "the VPC without its tag was looked up by its id");
    let plan = plan(&landfall);
    assert_eq!((&plan["summary"]["update"], &plan["summary"]["create"]), (&json!(1), &json!(0)), "{plan}");
    assert_eq!(plan["changes"][0]["address"], "network/vpc");
}

#[test]
fn what_is_missing_and_what_is_too_much_is_named_and_left_alone() {
    let landfall = applied();
    poke(&landfall, &["terminate", "cluster/main/worker/1"]);
    poke(&landfall, &["add-rule", "security/group/cluster", "tcp", "3389", "198.51.100.0/24"]);
    // The state knows of the worker that is gone, and later knows nothing.
    for is_lost in [false, true] {
        if is_lost {
            forget(&landfall);
        }
        let recovered = simulated(&landfall, &["recover"]).success();
        for line in [
            "1 missing",
            "cluster/main/worker/1\n",
            "1 not declared",
            "security/rule/cluster/ingress/tcp-3389/198.51.100.0-24",
            "landfall plan",
        ] {
            assert!(recovered.stdout.contains(line), "stdout lacks {line:?}:\n{}", recovered.stdout);
        }
        assert_eq!(recovered.stdout.contains("1 forgotten"), !is_lost, "{}", recovered.stdout);
        let plan = plan(&landfall);
        assert_eq!((&plan["summary"]["create"], &plan["summary"]["delete"]), (&json!(1), &json!(1)), "{plan}");
        assert_eq!(plan["drift"][0]["type"], "unexpected", "a rule of others does not pass for landfall's: {plan}");
    }
}

#[test]
fn a_state_that_is_not_damaged_is_not_moved() {
    let landfall = applied();
    let before = recorded(&landfall);
    landfall.write("other.toml", &STACK.replace("acme", "other"));
    simulated(&landfall, &["recover", "other.toml", "--state", STATE]).exits(1).says("belongs to stack acme");
    landfall.write("landfall.toml", &STACK.replace("us-east-1", "eu-west-1"));
    simulated(&landfall, &["recover"]).exits(1).says("us-east-1");
    landfall.write("landfall.toml", STACK);
    let foreign =
        "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1])\nc.execute('CREATE TABLE t (x)')\nc.commit()\n";
    let path = landfall.path("foreign.db");
    let made = std::process::Command::new("python3").args(["-c", foreign]).arg(&path).status();
    assert!(made.is_ok_and(|status| status.success()));
    simulated(&landfall, &["recover", "--state", "foreign.db"]).exits(1).says("no state of landfall");
    assert!(path.exists());
    assert_eq!((recorded(&landfall), damaged(&landfall).len()), (before, 0));
}

#[test]
fn it_changes_nothing_in_the_account_and_nothing_at_all_if_that_cannot_be_read() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    account.mark();
    let mut landfall = Landfall::with_stack(&moto, STACK);
    landfall.run(&["apply", "--yes"]).success();
    let (ids, before) = (recorded(&landfall), account.everything());
    let bad = vec![0x5a; 9000];
    forget(&landfall);
    std::fs::write(landfall.path(STATE), &bad).expect("written");

    landfall.set("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    landfall.run(&["recover"]).exits(1).says("127.0.0.1:9");
    assert_eq!(std::fs::read(landfall.path(STATE)).expect("the state"), bad, "the file is as it was");
    assert_eq!(damaged(&landfall).len(), 0);

    landfall.set("AWS_ENDPOINT_URL", &moto.endpoint());
    moto.fail(crate::harness::Fault::of("DescribeVpcs").code(403, "UnauthorizedOperation"));
    landfall.run(&["recover"]).exits(1).says("DescribeVpcs");
    assert_eq!(damaged(&landfall).len(), 0);

    landfall.run(&["recover"]).success().shows("the next plan is empty");
    assert_eq!(recorded(&landfall), ids);
    assert_eq!(account.everything(), before);
    landfall.run(&["plan", "--detailed-exitcode"]).success();
    landfall.run(&["drift"]).success();
    landfall.run(&["destroy", "--yes"]).success();
    assert_eq!(account.since_mark(), json!({}));
}

#[test]
fn under_the_lock() {
    let moto = Moto::with_pending_reads(6);
    let landfall = Landfall::with_stack(&moto, STACK);
    let mut first = landfall.spawn(&["apply", "--yes"]);
    first.while_running(|| moto.calls().contains_key("CreateVpc"));
    landfall.run(&["recover"]).exits(1).says(&first.id().to_string());
    first.kill();
    first.wait().killed();
    landfall.run(&["recover"]).success().says("of run 1 w").says(" looked up");
    landfall.run(&["apply", "--yes"]).success();
    landfall.run(&["plan", "--detailed-exitcode"]).success();
}
