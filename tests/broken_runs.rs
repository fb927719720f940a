//! Runs that fail or are broken off: what was done is recorded, and the next run goes on from there.

use serde_json::json;

use crate::harness::{Account, Fault, Landfall, Moto};

const STACK: &str = "name = \"acme\"\nregion = \"us-east-1\"\nzones = [\"us-east-1a\", \"us-east-1b\"]\n\
                     [cluster.main]\nworkers = 3\n";

#[test]
fn a_failed_step_stops_only_what_depends_on_it() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    account.mark();
    let landfall = Landfall::with_stack(&moto, STACK);
    moto.fail(Fault::of("CreateNatGateway").code(400, "NatGatewayLimitExceeded"));
    let failed = landfall.run(&["apply", "--yes"]).exits(1);
    assert!(failed.stderr.contains("network/nat-gateway/us-east-1a"), "{}", failed.stderr);
    assert!(failed.stderr.contains("NatGatewayLimitExceeded"), "{}", failed.stderr);
    let made = Account::counted(&account.inventory("acme"));
    assert_eq!(made["ec2.subnet"], 4, "{made}");
    assert_eq!(made["iam.role"], 1, "{made}");
    let plan = landfall.run(&["plan", "--json"]).success().json();
    let left: Vec<&str> =
        plan["changes"].as_array().expect("a list").iter().filter_map(|c| c["address"].as_str()).collect();
    assert!(left.contains(&"network/nat-gateway/us-east-1a") && !left.contains(&"network/vpc"), "{left:?}");
    landfall.run(&["apply", "--yes"]).success();
    landfall.run(&["plan", "--detailed-exitcode"]).success();
    landfall.run(&["destroy", "--yes"]).success();
    assert_eq!(account.since_mark(), json!({}));
}

#[test]
fn an_answer_that_is_lost_makes_nothing_twice() {
    let actions = [
        "CreateVpc",
        "CreateSubnet",
        "CreateSecurityGroup",
        "AllocateAddress",
        "CreateInternetGateway",
        "AuthorizeSecurityGroupIngress",
        "CreateRoute",
        "AssociateRouteTable",
        "AttachInternetGateway",
        "CreateRole",
        "CreateInstanceProfile",
        "AddRoleToInstanceProfile",
        "CreateLogGroup",
        "CreateNatGateway",
        "CreateRouteTable",
        "CreateVpcEndpoint",
        "RunInstances",
    ];
    let moto = Moto::start();
    let account = Account::of(&moto);
    account.mark();
    for action in actions {
        let landfall = Landfall::with_stack(&moto, STACK);
        moto.fail(Fault::of(action).code(500, "InternalError").after_effect());
        // It fails, or the SDK repeats it with the same token: both are right.
        landfall.run(&["apply", "--yes"]);
        landfall.run(&["apply", "--yes"]).success();
        landfall.run(&["plan", "--detailed-exitcode"]).success();
        let made = Account::counted(&account.inventory("acme"));
        for (kind, count) in [
            ("ec2.vpc", 1),
            ("ec2.subnet", 4),
            ("ec2.elastic_ip", 1),
            ("ec2.nat_gateway", 1),
            ("ec2.route_table", 2),
            ("ec2.vpc_endpoint", 1),
            ("ec2.instance", 4),
        ] {
            assert_eq!(made[kind], count, "after a lost answer to {action}: {made}");
        }
        landfall.run(&["destroy", "--yes"]).success();
        assert_eq!(account.since_mark(), json!({}), "{action}");
    }
}

#[test]
fn killed_at_any_moment() {
    let moto = Moto::with_pending_reads(1);
    let account = Account::of(&moto);
    account.mark();
    for action in ["CreateVpc", "CreateSubnet", "CreateNatGateway", "CreateInstanceProfile", "RunInstances"] {
        let landfall = Landfall::with_stack(&moto, STACK);
        moto.reset_calls();
        let mut run = landfall.spawn(&["apply", "--yes"]);
        run.while_running(|| moto.calls().contains_key(action));
        run.kill();
        run.wait().killed();
        landfall.run(&["apply", "--yes"]).success();
        landfall.run(&["plan", "--detailed-exitcode"]).success();
        let made = Account::counted(&account.inventory("acme"));
        assert_eq!((&made["ec2.vpc"], &made["ec2.instance"]), (&json!(1), &json!(4)), "killed at {action}: {made}");
        landfall.run(&["destroy", "--yes"]).success();
        assert_eq!(account.since_mark(), json!({}), "{action}");
    }
}

#[test]
fn interrupted_once_it_records_what_was_on_its_way() {
    let moto = Moto::with_pending_reads(6);
    let account = Account::of(&moto);
    account.mark();
    let landfall = Landfall::with_stack(&moto, STACK);
    let mut run = landfall.spawn(&["apply", "--yes"]);
    run.while_running(|| moto.calls().contains_key("CreateNatGateway"));
    run.interrupt();
    run.wait().exits(130);
    let recorded = landfall.run(&["list"]).success().stdout;
    assert!(recorded.contains("network/vpc"), "{recorded}");
    landfall.run(&["destroy", "--yes"]).success();
    assert_eq!(account.since_mark(), json!({}));
}

#[test]
fn throttling_does_not_fail_a_run() {
    let moto = Moto::start();
    let landfall = Landfall::with_stack(&moto, STACK);
    for action in ["CreateSubnet", "DescribeSubnets", "RunInstances", "CreateRole"] {
        moto.fail(Fault::of(action).throttled().times(3));
    }
    landfall.run(&["apply", "--yes"]).success();
    landfall.run(&["plan", "--detailed-exitcode"]).success();
}
