//! Stacks and clusters beside each other in one account.

use serde_json::json;

use crate::harness::{Account, Landfall, Moto};

#[test]
fn two_stacks_do_not_see_each_other() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    account.mark();
    let stack = |name: &str| {
        format!("name = \"{name}\"\nregion = \"us-east-1\"\nzones = [\"us-east-1a\"]\n[cluster.main]\nworkers = 2\n")
    };
    let first = Landfall::with_stack(&moto, &stack("first"));
    let second = Landfall::with_stack(&moto, &stack("second"));
    first.run(&["apply", "--yes"]).success();
    second.run(&["apply", "--yes"]).success();
    for landfall in [&first, &second] {
        landfall.run(&["drift"]).success();
        landfall.run(&["plan", "--detailed-exitcode"]).success();
    }
    let before = account.inventory("second");
    first.run(&["destroy", "--yes"]).success();
    assert_eq!(account.inventory("first"), json!({}));
    assert_eq!(account.inventory("second"), before, "the other stack is as it was");
    second.run(&["drift"]).success();
    second.run(&["destroy", "--yes"]).success();
    assert_eq!(account.since_mark(), json!({}));
}

#[test]
fn two_clusters_share_network_role_and_log_group() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    let text = "name = \"acme\"\nregion = \"us-east-1\"\nzones = [\"us-east-1a\", \"us-east-1b\"]\n\
                [cluster.day]\nworkers = 3\n[cluster.night]\nworkers = 2\nzone = \"us-east-1b\"\nspot = true\n";
    let landfall = Landfall::with_stack(&moto, text);
    landfall.run(&["apply", "--yes"]).success();
    let counted = Account::counted(&account.inventory("acme"));
    for (kind, count) in [("ec2.vpc", 1), ("iam.role", 1), ("logs.log_group", 1), ("ec2.nat_gateway", 1)] {
        assert_eq!(counted[kind], count, "{counted}");
    }
    assert_eq!(counted["ec2.instance"], 7, "{counted}");

    // One cluster goes, the other stays as it is.
    let text = text.replace("[cluster.night]\nworkers = 2\nzone = \"us-east-1b\"\nspot = true\n", "");
    landfall.write("landfall.toml", &text);
    let plan = landfall.run(&["plan", "--json"]).success().json();
    let touched = plan["changes"].as_array().expect("a list");
    assert!(touched.iter().all(|c| c["address"].as_str().is_some_and(|a| a.starts_with("cluster/night/"))), "{plan}");
    landfall.run(&["apply", "--yes"]).success();
    assert_eq!(Account::counted(&account.inventory("acme"))["ec2.instance"], 4);
    landfall.run(&["destroy", "--yes"]).success();
}

#[test]
fn what_is_named_alike_and_not_ours_is_left_alone() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    account.python(
        r#"
        import json
        trust = json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
        iam.create_role(RoleName="acme", AssumeRolePolicyDocument=trust)
        logs.create_log_group(logGroupName="acme")
        "#,
        serde_json::Value::Null,
    );
    account.mark();
    let landfall = Landfall::with_stack(&moto, "name = \"acme\"\nregion = \"us-east-1\"\n");
    let refused = landfall.run(&["apply", "--yes"]).exits(1);
    assert!(refused.stderr.contains("identity/role"), "{}", refused.stderr);
    assert!(refused.stderr.contains("exists"), "{}", refused.stderr);
    // What could be made is made and recorded; the teardown takes it, and only it.
    landfall.run(&["destroy", "--yes"]).success();
    assert_eq!(account.since_mark(), json!({}), "the other role and log group are still there, and nothing else");
}

/// IAM is one for all regions of an account: a role of the same name is not the same stack's.
#[test]
fn a_stack_of_the_same_name_in_another_region_keeps_its_role() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    let stack = |region: &str| format!("name = \"acme\"\nregion = \"{region}\"\n");
    let home = Landfall::with_stack(&moto, &stack("us-east-1"));
    home.run(&["apply", "--yes"]).success();
    let role = account.python(r#"iam.get_role_policy(RoleName="acme", PolicyName="logs")"#, serde_json::Value::Null);
    let abroad = Landfall::with_stack(&moto, &stack("eu-west-1"));
    let refused = abroad.run(&["apply", "--yes"]).exits(1);
    assert!(refused.stderr.contains("landfall:region"), "{}", refused.stderr);
    abroad.run(&["destroy", "--yes"]).success();
    let after = account.python(r#"iam.get_role_policy(RoleName="acme", PolicyName="logs")"#, serde_json::Value::Null);
    assert_eq!(after["PolicyDocument"], role["PolicyDocument"]);
    home.run(&["plan", "--detailed-exitcode"]).success();
    home.run(&["destroy", "--yes"]).success();
}
