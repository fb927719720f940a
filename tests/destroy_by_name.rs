//! `landfall destroy --name`: stack file and state are lost, and the account alone says what there is.

use serde_json::json;

use crate::harness::{Account, Landfall, Moto, Output};

const STACK: &str = "name = \"acme\"\nregion = \"us-east-1\"\nzones = [\"us-east-1a\"]\n\
                     [iam]\npolicies = [\"AmazonS3ReadOnlyAccess\"]\n[cluster.main]\nworkers = 2\n";
const STATE: &str = ".landfall/acme.db";

fn simulated(landfall: &Landfall, command: &[&str]) -> Output {
    landfall.run(&[command, &["--simulate", "--speed", "1000"]].concat())
}

/// Applies the stack and loses its file and its state.
fn lost() -> Landfall {
    let mut landfall = Landfall::offline(STACK);
    landfall.set("AWS_REGION", "us-east-1");
    simulated(&landfall, &["apply", "--yes"]).success();
    lose(&landfall);
    landfall
}

fn lose(landfall: &Landfall) {
    std::fs::remove_file(landfall.path("landfall.toml")).expect("there was one");
    for name in ["acme", "abroad", "other"] {
        // Not every test has them all, and SQLite takes away what it does not need.
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(landfall.path(&format!(".landfall/{name}.db{suffix}")));
        }
    }
}

#[test]
fn it_finds_shows_asks_deletes_and_sweeps() {
    let landfall = lost();
    let asked = simulated(&landfall, &["destroy", "--name", "acme"]).exits(1);
    for shown in ["acme · us-east-1", "nat-gateway/us-east-1a", "2 × m6i.xlarge", "to delete", "None of it is recorded"]
    {
        assert!(asked.stdout.contains(shown), "stdout lacks {shown:?}:\n{}", asked.stdout);
    }
    asked.says("region us-east-1").says("destroy --name acme --region us-east-1 --yes");
    simulated(&landfall, &["destroy", "--name", "acme", "--yes"])
        .success()
        .shows("nothing of acme is left in account 1111-2222-3333, us-east-1");
    simulated(&landfall, &["destroy", "--name", "acme", "--yes"]).success();
    // By the word of a new state, and of the account.
    landfall.write("landfall.toml", STACK);
    std::fs::remove_file(landfall.path(STATE)).expect("it was made");
    let plan = simulated(&landfall, &["plan", "--json"]).success().json();
    assert_eq!((&plan["summary"]["import"], &plan["summary"]["delete"]), (&json!(0), &json!(0)), "{plan}");
}

#[test]
fn the_region_is_the_users_or_that_of_the_aws_configuration() {
    let mut landfall = lost();
    landfall.unset("AWS_REGION");
    simulated(&landfall, &["destroy", "--name", "acme", "--yes"]).exits(1).says("--region");
    let elsewhere = simulated(&landfall, &["destroy", "--name", "acme", "--region", "eu-west-1", "--yes"]).success();
    assert!(elsewhere.stdout.contains("nothing of acme in account 1111-2222-3333, eu-west-1"), "{}", elsewhere.stdout);
    std::fs::create_dir(landfall.path("home/.aws")).expect("a folder");
    landfall.write("home/.aws/config", "[default]\nregion = us-east-1\n");
    let done = simulated(&landfall, &["destroy", "--name", "acme", "--yes", "--json"]).success();
    assert_ne!(done.summary()["deleted"], 0);
    done.says("region us-east-1").says("nothing of acme is left");
}

#[test]
fn of_a_stack_that_does_not_exist_there_is_nothing() {
    let landfall = lost();
    let none = simulated(&landfall, &["destroy", "--name", "nosuch"]).success();
    assert_eq!(none.stdout, "nothing of nosuch in account 1111-2222-3333, us-east-1\n");
    assert!(!landfall.path(".landfall/nosuch.db").exists(), "it needs no state");
    let none = simulated(&landfall, &["destroy", "--name", "nosuch", "--json"]).success();
    assert_eq!(none.summary()["deleted"], 0);
}

#[test]
fn a_name_or_region_that_cannot_be_one() {
    let landfall = lost();
    simulated(&landfall, &["destroy", "--name", "Acme!", "--yes"]).exits(1).says("`Acme!` is no name of a stack");
    for region in ["mars", "us-east-1\"", ""] {
        simulated(&landfall, &["destroy", "--name", "acme", "--region", region, "--yes"]).exits(1).says("is no region");
    }
    landfall.run(&["destroy", "other.toml", "--name", "acme"]).exits(1).says("--name");
    landfall.run(&["destroy", "--region", "us-east-1"]).exits(1).says("--name");
}

#[test]
fn a_state_that_is_there_helps_and_a_damaged_one_is_quarantined() {
    let landfall = lost();
    landfall.write("landfall.toml", STACK);
    simulated(&landfall, &["recover"]).success();
    simulated(&landfall, &["destroy", "--name", "acme", "--region", "eu-west-1", "--yes"]).exits(1).says("us-east-1");
    lose(&landfall);
    landfall.write(STATE, &"damaged ".repeat(1000));
    simulated(&landfall, &["destroy", "--name", "acme", "--yes"])
        .success()
        .shows("nothing of acme is left")
        .says("acme.db.damaged-");
    landfall.write("landfall.toml", STACK);
    landfall.run(&["history"]).success().shows("destroy --name acme");
}

#[test]
fn what_is_not_the_stacks_stays() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    account.mark();
    let landfall = Landfall::with_stack(&moto, STACK);
    landfall.write("other.toml", &STACK.replace("acme", "other"));
    landfall.write("european.toml", &STACK.replace("acme", "abroad").replace("us-east-1", "eu-west-1"));
    landfall.run(&["apply", "--yes"]).success();
    landfall.run(&["apply", "other.toml", "--yes"]).success();
    landfall.run(&["apply", "european.toml", "--yes"]).success();
    // Somebody's own, named like a stack.
    account.python(
        r#"
        import json
        trust = json.dumps({"Version": "2012-10-17", "Statement": []})
        iam.create_role(RoleName="mine", AssumeRolePolicyDocument=trust)
        logs.create_log_group(logGroupName="mine")
        "#,
        json!(null),
    );
    let (others, everything) = (account.inventory("other"), account.everything());
    let european = Account::in_region(&moto, "eu-west-1");
    let abroad = european.everything();
    lose(&landfall);

    let here = ["--region", "us-east-1", "--yes"];
    landfall.run(&[&["destroy", "--name", "mine"], &here[..]].concat()).success().shows("nothing of mine in account");
    landfall.run(&[&["destroy", "--name", "abroad"], &here[..]].concat()).success().shows("nothing of abroad");
    assert_eq!((account.everything(), european.everything()), (everything, abroad.clone()), "nothing was changed");

    landfall.run(&[&["destroy", "--name", "acme"], &here[..]].concat()).success().shows("nothing of acme is left");
    assert_eq!(account.inventory("acme"), json!({}));
    assert_eq!(account.inventory("other"), others);
    let there = ["--region", "eu-west-1", "--yes"];
    landfall.run(&[&["destroy", "--name", "abroad"], &there[..]].concat()).success().shows("nothing of abroad is left");
    landfall.run(&[&["destroy", "--name", "other"], &here[..]].concat()).success();
    let left = account.since_mark();
    assert_eq!(Account::counted(&left), json!({"iam.role": 1, "logs.log_group": 1}), "{left}");
    assert!(left.to_string().contains("mine"), "{left}");
}

#[test]
fn under_the_lock() {
    let moto = Moto::with_pending_reads(6);
    let account = Account::of(&moto);
    account.mark();
    let landfall = Landfall::with_stack(&moto, STACK);
    let mut first = landfall.spawn(&["apply", "--yes"]);
    first.while_running(|| moto.calls().contains_key("CreateVpc"));
    let named = ["destroy", "--name", "acme", "--region", "us-east-1", "--yes"];
    landfall.run(&named).exits(1).says(&first.id().to_string());
    first.kill();
    first.wait().killed();
    lose(&landfall);
    landfall.run(&named).success();
    assert_eq!(account.since_mark(), json!({}));
}
