//! `placement_group = true`: a cluster close together, in a placement group of its own.

use serde_json::{Value, json};

use crate::harness::{Account, Fault, Landfall, Moto, Output, Simulated};

fn stack(cluster: &str) -> String {
    format!(
        "name = \"acme\"\nregion = \"us-east-1\"\nzones = [\"us-east-1a\"]\n[cluster.fast]\nworkers = 2\n{cluster}\n"
    )
}

const GROUP: &str = "cluster/fast/placement-group";
const IN_GROUP: &str = "placement_group = true";

const SIMULATED: [&str; 5] = ["--simulate", "--speed", "1000", "--state", "state.db"];

fn run(landfall: &Landfall, arguments: &[&str]) -> Output {
    landfall.run(&[arguments, &SIMULATED].concat())
}

/// The group's strategy and tags, and in which group each live instance is; the account's word.
fn groups_and_members(account: &Account) -> Value {
    account.python(
        r#"
        groups = ec2.describe_placement_groups()["PlacementGroups"]
        reservations = ec2.describe_instances(Filters=[
            {"Name": "tag:landfall:stack", "Values": ["acme"]},
            {"Name": "instance-state-name", "Values": ["pending", "running"]}])["Reservations"]
        tags = [{t["Key"]: t["Value"] for t in g["Tags"]} for g in groups]
        [
            [[g["GroupName"], g["Strategy"]] for g in groups],
            [[t["landfall:stack"], t["landfall:address"]] for t in tags],
            sorted(i["Placement"].get("GroupName", "") for r in reservations for i in r["Instances"]),
        ]
        "#,
        Value::Null,
    )
}

fn all_in_it() -> Value {
    json!([[["acme_fast", "cluster"]], [["acme", GROUP]], ["acme_fast", "acme_fast", "acme_fast"]])
}

fn none() -> Value {
    json!([[], [], ["", "", ""]])
}

/// A life in an account that somebody else can look at.
#[track_caller]
fn lives_and_goes(landfall: &Landfall, account: &Account) {
    let before = account.everything();
    landfall.write("landfall.toml", &stack(IN_GROUP));
    landfall.run(&["plan"]).success().shows("placement-group");
    landfall.run(&["apply", "--yes"]).success();
    assert_eq!(groups_and_members(account), all_in_it());
    landfall.settles(&[]);
    landfall.run(&["drift"]).success();

    // Everybody leaves it for a place without, and the group goes with the last.
    landfall.write("landfall.toml", &stack(""));
    let plan = landfall.run(&["plan", "--json"]).success().json();
    let summary = &plan["summary"];
    assert_eq!([&summary["create"], &summary["replace"], &summary["delete"]], [0, 3, 1], "{summary}");
    landfall.run(&["apply", "--yes"]).success();
    assert_eq!(groups_and_members(account), none());
    landfall.settles(&[]);

    // And back, as the cluster is now: the group first.
    landfall.write("landfall.toml", &stack(IN_GROUP));
    landfall.run(&["apply", "--yes"]).success();
    assert_eq!(groups_and_members(account), all_in_it());
    landfall.settles(&[]);

    landfall.run(&["destroy", "--yes"]).success().shows("nothing of acme is left");
    assert_eq!(account.everything(), before);
}

#[test]
fn a_cluster_is_in_it_leaves_it_and_comes_back_in_moto() {
    let moto = Moto::start();
    lives_and_goes(&Landfall::with_stack(&moto, ""), &Account::of(&moto));
}

#[test]
fn a_cluster_is_in_it_leaves_it_and_comes_back_in_the_simulated_region() {
    let served = Simulated::start("", "1000");
    lives_and_goes(&served.landfall(""), &Account::at(served.endpoint(), "us-east-1"));
}

#[test]
fn types_that_cannot_be_in_it_are_refused_before_anything_is_made() {
    for (cluster, place, message) in [
        ("worker_type = \"t3.large\"", "landfall.toml:7:15", "t3.large cannot be in a placement group"),
        ("scheduler_type = \"t3.large\"", "landfall.toml:7:18", "t3.large cannot be in a placement group"),
    ] {
        let landfall = Landfall::offline(&stack(&format!("{IN_GROUP}\n{cluster}")));
        for command in [&["plan"][..], &["apply", "--yes"]] {
            run(&landfall, command).exits(1).says(place).says(message);
        }
        // Outside of one they are as good as any.
        landfall.write("landfall.toml", &stack(cluster));
        let plan = run(&landfall, &["plan", "--json"]).success().json();
        assert_eq!(plan["summary"]["delete"], 0, "nothing was made: {}", plan["summary"]);
    }
}

/// What an earlier landfall recorded has no word on placement groups; the account is asked then.
#[test]
fn a_cluster_of_before_is_moved_into_one() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    let landfall = Landfall::with_stack(&moto, &stack(""));
    landfall.run(&["apply", "--yes"]).success();
    forget_strategies(&landfall);
    moto.reset_calls();
    landfall.run(&["plan", "--detailed-exitcode"]).success();
    assert_eq!(moto.calls().get("DescribeInstanceTypes"), None, "nobody needs to know");
    landfall.write("landfall.toml", &stack(IN_GROUP));
    landfall.run(&["apply", "--yes"]).success();
    assert_eq!(moto.calls().get("DescribeInstanceTypes"), Some(&1));
    assert_eq!(groups_and_members(&account), all_in_it());
}

/// Makes the recorded facts those of a landfall that knew of no placement groups.
fn forget_strategies(landfall: &Landfall) {
    let state = landfall_state::State::open(landfall.path(".landfall/acme.db")).expect("the state");
    let mut facts = state.facts().expect("they can be read").expect("they are recorded");
    facts.as_object_mut().expect("an object").remove("placement_strategies").expect("they are among the facts");
    state.record_facts(&facts).expect("it can be written");
}

#[test]
fn what_others_do_to_a_group_is_named_and_undone() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    account.python(r#"mine = [{"Name": "tag:landfall:stack", "Values": ["acme"]}]"#, Value::Null);
    let landfall = Landfall::with_stack(&moto, &stack(IN_GROUP));
    landfall.run(&["apply", "--yes"]).success();
    for (code, expected) in [
        // Another tag.
        (
            r#"
            group = ec2.describe_placement_groups(Filters=mine)["PlacementGroups"][0]["GroupId"]
            ec2.create_tags(Resources=[group], Tags=[{"Key": "owner", "Value": "x"}])
            "#,
            json!([["changed", GROUP]]),
        ),
        // The tags that say whose it is: it is known by its id.
        (
            r#"
            group = ec2.describe_placement_groups(Filters=mine)["PlacementGroups"][0]["GroupId"]
            ec2.delete_tags(Resources=[group], Tags=[{"Key": "landfall:stack"}, {"Key": "landfall:address"}])
            "#,
            json!([["changed", GROUP]]),
        ),
        // Another group of the stack's.
        (
            r#"
            tag = {"Key": "landfall:stack", "Value": "acme"}
            ec2.create_placement_group(GroupName="other", Strategy="spread", TagSpecifications=[
                {"ResourceType": "placement-group", "Tags": [tag]}])
            "#,
            json!([["unexpected", "surplus/ec2.placement_group"]]),
        ),
        // It is gone, as can be only after its members.
        (
            r#"
            ids = [i["InstanceId"] for r in ec2.describe_instances(Filters=mine)["Reservations"] for i in r["Instances"]]
            ec2.terminate_instances(InstanceIds=ids)
            name = ec2.describe_placement_groups(Filters=mine)["PlacementGroups"][0]["GroupName"]
            ec2.delete_placement_group(GroupName=name)
            "#,
            json!([
                ["missing", GROUP],
                ["missing", "cluster/fast/scheduler"],
                ["missing", "cluster/fast/worker/0"],
                ["missing", "cluster/fast/worker/1"],
            ]),
        ),
    ] {
        account.python(code, Value::Null);
        let drift = landfall.run(&["drift", "--json"]).exits(2).json();
        let found = drift["drift"].as_array().expect("a list").iter();
        let without_id = |address: &str| address.split("/pg-").next().unwrap_or_default().to_owned();
        let mut found: Vec<Value> =
            found.map(|one| json!([one["type"], without_id(one["address"].as_str().unwrap_or_default())])).collect();
        found.sort_by_key(ToString::to_string);
        assert_eq!(json!(found), expected, "{drift:#}");
        landfall.run(&["apply", "--yes"]).success();
        landfall.run(&["drift"]).success();
        assert_eq!(groups_and_members(&account), all_in_it(), "{code}");
    }
}

#[test]
fn without_room_in_one_place_it_is_said_what_to_do() {
    let moto = Moto::start();
    let landfall = Landfall::with_stack(&moto, &stack(IN_GROUP));
    moto.fail(Fault::of("RunInstances").code(500, "InsufficientInstanceCapacity").times(20));
    let advice = "choose another `zone` or `worker_type` in the stack file, or run the same command again later";
    landfall.run(&["apply", "--yes"]).exits(1).says("InsufficientInstanceCapacity").says(advice);
    moto.forget_faults();
    landfall.run(&["apply", "--yes"]).success();
    landfall.run(&["destroy", "--yes"]).success().shows("nothing of acme is left");
}

/// The state is lost: what is there is found by its tags and is nobody else's.
#[test]
fn it_is_found_again_without_the_state() {
    let landfall = Landfall::offline(&stack(IN_GROUP));
    run(&landfall, &["apply", "--yes"]).success();
    std::fs::remove_file(landfall.path("state.db")).expect("the state");
    let plan = run(&landfall, &["plan", "--json"]).success().json();
    let summary = &plan["summary"];
    assert_eq!([&summary["create"], &summary["replace"], &summary["delete"]], [0, 0, 0], "{summary}");
    run(&landfall, &["destroy", "--yes"]).success().shows("nothing of acme is left");
}

/// A refresh does not ask for a group that the stack does not declare and has not. A teardown does: the state may be an
/// old copy, from before there was one.
#[test]
fn a_teardown_finds_the_group_that_an_old_copy_of_the_state_does_not_know() {
    let landfall = Landfall::offline(&stack(""));
    run(&landfall, &["apply", "--yes"]).success();
    let old = std::fs::read(landfall.path("state.db")).expect("the state");
    landfall.write("landfall.toml", &stack(IN_GROUP));
    run(&landfall, &["apply", "--yes"]).success();
    std::fs::write(landfall.path("state.db"), old).expect("the old copy");
    landfall.write("landfall.toml", &stack(""));
    run(&landfall, &["destroy", "--yes"]).success().shows("placement-group").shows("nothing of acme is left");
}

/// A group of that name that is somebody else's is not taken, and stays.
#[test]
fn a_group_of_that_name_that_is_not_the_stacks_is_left_alone() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    account.python(r#"ec2.create_placement_group(GroupName="acme_fast", Strategy="cluster")"#, Value::Null);
    let landfall = Landfall::with_stack(&moto, &stack(IN_GROUP));
    landfall.run(&["apply", "--yes"]).exits(1).says("InvalidPlacementGroup.Duplicate");
    landfall.run(&["destroy", "--yes"]).success().shows("nothing of acme is left");
    let names = r#"[g["GroupName"] for g in ec2.describe_placement_groups()["PlacementGroups"]]"#;
    assert_eq!(account.python(names, Value::Null), json!(["acme_fast"]));
}
