//! The main job from nothing to nothing: plan, apply, drift, repair, scale, change, destroy.

use serde_json::{Value, json};

use crate::harness::{Account, Landfall, Moto};

fn stack(workers: u32, more: &str) -> String {
    format!("name = \"acme\"\nregion = \"us-east-1\"\n{more}\n[cluster.analytics]\nworkers = {workers}\n")
}

fn changes(plan: &Value) -> Vec<String> {
    let of = |change: &Value| format!("{} {}", change["action"], change["address"]).replace('"', "");
    plan["changes"].as_array().expect("a list").iter().map(of).collect()
}

fn live_instances(account: &Account) -> Vec<(String, String)> {
    let code = r#"
        reservations = ec2.describe_instances(Filters=[
            {"Name": "tag:landfall:stack", "Values": ["acme"]},
            {"Name": "instance-state-name", "Values": ["pending", "running"]}])["Reservations"]
        [[i["InstanceType"], i.get("InstanceLifecycle", "on-demand")] for r in reservations for i in r["Instances"]]
    "#;
    let rows: Vec<(String, String)> = serde_json::from_value(account.python(code, Value::Null)).expect("pairs");
    rows
}

#[test]
fn from_nothing_to_nothing() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    account.mark();
    let landfall = Landfall::with_stack(&moto, &stack(10, ""));

    // Plan, apply, and nothing left to do.
    let plan = landfall.run(&["plan", "--json", "--detailed-exitcode"]).exits(2).json();
    assert_eq!(plan["format_version"], 1);
    assert_eq!(plan["summary"]["update"], 0);
    assert_eq!(account.since_mark(), json!({}), "a plan changes nothing");
    let applied = landfall.run(&["apply", "--yes", "--json"]).success().summary();
    assert_eq!(applied["created"], plan["summary"]["create"]);
    assert_eq!(applied["failed"], 0);
    landfall.run(&["plan", "--detailed-exitcode"]).success();
    landfall.run(&["drift"]).success();

    // Five changes behind landfall's back, and each is named.
    let changed = account.python(
        r#"
        groups = {g["GroupName"]: g["GroupId"] for g in ec2.describe_security_groups(
            Filters=[{"Name": "tag:landfall:stack", "Values": ["acme"]}])["SecurityGroups"]}
        rules = ec2.describe_security_group_rules(
            Filters=[{"Name": "group-id", "Values": [groups["acme-scheduler"]]}])["SecurityGroupRules"]
        removed = [r for r in rules if not r["IsEgress"] and r["FromPort"] == 8787][0]["SecurityGroupRuleId"]
        ec2.revoke_security_group_ingress(GroupId=groups["acme-scheduler"], SecurityGroupRuleIds=[removed])
        logs.put_retention_policy(logGroupName="acme", retentionInDays=7)
        worker = [i["InstanceId"] for r in ec2.describe_instances(
            Filters=[{"Name": "tag:landfall:address", "Values": ["cluster/analytics/worker"]}])["Reservations"]
            for i in r["Instances"]][3]
        ec2.terminate_instances(InstanceIds=[worker])
        added = ec2.authorize_security_group_ingress(GroupId=groups["acme-cluster"], IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 3389, "ToPort": 3389, "IpRanges": [{"CidrIp": "198.51.100.0/24"}]}])
        tables = ec2.describe_route_tables(
            Filters=[{"Name": "tag:landfall:address", "Values": ["network/route-table/public"]}])["RouteTables"]
        gateway = [r["GatewayId"] for r in tables[0]["Routes"] if r.get("GatewayId", "").startswith("igw-")][0]
        ec2.create_route(RouteTableId=tables[0]["RouteTableId"], DestinationCidrBlock="192.0.2.0/24", GatewayId=gateway)
        {"rule": removed, "worker": worker}
        "#,
        Value::Null,
    );
    let drift = landfall.run(&["drift", "--json"]).exits(2).json();
    let mut found: Vec<(String, String)> = drift["drift"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|d| {
            (d["type"].as_str().expect("a type").to_owned(), d["address"].as_str().expect("an address").to_owned())
        })
        .collect();
    found.sort();
    let worker = found.iter().find(|(_, address)| address.starts_with("cluster/analytics/worker/"));
    let worker = worker.expect("the terminated worker").1.clone();
    let expected = [
        ("changed", "logs/group"),
        ("missing", worker.as_str()),
        ("missing", "security/rule/scheduler/ingress/tcp-8787/0.0.0.0-0"),
        ("unexpected", "network/route/public/192.0.2.0-24"),
        ("unexpected", "security/rule/cluster/ingress/tcp-3389/198.51.100.0-24"),
    ];
    assert_eq!(found, expected.map(|(t, a)| (t.to_owned(), a.to_owned())));
    let of = |address: &str| drift["drift"].as_array().expect("a list").iter().find(|d| d["address"] == address);
    let retention = of("logs/group").expect("named");
    assert_eq!(retention["fields"], json!([{"path": "/retention_in_days", "recorded": 30, "observed": 7}]));
    assert_eq!(of(&worker).expect("named")["id"], changed["worker"]);

    // Apply repairs all of it.
    landfall.run(&["apply", "--yes"]).success();
    landfall.run(&["drift"]).success();
    landfall.run(&["plan", "--detailed-exitcode"]).success();
    assert_eq!(live_instances(&account).len(), 11);

    // Scale up and down; the others stay.
    for workers in [14, 3] {
        landfall.write("landfall.toml", &stack(workers, ""));
        let plan = landfall.run(&["plan", "--json"]).success().json();
        assert!(changes(&plan).iter().all(|c| c.contains("cluster/analytics/worker/")), "{:?}", changes(&plan));
        landfall.run(&["apply", "--yes"]).success();
        assert_eq!(live_instances(&account).len() as u32, workers + 1);
        landfall.run(&["plan", "--detailed-exitcode"]).success();
    }

    // Change spot, the firewall's network, the worker type and a tag.
    let text = "name = \"acme\"\nregion = \"us-east-1\"\n[tags]\nteam = \"climate\"\n\
                [firewall]\ncidr = \"203.0.113.0/24\"\n\
                [cluster.analytics]\nworkers = 3\nspot = true\nworker_type = \"m6i.2xlarge\"\n";
    landfall.write("landfall.toml", text);
    let plan = landfall.run(&["plan", "--json"]).success().json();
    assert_eq!(plan["summary"]["replace"], 3, "the workers, and not the scheduler");
    landfall.run(&["apply", "--yes"]).success();
    landfall.run(&["plan", "--detailed-exitcode"]).success();
    let mut instances = live_instances(&account);
    instances.sort();
    let expected =
        [("m6i.2xlarge", "spot"), ("m6i.2xlarge", "spot"), ("m6i.2xlarge", "spot"), ("m6i.large", "on-demand")];
    assert_eq!(instances, expected.map(|(t, m)| (t.to_owned(), m.to_owned())));
    let inventory = account.inventory("acme");
    for (id, vpc) in inventory["ec2.vpc"].as_object().expect("the network") {
        assert!(vpc.to_string().contains("climate"), "{id} lacks the new tag: {vpc}");
    }

    // And nothing is left, by the account's own word.
    landfall.run(&["destroy", "--yes"]).success().shows("nothing");
    assert_eq!(account.inventory("acme"), json!({}));
    assert_eq!(account.since_mark(), json!({}), "everything is as it was before");
    landfall.run(&["destroy", "--yes"]).success();
}

#[test]
fn slow_clouds_are_waited_for() {
    let moto = Moto::with_pending_reads(2);
    let account = Account::of(&moto);
    account.mark();
    let landfall = Landfall::with_stack(&moto, &stack(2, ""));
    landfall.run(&["apply", "--yes"]).success();
    let status = landfall.run(&["status", "--json"]).success().json();
    let cluster = &status["clusters"][0];
    assert_eq!(cluster["workers"]["running"], 2, "{status}");
    assert!(cluster["scheduler"]["address"].as_str().is_some_and(|a| a.starts_with("tcp://")), "{status}");
    landfall.run(&["plan", "--detailed-exitcode"]).success();
    landfall.run(&["destroy", "--yes"]).success();
    assert_eq!(account.since_mark(), json!({}));
}

#[test]
fn public_workers_and_a_nat_gateway_in_each_zone() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    account.mark();
    let public = stack(2, "[network]\nworkers = \"public\"\ns3_endpoint = false");
    let landfall = Landfall::with_stack(&moto, &public);
    landfall.run(&["apply", "--yes"]).success();
    let kinds = account.inventory("acme");
    assert!(kinds.get("ec2.nat_gateway").is_none() && kinds.get("ec2.elastic_ip").is_none(), "{kinds}");

    let per_zone = stack(2, "zones = [\"us-east-1a\", \"us-east-1b\"]\n[network]\nnat = \"per-zone\"");
    landfall.write("landfall.toml", &per_zone);
    landfall.run(&["apply", "--yes"]).success();
    landfall.run(&["plan", "--detailed-exitcode"]).success();
    let kinds = Account::counted(&account.inventory("acme"));
    assert_eq!(kinds["ec2.nat_gateway"], 2, "{kinds}");
    landfall.run(&["destroy", "--yes"]).success();
    assert_eq!(account.since_mark(), json!({}));
}

#[test]
fn another_network_block_replaces_everything_in_the_right_order() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    account.mark();
    let landfall = Landfall::with_stack(&moto, &stack(1, ""));
    landfall.run(&["apply", "--yes"]).success();
    landfall.write("landfall.toml", &stack(1, "[network]\ncidr = \"10.9.0.0/16\""));
    landfall.run(&["apply", "--yes"]).success();
    landfall.run(&["plan", "--detailed-exitcode"]).success();
    landfall.run(&["destroy", "--yes"]).success();
    assert_eq!(account.since_mark(), json!({}));
}
