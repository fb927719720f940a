//! What others do to the account, one kind of change at a time: drift names it, apply undoes it.

use serde_json::{Value, json};

use crate::harness::{Account, Landfall, Moto};

const STACK: &str = "name = \"acme\"\nregion = \"us-east-1\"\nzones = [\"us-east-1a\"]\n\
                     [iam]\npolicies = [\"AmazonS3ReadOnlyAccess\"]\n[cluster.main]\nworkers = 2\n";

struct Case {
    what: &'static str,
    code: &'static str,
    drift: &'static [(&'static str, &'static str)],
}

const CASES: &[Case] = &[
    Case {
        what: "a tag is changed, another added, one taken away",
        code: r#"
            vpc = ec2.describe_vpcs(Filters=mine)["Vpcs"][0]["VpcId"]
            ec2.create_tags(Resources=[vpc], Tags=[{"Key": "owner", "Value": "x"}, {"Key": "new", "Value": "y"}])
            ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "Name"}])
        "#,
        drift: &[("changed", "network/vpc")],
    },
    Case {
        what: "the tag that names the stack is taken away",
        code: r#"
            subnet = ec2.describe_subnets(Filters=mine)["Subnets"][0]["SubnetId"]
            ec2.delete_tags(Resources=[subnet], Tags=[{"Key": "landfall:stack"}, {"Key": "landfall:address"}])
        "#,
        drift: &[("changed", "network/subnet/")],
    },
    Case {
        what: "DNS host names are switched off",
        code: r#"
            vpc = ec2.describe_vpcs(Filters=mine)["Vpcs"][0]["VpcId"]
            ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": False})
        "#,
        drift: &[("changed", "network/vpc")],
    },
    Case {
        what: "the rule that lets everything out is removed, and another put in its place",
        code: r#"
            group = ec2.describe_security_groups(Filters=mine)["SecurityGroups"][0]["GroupId"]
            everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
            ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[everything])
            some = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
            ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[some])
        "#,
        drift: &[("changed", "security/group/"), ("unexpected", "security/rule/")],
    },
    Case {
        what: "a policy is attached, another detached, an inline one changed, an inline one added",
        code: r#"
            import json
            iam.attach_role_policy(RoleName="acme", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
            iam.detach_role_policy(RoleName="acme", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
            all = json.dumps({"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": "*", "Resource": "*"}]})
            iam.put_role_policy(RoleName="acme", PolicyName="logs", PolicyDocument=all)
            iam.put_role_policy(RoleName="acme", PolicyName="backdoor", PolicyDocument=all)
        "#,
        drift: &[
            ("changed", "identity/role-policy/logs"),
            ("missing", "identity/role-policy-attachment/AmazonS3ReadOnlyAccess"),
            ("unexpected", "identity/role-policy-attachment/AdministratorAccess"),
            ("unexpected", "identity/role-policy/backdoor"),
        ],
    },
    Case {
        what: "others may assume the role",
        code: r#"
            import json
            trust = json.dumps({"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": "sts:AssumeRole"}]})
            iam.update_assume_role_policy(RoleName="acme", PolicyDocument=trust)
        "#,
        drift: &[("changed", "identity/role")],
    },
    Case {
        what: "the role is taken out of the profile",
        code: r#"iam.remove_role_from_instance_profile(InstanceProfileName="acme", RoleName="acme")"#,
        drift: &[("missing", "identity/instance-profile-role")],
    },
    Case {
        what: "the log group is deleted",
        code: r#"logs.delete_log_group(logGroupName="acme")"#,
        drift: &[("missing", "logs/group")],
    },
    Case {
        what: "the default route goes, and a subnet gets another table",
        code: r#"
            table = [t for t in ec2.describe_route_tables(Filters=mine)["RouteTables"]
                if {"Key": "landfall:address", "Value": "network/route-table/public"} in t["Tags"]][0]
            ec2.delete_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0")
            own = [a for a in table["Associations"] if not a.get("Main")][0]
            main = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [table["VpcId"]]},
                {"Name": "association.main", "Values": ["true"]}])["RouteTables"][0]["RouteTableId"]
            ec2.replace_route_table_association(
                AssociationId=own["RouteTableAssociationId"], RouteTableId=main)
        "#,
        drift: &[
            ("missing", "network/route-table-association/public/us-east-1a"),
            ("missing", "network/route/public/0.0.0.0-0"),
        ],
    },
    Case {
        what: "the endpoint loses a table",
        code: r#"
            endpoint = ec2.describe_vpc_endpoints(Filters=mine)["VpcEndpoints"][0]
            ec2.modify_vpc_endpoint(
                VpcEndpointId=endpoint["VpcEndpointId"], RemoveRouteTableIds=endpoint["RouteTableIds"][:1])
        "#,
        drift: &[("changed", "network/vpc-endpoint/s3")],
    },
    Case {
        what: "a worker is stopped",
        code: r#"
            worker = [i["InstanceId"] for r in ec2.describe_instances(Filters=[
                {"Name": "tag:landfall:address", "Values": ["cluster/main/worker"]},
                {"Name": "instance-state-name", "Values": ["running"]}])["Reservations"] for i in r["Instances"]][0]
            ec2.stop_instances(InstanceIds=[worker])
        "#,
        drift: &[("changed", "cluster/main/worker/")],
    },
    Case {
        what: "an instance is launched with the stack's tag",
        code: r#"
            subnet = ec2.describe_subnets(Filters=mine)["Subnets"][0]["SubnetId"]
            image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
            ec2.run_instances(ImageId=image, InstanceType="m6i.large", MinCount=1, MaxCount=1, SubnetId=subnet,
                TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "landfall:stack", "Value": "acme"}]}])
        "#,
        drift: &[("unexpected", "surplus/ec2.instance/")],
    },
    Case {
        what: "the scheduler is terminated",
        code: r#"
            scheduler = [i["InstanceId"] for r in ec2.describe_instances(Filters=[
                {"Name": "tag:landfall:address", "Values": ["cluster/main/scheduler"]},
                {"Name": "instance-state-name", "Values": ["running"]}])["Reservations"] for i in r["Instances"]]
            ec2.terminate_instances(InstanceIds=scheduler)
        "#,
        drift: &[("missing", "cluster/main/scheduler")],
    },
];

#[test]
fn each_is_named_and_undone() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    account.mark();
    account.python(r#"mine = [{"Name": "tag:landfall:stack", "Values": ["acme"]}]"#, Value::Null);
    let landfall = Landfall::with_stack(&moto, STACK);
    landfall.run(&["apply", "--yes"]).success();
    for case in CASES {
        account.python(case.code, Value::Null);
        let drift = landfall.run(&["drift", "--json"]).exits(2).json();
        let found = drift["drift"].as_array().expect("a list");
        let is = |d: &Value, (kind, address): &(&str, &str)| {
            d["type"] == *kind && d["address"].as_str().is_some_and(|a| a.starts_with(address))
        };
        assert_eq!(found.len(), case.drift.len(), "{}: {drift:#}", case.what);
        for expected in case.drift {
            assert!(found.iter().any(|d| is(d, expected)), "{}: {expected:?} is not in {drift:#}", case.what);
        }
        landfall.run(&["apply", "--yes"]).success();
        landfall.run(&["drift"]).success();
        landfall.run(&["plan", "--detailed-exitcode"]).success();
    }
    landfall.run(&["destroy", "--yes"]).success();
    assert_eq!(account.since_mark(), json!({}));
}

#[test]
fn a_stack_without_a_network_is_made_anew() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    account.mark();
    let landfall = Landfall::with_stack(&moto, STACK);
    landfall.run(&["apply", "--yes"]).success();
    // Somebody cleans up by hand, in part.
    account.python(
        r#"
        mine = [{"Name": "tag:landfall:stack", "Values": ["acme"]}]
        ids = [i["InstanceId"] for r in ec2.describe_instances(Filters=mine)["Reservations"] for i in r["Instances"]]
        ec2.terminate_instances(InstanceIds=ids)
        for nat in ec2.describe_nat_gateways(Filters=mine)["NatGateways"]:
            ec2.delete_nat_gateway(NatGatewayId=nat["NatGatewayId"])
        for subnet in ec2.describe_subnets(Filters=mine)["Subnets"]:
            ec2.delete_subnet(SubnetId=subnet["SubnetId"])
        "#,
        Value::Null,
    );
    landfall.run(&["drift"]).exits(2);
    landfall.run(&["apply", "--yes"]).success();
    landfall.run(&["plan", "--detailed-exitcode"]).success();
    landfall.run(&["destroy", "--yes"]).success();
    assert_eq!(account.since_mark(), json!({}));
}
