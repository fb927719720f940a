//! The actions that kinds, survey, sweep and the others declare are those that landfall sends.
//!
//! That nothing undeclared is sent is seen to by every test: a build with debug assertions refuses to send it. This is the
//! other half: what is declared is sent by somebody, or stands here with the reason why this test does not see it.

use std::collections::BTreeSet;

use serde_json::json;

use crate::harness::{Account, Landfall, Moto};

const STACK: &str = "name = \"acme\"\nregion = \"us-east-1\"\nzones = [\"us-east-1a\", \"us-east-1b\"]\n\
                     [iam]\npolicies = [\"AmazonS3ReadOnlyAccess\"]\n\
                     [cluster.main]\nworkers = 2\nspot = true\nplacement_group = true\n";

const NOT_SEEN_HERE: &[(&str, &str)] = &[
    ("ec2:DescribeIamInstanceProfileAssociations", "sent with --force-foreign: foreign_things"),
    ("ec2:DescribeRegions", "sent where a region is not known: credentials, and only to make an error clearer"),
    ("ec2:DescribeVolumes", "sent where the sweep finds a volume: leftovers"),
    ("ec2:DisassociateAddress", "sent with --force-foreign: foreign_things"),
    ("ec2:DisassociateIamInstanceProfile", "sent with --force-foreign: foreign_things"),
    ("ec2:DisassociateRouteTable", "an association goes with its subnet; sent where the subnet stays"),
    ("ec2:UpdateSecurityGroupRuleDescriptionsEgress", "landfall declares no rules of egress today"),
    ("iam:CreateServiceLinkedRole", "no call of landfall's: EC2 does it with the caller's rights"),
    ("iam:PassRole", "no call, but what giving a role to a service takes"),
    ("logs:DeleteRetentionPolicy", "no stack file asks for events that are kept for ever"),
];

/// What others change, so that fields are set that a stack's own life leaves alone.
const CHANGED_BY_OTHERS: &str = r#"
    import json

    mine = [{"Name": "tag:landfall:stack", "Values": ["acme"]}]
    tables = {
        tag["Value"]: table
        for table in ec2.describe_route_tables(Filters=mine)["RouteTables"]
        for tag in table["Tags"] if tag["Key"] == "landfall:address"
    }
    public = next(table for address, table in tables.items() if address.endswith("/public"))
    private = next(table for address, table in tables.items() if "/private" in address)
    gateway = ec2.describe_internet_gateways(Filters=mine)["InternetGateways"][0]["InternetGatewayId"]
    ec2.replace_route(
        RouteTableId=private["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    own = [a for a in public["Associations"] if not a.get("Main")][0]
    ec2.replace_route_table_association(
        AssociationId=own["RouteTableAssociationId"], RouteTableId=private["RouteTableId"])
    endpoint = ec2.describe_vpc_endpoints(Filters=mine)["VpcEndpoints"][0]
    ec2.modify_vpc_endpoint(
        VpcEndpointId=endpoint["VpcEndpointId"], RemoveRouteTableIds=endpoint["RouteTableIds"][:1])

    group = ec2.describe_security_groups(Filters=mine)["SecurityGroups"][0]["GroupId"]
    everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[everything])
    some = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[some])
    rules = ec2.describe_security_group_rules(Filters=mine)["SecurityGroupRules"]
    rule = [r for r in rules if not r["IsEgress"] and r.get("CidrIpv4")][0]
    described = {"IpProtocol": rule["IpProtocol"], "FromPort": rule["FromPort"], "ToPort": rule["ToPort"],
        "IpRanges": [{"CidrIp": rule["CidrIpv4"], "Description": "somebody's"}]}
    ec2.update_security_group_rule_descriptions_ingress(GroupId=rule["GroupId"], IpPermissions=[described])

    worker, other = [
        i for r in ec2.describe_instances(Filters=[
            {"Name": "tag:landfall:address", "Values": ["cluster/main/worker"]},
            {"Name": "instance-state-name", "Values": ["running"]}])["Reservations"] for i in r["Instances"]]
    ec2.stop_instances(InstanceIds=[worker["InstanceId"]])
    default = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [other["VpcId"]]},
        {"Name": "group-name", "Values": ["default"]}])["SecurityGroups"][0]["GroupId"]
    ec2.modify_instance_attribute(InstanceId=other["InstanceId"], Groups=[default])

    trust = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": "sts:AssumeRole"}]})
    iam.update_assume_role_policy(RoleName="acme", PolicyDocument=trust)
"#;

#[test]
fn what_is_declared_is_sent() {
    let moto = Moto::start();
    let account = Account::of(&moto);
    let landfall = Landfall::with_stack(&moto, STACK);
    landfall.run(&["apply", "--yes"]).success();
    account.python(CHANGED_BY_OTHERS, json!(null));
    landfall.run(&["apply", "--yes"]).success();
    landfall.run(&["destroy", "--yes"]).success();
    let mut sent: BTreeSet<String> = moto.calls().into_keys().collect();
    // A stack that grows, changes and shrinks.
    let rehearsal = landfall.run(&["rehearse", "--runs", "1", "--json"]).success().json();
    let actions = rehearsal["permissions"].as_array().expect("actions").iter().filter_map(|action| action.as_str());
    sent.extend(actions.filter_map(|action| action.split(':').nth(1)).map(str::to_owned));

    let declared = declared();
    let unseen: Vec<&str> = declared
        .iter()
        .filter(|action| !action.split(':').any(|name| sent.contains(name)))
        .map(String::as_str)
        .collect();
    let excused: Vec<&str> = NOT_SEEN_HERE.iter().map(|(action, _)| *action).collect();
    assert_eq!(unseen, excused, "declared and not sent, against the list with reasons");
}

/// Reads the actions of the permissions page, which is written from the declarations.
fn declared() -> BTreeSet<String> {
    let page = include_str!("../docs/guide/permissions.md");
    let (page, _) = page.split_once("## Narrower").expect("the last part of the page");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
    rows.flat_map(|(service, named)| {
        named.split('`').skip(1).step_by(2).map(move |action| format!("{service}:{action}"))
    })
    .collect()
}
