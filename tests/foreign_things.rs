//! What others put into the stack's network, or made of its role: it is named before the first deletion, and stays.

use serde_json::{Value, json};

use crate::harness::{Account, Fault, Landfall, Moto};

const STACK: &str = "name = \"acme\"\nregion = \"us-east-1\"\nzones = [\"us-east-1a\"]\n[cluster.main]\nworkers = 1\n";

/// Names for the account's side: what the stack has.
const KNOWN: &str = r#"
    mine = [{"Name": "tag:landfall:stack", "Values": ["acme"]}]
    vpc = ec2.describe_vpcs(Filters=mine)["Vpcs"][0]["VpcId"]
    subnet = ec2.describe_subnets(Filters=mine)["Subnets"][0]["SubnetId"]
    group = ec2.describe_security_groups(Filters=mine)["SecurityGroups"][0]["GroupId"]
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
"#;

struct Case {
    what: &'static str,
    /// Makes it, and is worth its id.
    make: &'static str,
    /// Takes it away again; `args` is its id.
    unmake: &'static str,
    kind: &'static str,
}

const CASES: &[Case] = &[
    Case {
        what: "an instance in a subnet",
        make: r#"ec2.run_instances(ImageId=image, InstanceType="t3.small", MinCount=1, MaxCount=1, SubnetId=subnet)[
            "Instances"][0]["InstanceId"]"#,
        unmake: "ec2.terminate_instances(InstanceIds=[args])",
        kind: "ec2.instance",
    },
    Case {
        what: "a network interface",
        make: r#"ec2.create_network_interface(SubnetId=subnet, Description="somebody's")["NetworkInterface"][
            "NetworkInterfaceId"]"#,
        unmake: "ec2.delete_network_interface(NetworkInterfaceId=args)",
        kind: "ec2.network_interface",
    },
    Case {
        what: "a security group",
        make: r#"ec2.create_security_group(VpcId=vpc, GroupName="theirs", Description="x")["GroupId"]"#,
        unmake: "ec2.delete_security_group(GroupId=args)",
        kind: "ec2.security_group",
    },
    Case {
        what: "a rule of the default group that refers to a group of the stack",
        make: r#"
            default = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]},
                {"Name": "group-name", "Values": ["default"]}])["SecurityGroups"][0]["GroupId"]
            rule = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "UserIdGroupPairs": [{"GroupId": group}]}]
            ec2.authorize_security_group_ingress(GroupId=default, IpPermissions=rule)
            default
        "#,
        unmake: "ec2.revoke_security_group_ingress(GroupId=args, IpPermissions=rule)",
        kind: "ec2.security_group",
    },
    Case {
        what: "a subnet",
        make: r#"ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.240.0/24")["Subnet"]["SubnetId"]"#,
        unmake: "ec2.delete_subnet(SubnetId=args)",
        kind: "ec2.subnet",
    },
    Case {
        what: "a route table",
        make: r#"ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]"#,
        unmake: "ec2.delete_route_table(RouteTableId=args)",
        kind: "ec2.route_table",
    },
    Case {
        what: "a network ACL",
        make: r#"ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]"#,
        unmake: "ec2.delete_network_acl(NetworkAclId=args)",
        kind: "ec2.network_acl",
    },
    Case {
        what: "an endpoint",
        make: r#"ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.us-east-1.dynamodb")["VpcEndpoint"][
            "VpcEndpointId"]"#,
        unmake: "ec2.delete_vpc_endpoints(VpcEndpointIds=[args])",
        kind: "ec2.vpc_endpoint",
    },
    Case {
        what: "a VPN gateway",
        make: r#"
            gateway = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
            ec2.attach_vpn_gateway(VpnGatewayId=gateway, VpcId=vpc)
            gateway
        "#,
        unmake: r#"
            ec2.detach_vpn_gateway(VpnGatewayId=args, VpcId=vpc)
            ec2.delete_vpn_gateway(VpnGatewayId=args)
        "#,
        kind: "ec2.vpn_gateway",
    },
    Case {
        what: "a peering connection",
        make: r#"
            other = ec2.create_vpc(CidrBlock="10.99.0.0/16")["Vpc"]["VpcId"]
            ec2.create_vpc_peering_connection(VpcId=other, PeerVpcId=vpc)["VpcPeeringConnection"][
                "VpcPeeringConnectionId"]
        "#,
        unmake: r#"
            ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=args)
            ec2.delete_vpc(VpcId=other)
        "#,
        kind: "ec2.vpc_peering_connection",
    },
];

#[test]
fn each_is_named_before_the_first_deletion() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    account.mark();
    let landfall = Landfall::with_stack(&moto, STACK);
    landfall.run(&["apply", "--yes"]).success();
    account.python(KNOWN, Value::Null);
    for case in CASES {
        let id = account.python(case.make, Value::Null);
        let name = id.as_str().expect("an id");
        let before = account.everything();
        for command in
            [&["destroy", "--yes"][..], &["destroy", "--yes", "--json"], &["destroy", "--yes", "--force-foreign"]]
        {
            let refused = landfall.run(command).exits(1).says(&format!("{} {name}", case.kind));
            let refused = refused.says("not of this stack").says("nothing was changed");
            assert!(refused.stderr.contains("network/") || refused.stderr.contains("security/"), "{}", refused.stderr);
        }
        assert_eq!(account.everything(), before, "{}: nothing was deleted", case.what);
        account.python(case.unmake, id.clone());
    }
    landfall.run(&["destroy", "--yes"]).success();
    assert_eq!(account.since_mark(), json!({}));
}

#[test]
fn apply_looks_as_well_before_it_takes_the_ground_from_others() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    let two = STACK.replace("[\"us-east-1a\"]", "[\"us-east-1a\", \"us-east-1b\"]");
    let landfall = Landfall::with_stack(&moto, &two);
    landfall.run(&["apply", "--yes"]).success();
    let instance = account.python(
        r#"
        mine = [{"Name": "tag:landfall:address", "Values": ["network/subnet/private/us-east-1b"]}]
        subnet = ec2.describe_subnets(Filters=mine)["Subnets"][0]["SubnetId"]
        image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
        ec2.run_instances(ImageId=image, InstanceType="t3.small", MinCount=1, MaxCount=1, SubnetId=subnet)[
            "Instances"][0]["InstanceId"]
        "#,
        Value::Null,
    );
    let before = account.everything();
    landfall.write("landfall.toml", STACK);
    let refused = landfall.run(&["apply", "--yes"]).exits(1).says(instance.as_str().expect("an id"));
    refused.says("network/subnet/private/us-east-1b");
    assert_eq!(account.everything(), before);
}

#[test]
fn what_was_made_of_the_stacks_own_is_loosened_on_request() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    let landfall = Landfall::with_stack(&moto, STACK);
    landfall.run(&["apply", "--yes"]).success();
    account.python(KNOWN, Value::Null);
    let theirs = account.python(
        r#"
        iam.create_instance_profile(InstanceProfileName="theirs")
        iam.add_role_to_instance_profile(InstanceProfileName="theirs", RoleName="acme")
        ec2.run_instances(ImageId=image, InstanceType="t3.small", MinCount=1, MaxCount=1,
            IamInstanceProfile={"Name": "acme"})["Instances"][0]["InstanceId"]
        "#,
        Value::Null,
    );
    let theirs = theirs.as_str().expect("an id");
    let before = account.everything();
    let refused = landfall.run(&["destroy", "--yes"]).exits(1).says("iam.instance_profile theirs");
    refused.says(&format!("ec2.instance {theirs}")).says("--force-foreign");
    assert_eq!(account.everything(), before);
    landfall.run(&["destroy", "--yes", "--force-foreign"]).success().says("is loosened");
    let left = account.python(
        r#"
        profile = iam.get_instance_profile(InstanceProfileName="theirs")["InstanceProfile"]
        instance = ec2.describe_instances(InstanceIds=[args])["Reservations"][0]["Instances"][0]
        [len(profile["Roles"]), instance["State"]["Name"]]
        "#,
        json!(theirs),
    );
    assert_eq!(left, json!([0, "running"]), "what is others' own stays");
}

#[test]
fn a_look_that_is_not_allowed_is_told_and_does_not_stop_a_teardown() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    account.mark();
    let landfall = Landfall::with_stack(&moto, STACK);
    landfall.run(&["apply", "--yes"]).success();
    moto.fail(Fault::of("DescribeVpnGateways").code(403, "UnauthorizedOperation"));
    landfall.run(&["destroy", "--yes"]).success().says("ec2:DescribeVpnGateways");
    assert_eq!(account.since_mark(), json!({}));
}

#[test]
fn a_look_that_fails_stops_it() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    let landfall = Landfall::with_stack(&moto, STACK);
    landfall.run(&["apply", "--yes"]).success();
    let before = account.everything();
    moto.fail(Fault::of("DescribeVpnGateways").code(400, "AuthFailure"));
    landfall.run(&["destroy", "--yes"]).exits(1).says("DescribeVpnGateways").says("nothing was changed");
    assert_eq!(account.everything(), before);
}
