"""One table of scenarios, for the simulated region and for moto: what AWS answers to what.

    python scenarios.py ENDPOINT

Prints {name: result} as JSON. Each scenario starts in a region of its own making: it makes what it needs and takes it
away again. `tests/conformance.rs` runs them against both and compares with EXPECTED; where moto differs from AWS, MOTO
says how, and why the simulated region follows AWS.
"""

import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

SCENARIOS = {}
EXPECTED = {}
MOTO = {}


def scenario(expected, moto=None, because=None):
    """`moto` is what moto answers instead, and `because` the behaviour of AWS that it differs from."""

    def register(function):
        name = function.__name__
        SCENARIOS[name] = function
        EXPECTED[name] = expected
        if because is not None:
            MOTO[name] = {"result": moto, "because": because}
        return function

    return register


class Clients:
    def __init__(self, endpoint):
        config = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=60)
        for service in ("ec2", "iam", "logs", "sts"):
            client = boto3.client(
                service,
                endpoint_url=endpoint,
                region_name="us-east-1",
                aws_access_key_id="AKIAFAKEFAKEFAKEFAKE",
                aws_secret_access_key="fake",
                config=config,
            )
            setattr(self, service, client)


def outcome(function, **arguments):
    """`ok`, or the code of the error."""
    try:
        function(**arguments)
        return "ok"
    except ClientError as error:
        return error.response["Error"]["Code"]


class Network:
    """A VPC with a public subnet; `with` takes it away."""

    def __init__(self, aws):
        self.ec2 = ec2 = aws.ec2
        self.vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnet = ec2.create_subnet(VpcId=self.vpc, CidrBlock="10.0.0.0/24", AvailabilityZone="us-east-1a")[
            "Subnet"
        ]["SubnetId"]
        self.gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)
        self.table = ec2.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        ec2 = self.ec2
        own = [{"Name": "vpc-id", "Values": [self.vpc]}]
        ids = [
            i["InstanceId"]
            for r in ec2.describe_instances(Filters=own)["Reservations"]
            for i in r["Instances"]
            if i["State"]["Name"] != "terminated"
        ]
        if ids:
            ec2.terminate_instances(InstanceIds=ids)
        for nat in ec2.describe_nat_gateways(Filters=own)["NatGateways"]:
            if nat["State"] not in ("deleted", "failed"):
                ec2.delete_nat_gateway(NatGatewayId=nat["NatGatewayId"])
        endpoints = [e["VpcEndpointId"] for e in ec2.describe_vpc_endpoints(Filters=own)["VpcEndpoints"]]
        if endpoints:
            ec2.delete_vpc_endpoints(VpcEndpointIds=endpoints)
        for group in ec2.describe_security_groups(Filters=own)["SecurityGroups"]:
            if group["IpPermissions"] and group["GroupName"] != "default":
                ec2.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=group["IpPermissions"])
        for group in ec2.describe_security_groups(Filters=own)["SecurityGroups"]:
            if group["GroupName"] != "default":
                ec2.delete_security_group(GroupId=group["GroupId"])
        for subnet in ec2.describe_subnets(Filters=own)["Subnets"]:
            ec2.delete_subnet(SubnetId=subnet["SubnetId"])
        for table in ec2.describe_route_tables(Filters=own)["RouteTables"]:
            if not any(a.get("Main") for a in table["Associations"]):
                ec2.delete_route_table(RouteTableId=table["RouteTableId"])
        for gateway in ec2.describe_internet_gateways(Filters=[{"Name": "attachment.vpc-id", "Values": [self.vpc]}])[
            "InternetGateways"
        ]:
            ec2.detach_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"], VpcId=self.vpc)
        ec2.delete_internet_gateway(InternetGatewayId=self.gateway)
        ec2.delete_vpc(VpcId=self.vpc)


def image(aws):
    found = aws.ec2.describe_images(
        Owners=["amazon"],
        Filters=[{"Name": "name", "Values": ["al2023-ami-2023.*"]}, {"Name": "architecture", "Values": ["x86_64"]}],
    )["Images"]
    return max(found, key=lambda i: i["CreationDate"])["ImageId"]


# ---- network


@scenario({"Default": 1, "Zones": True})
def a_new_account(aws):
    vpcs = aws.ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    zones = aws.ec2.describe_availability_zones()["AvailabilityZones"]
    return {"Default": len(vpcs), "Zones": all(z["State"] == "available" for z in zones) and len(zones) >= 3}


@scenario(["DependencyViolation"] * 3)
def a_vpc_that_is_not_empty(aws):
    with Network(aws) as n:
        return [
            outcome(aws.ec2.delete_vpc, VpcId=n.vpc),
            outcome(aws.ec2.delete_internet_gateway, InternetGatewayId=n.gateway),
            (aws.ec2.associate_route_table(RouteTableId=n.table, SubnetId=n.subnet), 0)[1]
            or outcome(aws.ec2.delete_route_table, RouteTableId=n.table),
        ]


@scenario({"subnet": "DependencyViolation", "gateway": "DependencyViolation", "group": "DependencyViolation", "empty": "ok"})
def a_vpc_with_one_thing_in_it(aws):
    ec2 = aws.ec2
    vpc = ec2.create_vpc(CidrBlock="10.3.0.0/16")["Vpc"]["VpcId"]
    delete = lambda: outcome(ec2.delete_vpc, VpcId=vpc)
    results = {}
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.3.0.0/24")["Subnet"]["SubnetId"]
    results["subnet"] = delete()
    ec2.delete_subnet(SubnetId=subnet)
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    results["gateway"] = delete()
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    ec2.delete_internet_gateway(InternetGatewayId=gateway)
    group = ec2.create_security_group(VpcId=vpc, GroupName="only", Description="d")["GroupId"]
    results["group"] = delete()
    ec2.delete_security_group(GroupId=group)
    results["empty"] = delete()
    return results


@scenario(["DependencyViolation", "DependencyViolation", "AuthFailure"])
def what_a_nat_gateway_holds(aws):
    with Network(aws) as n:
        address = aws.ec2.allocate_address(Domain="vpc")["AllocationId"]
        nat = aws.ec2.create_nat_gateway(SubnetId=n.subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
        results = [
            outcome(aws.ec2.delete_subnet, SubnetId=n.subnet),
            outcome(aws.ec2.detach_internet_gateway, InternetGatewayId=n.gateway, VpcId=n.vpc),
            outcome(aws.ec2.release_address, AllocationId=address),
        ]
        aws.ec2.delete_nat_gateway(NatGatewayId=nat)
        aws.ec2.describe_nat_gateways(NatGatewayIds=[nat])
        aws.ec2.release_address(AllocationId=address)
        return results


@scenario(["InvalidSubnet.Conflict", "InvalidSubnet.Range", "InvalidParameterValue", "InvalidVpcID.NotFound"])
def impossible_subnets(aws):
    with Network(aws) as n:
        subnet = lambda **k: outcome(aws.ec2.create_subnet, **{"VpcId": n.vpc, "CidrBlock": "10.0.7.0/24", **k})
        return [
            subnet(CidrBlock="10.0.0.128/25"),
            subnet(CidrBlock="10.9.0.0/24"),
            subnet(AvailabilityZone="us-east-1z"),
            subnet(VpcId="vpc-0123456789abcdef0"),
        ]


@scenario(["10.0.0.0/16", "InvalidVpc.Range"])
def blocks_of_a_vpc(aws):
    vpc = aws.ec2.create_vpc(CidrBlock="10.0.3.4/16")["Vpc"]
    aws.ec2.delete_vpc(VpcId=vpc["VpcId"])
    return [vpc["CidrBlock"], outcome(aws.ec2.create_vpc, CidrBlock="10.0.0.0/8")]


@scenario({"key and value": 3, "tag": 3, "type": ["vpc"], "pages": 3, "deleted": 0, "unknown": "InvalidParameterValue"})
def tags_of_all_types(aws):
    ec2 = aws.ec2
    tag = {"Key": "landfall:test", "Value": "tags"}
    tags = lambda kind: [{"ResourceType": kind, "Tags": [tag, {"Key": "Name", "Value": "x"}]}]
    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16", TagSpecifications=tags("vpc"))["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway(TagSpecifications=tags("internet-gateway"))["InternetGateway"][
        "InternetGatewayId"]
    address = ec2.allocate_address(Domain="vpc", TagSpecifications=tags("elastic-ip"))["AllocationId"]
    by = lambda **filters: [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in filters.items()]
    own = by(key=tag["Key"], value=tag["Value"])
    found = lambda filters: ec2.describe_tags(Filters=filters)["Tags"]
    pages = ec2.get_paginator("describe_tags").paginate(Filters=own, PaginationConfig={"PageSize": 5})
    results = {
        "key and value": len(found(own)),
        "tag": len(found([{"Name": "tag:landfall:test", "Values": ["tags"]}])),
        "type": [t["ResourceType"] for t in found(own + by(resource_type="vpc"))],
        "pages": sum(len(page["Tags"]) for page in pages),
        "unknown": outcome(ec2.describe_tags, Filters=by(vpc_id=vpc)),
    }
    ec2.delete_vpc(VpcId=vpc)
    ec2.delete_internet_gateway(InternetGatewayId=gateway)
    ec2.release_address(AllocationId=address)
    return results | {"deleted": len(found(own))}


@scenario([False, True, True])
def dns_attributes(aws):
    with Network(aws) as n:
        read = lambda a: aws.ec2.describe_vpc_attribute(VpcId=n.vpc, Attribute=a)
        before = read("enableDnsHostnames")["EnableDnsHostnames"]["Value"]
        aws.ec2.modify_vpc_attribute(VpcId=n.vpc, EnableDnsHostnames={"Value": True})
        return [before, read("enableDnsHostnames")["EnableDnsHostnames"]["Value"], read("enableDnsSupport")["EnableDnsSupport"]["Value"]]


@scenario(["ok", "RouteAlreadyExists", "ok", "ok", "InvalidRoute.NotFound"])
def routes(aws):
    with Network(aws) as n:
        route = {"RouteTableId": n.table, "DestinationCidrBlock": "0.0.0.0/0"}
        return [
            outcome(aws.ec2.create_route, GatewayId=n.gateway, **route),
            outcome(aws.ec2.create_route, GatewayId=n.gateway, **route),
            outcome(aws.ec2.replace_route, GatewayId=n.gateway, **route),
            outcome(aws.ec2.delete_route, **route),
            outcome(aws.ec2.delete_route, **route),
        ]


@scenario({"again": "Resource.AlreadyAssociated", "new": True, "left": 0})
def associations(aws):
    with Network(aws) as n:
        first = aws.ec2.associate_route_table(RouteTableId=n.table, SubnetId=n.subnet)["AssociationId"]
        other = aws.ec2.create_route_table(VpcId=n.vpc)["RouteTable"]["RouteTableId"]
        again = outcome(aws.ec2.associate_route_table, RouteTableId=other, SubnetId=n.subnet)
        second = aws.ec2.replace_route_table_association(AssociationId=first, RouteTableId=other)["NewAssociationId"]
        aws.ec2.delete_subnet(SubnetId=n.subnet)
        tables = aws.ec2.describe_route_tables(RouteTableIds=[n.table, other])["RouteTables"]
        return {"again": again, "new": second != first, "left": sum(len(t["Associations"]) for t in tables)}


@scenario({"routes": ["vpce"], "second": "RouteAlreadyExists", "after": []})
def a_gateway_endpoint(aws):
    with Network(aws) as n:
        make = {"VpcId": n.vpc, "ServiceName": "com.amazonaws.us-east-1.s3", "RouteTableIds": [n.table]}
        endpoint = aws.ec2.create_vpc_endpoint(**make)["VpcEndpoint"]["VpcEndpointId"]
        read = lambda: [
            r["GatewayId"].split("-")[0]
            for r in aws.ec2.describe_route_tables(RouteTableIds=[n.table])["RouteTables"][0]["Routes"]
            if "DestinationPrefixListId" in r
        ]
        before, second = read(), outcome(aws.ec2.create_vpc_endpoint, **make)
        aws.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
        return {"routes": before, "second": second, "after": read()}


# ---- security groups


@scenario({"out": 1, "dup": "InvalidPermission.Duplicate", "rules": 4, "none": "InvalidPermission.NotFound"})
def rules_of_a_group(aws):
    with Network(aws) as n:
        group = aws.ec2.create_security_group(VpcId=n.vpc, GroupName="g", Description="d")["GroupId"]
        own = [{"Name": "group-id", "Values": [group]}]
        out = [r for r in aws.ec2.describe_security_group_rules(Filters=own)["SecurityGroupRules"] if r["IsEgress"]]
        permission = lambda port, *cidrs: {
            "IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": c} for c in cidrs]
        }
        aws.ec2.authorize_security_group_ingress(
            GroupId=group, IpPermissions=[permission(22, "192.0.2.0/24", "198.51.100.0/24"), permission(80, "192.0.2.0/24")]
        )
        # One of them is there already: none of the others is added.
        dup = outcome(
            aws.ec2.authorize_security_group_ingress,
            GroupId=group,
            IpPermissions=[permission(443, "192.0.2.0/24"), permission(80, "192.0.2.0/24")],
        )
        rules = aws.ec2.describe_security_group_rules(Filters=own)["SecurityGroupRules"]
        none = outcome(aws.ec2.revoke_security_group_ingress, GroupId=group, IpPermissions=[permission(9, "192.0.2.0/24")])
        return {"out": len(out), "dup": dup, "rules": len(rules), "none": none}


@scenario(["InvalidGroup.Duplicate", "DependencyViolation", "CannotDelete", "InvalidGroup.NotFound"])
def groups_that_cannot_be_made_or_deleted(aws):
    with Network(aws) as n:
        make = lambda name: aws.ec2.create_security_group(VpcId=n.vpc, GroupName=name, Description="d")["GroupId"]
        one, other = make("one"), make("other")
        aws.ec2.authorize_security_group_ingress(
            GroupId=one, IpPermissions=[{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": other}]}]
        )
        default = aws.ec2.describe_security_groups(
            Filters=[{"Name": "vpc-id", "Values": [n.vpc]}, {"Name": "group-name", "Values": ["default"]}]
        )["SecurityGroups"][0]["GroupId"]
        return [
            outcome(aws.ec2.create_security_group, VpcId=n.vpc, GroupName="one", Description="d"),
            outcome(aws.ec2.delete_security_group, GroupId=other),
            outcome(aws.ec2.delete_security_group, GroupId=default),
            outcome(aws.ec2.delete_security_group, GroupId="sg-0123456789abcdef0"),
        ]


# ---- instances


def launch(aws, n, **more):
    return aws.ec2.run_instances(
        **{"ImageId": image(aws), "InstanceType": "m6i.large", "MinCount": 1, "MaxCount": 1, "SubnetId": n.subnet, **more}
    )


@scenario({"indexes": [0, 1, 2], "tags": ["a", "a", "a"], "tokens": 1})
def a_launch_of_three(aws):
    with Network(aws) as n:
        made = launch(
            aws, n, MaxCount=3, ClientToken="t",
            TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "k", "Value": "a"}]}],
        )["Instances"]
        return {
            "indexes": sorted(i["AmiLaunchIndex"] for i in made),
            "tags": [i["Tags"][0]["Value"] for i in made],
            "tokens": len({i["ClientToken"] for i in made}),
        }


@scenario({"same": True, "count": 2, "other": "IdempotentParameterMismatch"})
def the_same_token_again(aws):
    with Network(aws) as n:
        ids = lambda **k: sorted(i["InstanceId"] for i in launch(aws, n, ClientToken="again", **k)["Instances"])
        first, second = ids(MaxCount=2), ids(MaxCount=2)
        return {"same": first == second, "count": len(second), "other": outcome(launch, aws=aws, n=n, ClientToken="again", MaxCount=3)}


@scenario(["InvalidAMIID.NotFound", "InvalidSubnetID.NotFound", "InvalidParameterValue", "InvalidGroup.NotFound"])
def launches_that_are_refused(aws):
    with Network(aws) as n:
        return [
            outcome(launch, aws=aws, n=n, ImageId="ami-0123456789abcdef0"),
            outcome(launch, aws=aws, n=n, SubnetId="subnet-0123456789abcdef0"),
            outcome(launch, aws=aws, n=n, IamInstanceProfile={"Name": "nobody-made-this"}),
            outcome(launch, aws=aws, n=n, SecurityGroupIds=["sg-0123456789abcdef0"]),
        ]


@scenario(["DryRunOperation", "InvalidInstanceID.NotFound", "shutting-down or terminated", "ok"])
def terminating(aws):
    with Network(aws) as n:
        first, second = (i["InstanceId"] for i in launch(aws, n, MinCount=2, MaxCount=2)["Instances"])
        results = [
            outcome(aws.ec2.terminate_instances, InstanceIds=[first], DryRun=True),
            outcome(aws.ec2.terminate_instances, InstanceIds=[first, "i-0123456789abcdef0"]),
        ]
        state = aws.ec2.terminate_instances(InstanceIds=[first])["TerminatingInstances"][0]["CurrentState"]["Name"]
        results.append("shutting-down or terminated" if state in ("shutting-down", "terminated") else state)
        results.append(outcome(aws.ec2.terminate_instances, InstanceIds=[first, second]))
        return results


@scenario({"in use": "DependencyViolation", "after": "ok"})
def a_subnet_with_an_instance(aws):
    with Network(aws) as n:
        instance = launch(aws, n)["Instances"][0]["InstanceId"]
        before = outcome(aws.ec2.delete_subnet, SubnetId=n.subnet)
        aws.ec2.terminate_instances(InstanceIds=[instance])
        aws.ec2.describe_instances(InstanceIds=[instance])
        return {"in use": before, "after": outcome(aws.ec2.delete_subnet, SubnetId=n.subnet)}


@scenario({"in use": "DependencyViolation", "after": "ok"})
def a_group_on_an_instance(aws):
    with Network(aws) as n:
        group = aws.ec2.create_security_group(VpcId=n.vpc, GroupName="worn", Description="d")["GroupId"]
        instance = launch(aws, n, SecurityGroupIds=[group])["Instances"][0]["InstanceId"]
        before = outcome(aws.ec2.delete_security_group, GroupId=group)
        aws.ec2.terminate_instances(InstanceIds=[instance])
        aws.ec2.describe_instances(InstanceIds=[instance])
        return {"in use": before, "after": outcome(aws.ec2.delete_security_group, GroupId=group)}


@scenario(["spot", "on-demand"])
def markets(aws):
    with Network(aws) as n:
        spot = {"MarketType": "spot", "SpotOptions": {"SpotInstanceType": "one-time"}}
        made = [launch(aws, n, InstanceMarketOptions=spot)["Instances"][0], launch(aws, n)["Instances"][0]]
        return [i.get("InstanceLifecycle", "on-demand") for i in made]


@scenario({"offered": True, "unknown": 0, "architecture": ["x86_64"]})
def types(aws):
    offers = lambda name: aws.ec2.describe_instance_type_offerings(
        LocationType="availability-zone", Filters=[{"Name": "instance-type", "Values": [name]}]
    )["InstanceTypeOfferings"]
    (info,) = aws.ec2.describe_instance_types(Filters=[{"Name": "instance-type", "Values": ["m6i.large"]}])["InstanceTypes"]
    return {
        "offered": len(offers("m6i.large")) >= 3,
        "unknown": len(offers("z9.nonsense")),
        "architecture": [a for a in info["ProcessorInfo"]["SupportedArchitectures"] if a != "i386"],
    }


# ---- tags


@scenario({"found": 1, "after": 0, "wrong type": "InvalidParameterValue"})
def tags(aws):
    made = aws.ec2.create_vpc(
        CidrBlock="10.1.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": [{"Key": "who", "Value": "me"}]}]
    )["Vpc"]["VpcId"]
    found = lambda: len(aws.ec2.describe_vpcs(Filters=[{"Name": "tag:who", "Values": ["m?"]}])["Vpcs"])
    before = found()
    aws.ec2.delete_tags(Resources=[made], Tags=[{"Key": "who"}])
    result = {
        "found": before,
        "after": found(),
        "wrong type": outcome(
            aws.ec2.create_vpc, CidrBlock="10.2.0.0/16",
            TagSpecifications=[{"ResourceType": "subnet", "Tags": [{"Key": "k", "Value": "v"}]}],
        ),
    }
    aws.ec2.delete_vpc(VpcId=made)
    return result


@scenario("InvalidParameterValue", moto="ok", because="keys that begin with aws: are AWS's own, for CreateTags as well")
def a_reserved_tag(aws):
    made = aws.ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    result = outcome(aws.ec2.create_tags, Resources=[made], Tags=[{"Key": "aws:x", "Value": "y"}])
    aws.ec2.delete_vpc(VpcId=made)
    return result


@scenario(["InvalidVpcID.NotFound", 0])
def what_does_not_exist(aws):
    missing = "vpc-0123456789abcdef0"
    by_filter = aws.ec2.describe_vpcs(Filters=[{"Name": "vpc-id", "Values": [missing]}])["Vpcs"]
    return [outcome(aws.ec2.describe_vpcs, VpcIds=[missing]), len(by_filter)]


# ---- IAM

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
READ = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"


@scenario(["EntityAlreadyExists", "NoSuchEntity", "NoSuchEntity"])
def roles_that_are_refused(aws):
    aws.iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    results = [
        outcome(aws.iam.create_role, RoleName="r", AssumeRolePolicyDocument=TRUST),
        outcome(aws.iam.attach_role_policy, RoleName="r", PolicyArn="arn:aws:iam::aws:policy/NoSuchPolicyAtAll"),
        outcome(aws.iam.get_role, RoleName="nobody"),
    ]
    aws.iam.delete_role(RoleName="r")
    return results


@scenario("MalformedPolicyDocument", moto="ok", because="a trust policy must be a policy document")
def a_trust_policy_that_is_none(aws):
    result = outcome(aws.iam.create_role, RoleName="broken", AssumeRolePolicyDocument="{")
    if result == "ok":
        aws.iam.delete_role(RoleName="broken")
    return result


@scenario(["DeleteConflict", "DeleteConflict", "DeleteConflict", "DeleteConflict", "LimitExceeded", "ok", "ok"])
def identities_in_use(aws):
    iam = aws.iam
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    iam.attach_role_policy(RoleName="r", PolicyArn=READ)
    results = [outcome(iam.delete_role, RoleName="r")]
    iam.detach_role_policy(RoleName="r", PolicyArn=READ)
    allow = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=allow)
    results.append(outcome(iam.delete_role, RoleName="r"))
    iam.delete_role_policy(RoleName="r", PolicyName="p")
    iam.create_instance_profile(InstanceProfileName="i")
    iam.add_role_to_instance_profile(InstanceProfileName="i", RoleName="r")
    results.append(outcome(iam.delete_role, RoleName="r"))
    results.append(outcome(iam.delete_instance_profile, InstanceProfileName="i"))
    results.append(outcome(iam.add_role_to_instance_profile, InstanceProfileName="i", RoleName="r"))
    iam.remove_role_from_instance_profile(InstanceProfileName="i", RoleName="r")
    results.append(outcome(iam.delete_instance_profile, InstanceProfileName="i"))
    results.append(outcome(iam.delete_role, RoleName="r"))
    return results


@scenario({"path": "/a/b/", "tags": {"k": "v"}, "document": True})
def what_a_role_shows(aws):
    aws.iam.create_role(RoleName="r", Path="/a/b/", AssumeRolePolicyDocument=TRUST, Tags=[{"Key": "k", "Value": "v"}])
    role = aws.iam.get_role(RoleName="r")["Role"]
    aws.iam.delete_role(RoleName="r")
    return {
        "path": role["Path"],
        "tags": {t["Key"]: t["Value"] for t in role["Tags"]},
        "document": role["AssumeRolePolicyDocument"] == json.loads(TRUST),
    }


# ---- logs


@scenario({"dup": "ResourceAlreadyExistsException", "retention": 7, "tags": {"k": "v"}, "gone": "ResourceNotFoundException"})
def a_log_group(aws):
    logs = aws.logs
    logs.create_log_group(logGroupName="g", tags={"k": "v"})
    dup = outcome(logs.create_log_group, logGroupName="g")
    logs.put_retention_policy(logGroupName="g", retentionInDays=7)
    (group,) = logs.describe_log_groups(logGroupNamePrefix="g")["logGroups"]
    tags = logs.list_tags_for_resource(resourceArn=group["arn"].removesuffix(":*"))["tags"]
    logs.delete_log_group(logGroupName="g")
    return {"dup": dup, "retention": group["retentionInDays"], "tags": tags, "gone": outcome(logs.delete_log_group, logGroupName="g")}


@scenario("InvalidParameterException")
def an_odd_retention(aws):
    aws.logs.create_log_group(logGroupName="odd")
    result = outcome(aws.logs.put_retention_policy, logGroupName="odd", retentionInDays=6)
    aws.logs.delete_log_group(logGroupName="odd")
    return result


@scenario("InvalidVpcID.Malformed", moto="InvalidVpcID.NotFound", because="an id in the wrong form has another code than an unknown one")
def a_malformed_id(aws):
    return outcome(aws.ec2.describe_vpcs, VpcIds=["vpc-xyz"])


@scenario(12)
def the_account(aws):
    return len(aws.sts.get_caller_identity()["Account"])


def main():
    aws = Clients(sys.argv[1])
    results = {}
    for name, function in SCENARIOS.items():
        try:
            results[name] = function(aws)
        except Exception as error:  # the others go on, and the comparison shows this one
            results[name] = f"{type(error).__name__}: {error}"
    print(json.dumps({"results": results, "expected": EXPECTED, "moto": MOTO}))


if __name__ == "__main__":
    main()
