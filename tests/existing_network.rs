//! A network that others made: landfall stands instances in it, and nothing of it changes.

use serde_json::{Value, json};

use crate::harness::{Account, Landfall, Moto};

/// Makes a VPC with two subnets, one of them public, with gateway, routes, network ACL and groups, as another team might
/// have them; and returns the ids.
fn make_network(account: &Account) -> Value {
    account.python(
        r#"
        vpc = ec2.create_vpc(CidrBlock="10.42.0.0/16")["Vpc"]["VpcId"]
        def subnet(block, zone):
            return ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=zone)["Subnet"]["SubnetId"]
        private = subnet("10.42.0.0/24", "us-east-1b")
        public = subnet("10.42.1.0/24", "us-east-1b")
        ec2.modify_subnet_attribute(SubnetId=public, MapPublicIpOnLaunch={"Value": True})
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        ec2.associate_route_table(RouteTableId=table, SubnetId=public)
        ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s3", RouteTableIds=[table])
        group = ec2.create_security_group(VpcId=vpc, GroupName="database", Description="theirs")["GroupId"]
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": [{"CidrIp": "10.42.0.0/16"}]}])
        elsewhere = ec2.create_vpc(CidrBlock="10.43.0.0/16")["Vpc"]["VpcId"]
        foreign = ec2.create_subnet(VpcId=elsewhere, CidrBlock="10.43.0.0/24")["Subnet"]["SubnetId"]
        {"vpc": vpc, "private": private, "public": public, "group": group, "elsewhere": elsewhere,
         "foreign": foreign}
        "#,
        Value::Null,
    )
}

/// Everything that AWS answers about networks, as it is.
fn described(account: &Account) -> Value {
    account.python(
        r#"
        import json
        described = [getattr(ec2, f"describe_{kind}")() for kind in [
            "vpcs", "subnets", "route_tables", "internet_gateways", "nat_gateways", "network_acls", "addresses",
            "vpc_endpoints", "security_groups", "security_group_rules", "dhcp_options"]]
        [answer.pop("ResponseMetadata") for answer in described]
        json.loads(json.dumps(described, default=str))
        "#,
        Value::Null,
    )
}

fn stack(ids: &Value, more: &str) -> String {
    format!(
        "name = \"acme\"\nregion = \"us-east-1\"\n[network]\nvpc = {}\nsubnets = [{}, {}]\nsecurity_groups = [{}]\n{more}",
        ids["vpc"], ids["private"], ids["public"], ids["group"]
    )
}

const CLUSTER: &str = "[cluster.analytics]\nworkers = 3\n";

/// Where each of the stack's instances stands, by its name.
fn instances(account: &Account) -> Value {
    account.python(
        r#"
        reservations = ec2.describe_instances(Filters=[
            {"Name": "tag:landfall:stack", "Values": ["acme"]},
            {"Name": "instance-state-name", "Values": ["pending", "running"]}])["Reservations"]
        sorted([[tag["Value"], i["SubnetId"], sorted(g["GroupName"] for g in i["SecurityGroups"])]
            for r in reservations for i in r["Instances"] for tag in i["Tags"] if tag["Key"] == "Name"])
        "#,
        Value::Null,
    )
}

#[test]
fn is_the_same_byte_for_byte_after_apply_and_destroy() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    let ids = make_network(&account);
    let (before, described) = (account.everything(), described(&account));
    let landfall = Landfall::with_stack(&moto, &stack(&ids, CLUSTER));

    landfall.run(&["apply", "--yes"]).success();
    landfall.run(&["plan", "--detailed-exitcode"]).success();
    landfall.run(&["drift"]).success();
    let worker = json!(["acme-analytics-worker", ids["private"], ["acme-cluster", "database"]]);
    let scheduler = json!(["acme-analytics-scheduler", ids["public"], ["acme-cluster", "acme-scheduler", "database"]]);
    assert_eq!(instances(&account), json!([scheduler, worker, worker, worker]));
    // What was there before is as it was while the stack stands, too.
    let during = account.everything();
    for (kind, resources) in before.as_object().expect("kinds") {
        for (id, was) in resources.as_object().expect("ids") {
            assert_eq!(&during[kind][id], was, "{kind} {id}");
        }
    }

    // Without the state it is found again, and the others' is not taken for the stack's.
    std::fs::remove_dir_all(landfall.path(".landfall")).expect("the state");
    let plan = landfall.run(&["plan", "--json"]).success().json();
    let summary = &plan["summary"];
    assert_eq!(summary["import"], 15, "{summary}");
    assert_eq!([&summary["create"], &summary["replace"], &summary["delete"]], [0, 0, 0], "{summary}");

    landfall.run(&["destroy", "--yes"]).success().shows("nothing");
    assert_eq!(account.everything(), before);
    assert_eq!(self::described(&account), described);
}

#[test]
fn costs_a_plan_no_calls_once_it_is_known() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    let ids = make_network(&account);
    let landfall = Landfall::with_stack(&moto, &stack(&ids, CLUSTER));
    moto.reset_calls();
    landfall.run(&["apply", "--yes"]).success();
    let made = moto.calls();
    for action in ["CreateVpc", "CreateSubnet", "CreateRouteTable", "CreateInternetGateway", "CreateNatGateway"] {
        assert!(!made.contains_key(action), "{action}: {made:?}");
    }
    moto.reset_calls();
    landfall.run(&["plan", "--detailed-exitcode"]).success();
    // One of each is the refresh, which finds what carries the stack's tag.
    let calls = moto.calls();
    for action in ["DescribeVpcs", "DescribeSubnets", "DescribeSecurityGroups"] {
        assert_eq!(calls[action], 1, "{action}: {calls:?}");
    }
}

#[test]
fn takes_the_place_of_a_network_of_the_stacks_own_and_back() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    let ids = make_network(&account);
    let before = account.everything();
    let own = format!("name = \"acme\"\nregion = \"us-east-1\"\nzone = \"us-east-1b\"\n{CLUSTER}");
    let landfall = Landfall::with_stack(&moto, &own);
    for text in [own.clone(), stack(&ids, CLUSTER), own.clone()] {
        landfall.write("landfall.toml", &text);
        landfall.run(&["apply", "--yes"]).success();
        landfall.run(&["plan", "--detailed-exitcode"]).success();
        let vpcs = Account::counted(&account.inventory("acme"));
        assert_eq!(vpcs.get("ec2.vpc").is_some(), text == own, "{vpcs}");
    }
    landfall.run(&["destroy", "--yes"]).success();
    assert_eq!(account.everything(), before);
}

#[test]
fn ids_that_do_not_belong_together_are_refused_at_their_places() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    let ids = make_network(&account);
    account.mark();
    let refused = |text: &str, place: &str, message: &str| {
        Landfall::with_stack(&moto, text).run(&["apply", "--yes"]).exits(1).says(place).says(message);
    };
    let text = |key: &str| ids[key].as_str().expect("an id").to_owned();
    let foreign = stack(&ids, CLUSTER).replace(&text("private"), &text("foreign"));
    let message = format!("{} belongs to {}, not to {}", text("foreign"), text("elsewhere"), text("vpc"));
    refused(&foreign, "landfall.toml:5:12", &message);

    let nowhere = stack(&ids, CLUSTER).replace(&text("vpc"), "vpc-00000000000000000");
    refused(&nowhere, "landfall.toml:4:7", "this account has no vpc-00000000000000000 in us-east-1");

    let missing = stack(&ids, CLUSTER).replace(&text("group"), "sg-00000000000000000");
    refused(&missing, "landfall.toml:6:20", "this account has no sg-00000000000000000 in us-east-1");

    let elsewhere = stack(&ids, &format!("{CLUSTER}zone = \"us-east-1a\"\n"));
    refused(&elsewhere, "landfall.toml:9:8", "none of the subnets of [network] is in us-east-1a");
    assert_eq!(account.since_mark(), json!({}));
}
