"""One test for each repair: what AWS does. Run by `python -m unittest` in the environment of requirements.txt.

With LANDFALL_MOTO_PLAIN=1 the server is moto without the repairs, and every test here fails: one that does not
tests nothing, or moto has learnt it and the repair can go.
"""

import itertools
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse
import urllib.request

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError

HERE = pathlib.Path(__file__).resolve().parent
numbers = itertools.count(1)


class Server:
    def __init__(self, *options):
        self.folder = tempfile.TemporaryDirectory()
        port_file = pathlib.Path(self.folder.name, "port")
        plain = ["--plain"] if os.environ.get("LANDFALL_MOTO_PLAIN") else []
        command = [sys.executable, HERE / "server.py", "--port-file", port_file, *options, *plain]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not port_file.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the server does not start")
            time.sleep(0.02)
        self.endpoint = f"http://127.0.0.1:{port_file.read_text().strip()}"

    def client(self, service, region="us-east-1"):
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id="AKIAFAKEFAKEFAKEFAKE",
            aws_secret_access_key="fake",
            config=Config(retries={"total_max_attempts": 1}),
        )

    def control(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.endpoint}/landfall/{path}", data, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()


def setUpModule():
    global server, ec2, iam, logs
    server = Server()
    unittest.addModuleCleanup(server.stop)
    ec2, iam, logs = (server.client(service) for service in ("ec2", "iam", "logs"))


def name(what="thing") -> str:
    return f"{what}-{next(numbers)}"


def tagged(kind, **tags):
    return {"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def by(**filters):
    return [{"Name": key.replace("_", "-"), "Values": [value]} for key, value in filters.items()]


TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)


class Network:
    """A VPC with what a test wants in it."""

    def __init__(self, ec2):
        self.ec2 = ec2
        self.vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.blocks = itertools.count()

    def subnet(self, zone="us-east-1a"):
        cidr = f"10.0.{next(self.blocks)}.0/24"
        answer = self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=cidr, AvailabilityZone=zone)
        return answer["Subnet"]["SubnetId"]

    def group(self):
        return self.ec2.create_security_group(VpcId=self.vpc, GroupName=name("group"), Description="x")["GroupId"]

    def table(self):
        return self.ec2.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"]

    def gateway(self):
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=self.vpc)
        return gateway

    def nat(self, subnet=None, **more):
        address = self.ec2.allocate_address(Domain="vpc")["AllocationId"]
        nat = self.ec2.create_nat_gateway(SubnetId=subnet or self.subnet(), AllocationId=address, **more)["NatGateway"]
        return nat["NatGatewayId"], address

    def endpoint(self, *tables):
        answer = self.ec2.create_vpc_endpoint(
            VpcId=self.vpc, ServiceName="com.amazonaws.us-east-1.s3", RouteTableIds=list(tables)
        )
        return answer["VpcEndpoint"]

    def interfaces(self):
        return self.ec2.describe_network_interfaces(Filters=by(vpc_id=self.vpc))["NetworkInterfaces"]


def image(architecture="x86_64", client=None) -> str:
    filters = by(name="al2023-ami-2023.9.*", architecture=architecture) or None
    images = (client or ec2).describe_images(Owners=["amazon"], Filters=filters)["Images"]
    return images[0]["ImageId"] if images else "ami-12345678"


def launch(client=None, low=1, high=1, **more):
    client = client or ec2
    if "NetworkInterfaces" not in more:
        more.setdefault("SubnetId", Network(client).subnet())
    more = {"InstanceType": "m6i.large", "ImageId": image(client=client), **more}
    return client.run_instances(MinCount=low, MaxCount=high, **more)


def ids(reservation):
    return [instance["InstanceId"] for instance in reservation["Instances"]]


def describe(client, *instance_ids):
    answer = client.describe_instances(InstanceIds=list(instance_ids))
    return [instance for reservation in answer["Reservations"] for instance in reservation["Instances"]]


def raw(action, parameters) -> str:
    """A call as a client sends it that fills in no token, as boto3 would."""
    body = urllib.parse.urlencode({"Action": action, "Version": "2016-11-15", **parameters})
    request = AWSRequest("POST", f"{server.endpoint}/", data=body)
    request.headers["Content-Type"] = "application/x-www-form-urlencoded"
    SigV4Auth(Credentials("AKIAFAKEFAKEFAKEFAKE", "fake"), "ec2", "us-east-1").add_auth(request)
    with urllib.request.urlopen(urllib.request.Request(request.url, body.encode(), dict(request.headers))) as answer:
        return answer.read().decode()


class Case(unittest.TestCase):
    def refused(self, code, call, *args, **kwargs):
        with self.assertRaises(ClientError) as caught:
            call(*args, **kwargs)
        error = caught.exception.response["Error"]
        self.assertEqual(error["Code"], code, error["Message"])
        return error["Message"]


class Launches(Case):
    def test_max_count_in_one_reservation(self):
        reservation = launch(low=1, high=5)
        self.assertEqual([i["AmiLaunchIndex"] for i in reservation["Instances"]], [0, 1, 2, 3, 4])

    def test_counts_must_make_sense(self):
        self.refused("InvalidParameterValue", launch, low=3, high=2)

    def test_every_instance_has_the_profile(self):
        profile = name("profile")
        iam.create_role(RoleName=profile, AssumeRolePolicyDocument=TRUST)
        arn = iam.create_instance_profile(InstanceProfileName=profile)["InstanceProfile"]["Arn"]
        iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=profile)
        reservation = launch(low=3, high=3, IamInstanceProfile={"Name": profile})
        shown = [i.get("IamInstanceProfile", {}).get("Arn") for i in describe(ec2, *ids(reservation))]
        self.assertEqual(shown, [arn] * 3)
        users = ec2.describe_instances(Filters=[{"Name": "iam-instance-profile.arn", "Values": [arn]}])["Reservations"]
        self.assertEqual(sorted(i for r in users for i in ids(r)), sorted(ids(reservation)))

    def test_absent_profile(self):
        message = self.refused("InvalidParameterValue", launch, IamInstanceProfile={"Name": "nobody"})
        self.assertEqual(
            message,
            "Value (nobody) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name",
        )

    def test_profile_without_role(self):
        profile = name("profile")
        iam.create_instance_profile(InstanceProfileName=profile)
        message = self.refused("InvalidParameterValue", launch, IamInstanceProfile={"Name": profile})
        self.assertIn("has no associated IAM Roles", message)

    def test_tags_of_instance_volume_and_interface(self):
        kinds = ("instance", "volume", "network-interface")
        (instance,) = launch(TagSpecifications=[tagged(kind, on=kind) for kind in kinds])["Instances"]
        (interface,) = instance["NetworkInterfaces"]
        tags = ec2.describe_tags(Filters=by(resource_id=interface["NetworkInterfaceId"]))["Tags"]
        self.assertEqual([tag["Value"] for tag in tags], ["network-interface"])

    def test_tags_of_a_type_that_is_not_made(self):
        self.refused("InvalidParameterValue", launch, TagSpecifications=[tagged("vpc", a="b")])

    def test_reserved_tags(self):
        request = {"CidrBlock": "10.0.0.0/16", "TagSpecifications": [tagged("vpc", **{"aws:mine": "b"})]}
        self.refused("InvalidParameterValue", ec2.create_vpc, **request)

    def test_unknown_image(self):
        self.refused("InvalidAMIID.NotFound", launch, ImageId="ami-00000000000000000")

    def test_unknown_type(self):
        self.refused("InvalidParameterValue", launch, InstanceType="m6i.tiny")

    def test_type_that_the_zone_does_not_have(self):
        subnet = Network(ec2).subnet(zone="us-east-1e")
        self.refused("Unsupported", launch, SubnetId=subnet)

    def test_image_of_another_architecture(self):
        message = self.refused("InvalidParameterValue", launch, ImageId=image("arm64"))
        self.assertIn("architecture", message)

    def test_unknown_group_of_an_interface(self):
        interface = {"DeviceIndex": 0, "SubnetId": Network(ec2).subnet(), "Groups": ["sg-00000000000000000"]}
        self.refused("InvalidGroup.NotFound", launch, NetworkInterfaces=[interface])

    def test_groups_of_the_interface_are_the_instances(self):
        network = Network(ec2)
        group = network.group()
        interface = {"DeviceIndex": 0, "SubnetId": network.subnet(), "Groups": [group]}
        (instance,) = launch(NetworkInterfaces=[interface])["Instances"]
        self.assertEqual([g["GroupId"] for g in instance["SecurityGroups"]], [group])

    def test_root_volume_as_the_image_has_it_and_of_the_size_asked_for(self):
        mapping = {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 50}}
        (instance,) = ids(launch(BlockDeviceMappings=[mapping]))
        (volume,) = ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [instance]}])["Volumes"]
        self.assertEqual((volume["Size"], volume["VolumeType"]), (50, "gp3"))
        ec2.terminate_instances(InstanceIds=[instance])
        self.refused("InvalidVolume.NotFound", ec2.describe_volumes, VolumeIds=[volume["VolumeId"]])

    def test_default_root_volume_is_the_images(self):
        (instance,) = describe(ec2, *ids(launch()))
        self.assertEqual(instance["BlockDeviceMappings"][0]["DeviceName"], "/dev/xvda")

    def test_template_gives_what_the_request_leaves_out(self):
        template = name("template")
        ec2.create_launch_template(
            LaunchTemplateName=template,
            LaunchTemplateData={
                "ImageId": image(),
                "InstanceType": "m6i.large",
                "InstanceMarketOptions": {"MarketType": "spot"},
                "MetadataOptions": {"HttpTokens": "required"},
            },
        )
        (instance,) = ec2.run_instances(
            MinCount=1, MaxCount=1, LaunchTemplate={"LaunchTemplateName": template}, SubnetId=Network(ec2).subnet()
        )["Instances"]
        self.assertEqual(instance.get("InstanceLifecycle"), "spot")
        self.assertEqual(instance["MetadataOptions"]["HttpTokens"], "required")

    def test_no_token_shown_where_none_was_given(self):
        request = {"ImageId": image(), "InstanceType": "m6i.large", "SubnetId": Network(ec2).subnet()}
        self.assertNotIn("ABCDE", raw("RunInstances", {"MinCount": "1", "MaxCount": "1", **request}))


class Terminations(Case):
    def test_interfaces_go(self):
        network = Network(ec2)
        instance_ids = ids(launch(high=3, SubnetId=network.subnet()))
        self.assertGreater(len(network.interfaces()), 0)
        ec2.terminate_instances(InstanceIds=instance_ids)
        self.assertEqual(network.interfaces(), [])

    def test_the_terminated_have_no_address(self):
        (instance,) = ids(launch())
        ec2.terminate_instances(InstanceIds=[instance])
        (instance,) = describe(ec2, instance)
        self.assertEqual(instance["State"]["Name"], "terminated")
        self.assertNotIn("PrivateIpAddress", instance)
        self.assertNotIn("SubnetId", instance)

    def test_terminating_twice_is_a_success(self):
        (instance,) = ids(launch())
        ec2.terminate_instances(InstanceIds=[instance])
        (again,) = ec2.terminate_instances(InstanceIds=[instance])["TerminatingInstances"]
        self.assertEqual(again["PreviousState"]["Name"], "terminated")
        self.assertEqual(describe(ec2, instance)[0].get("SubnetId"), None)


class Tokens(Case):
    def test_run_instances(self):
        subnet, token = Network(ec2).subnet(), name("token")
        first = launch(low=2, high=2, SubnetId=subnet, ClientToken=token)
        again = launch(low=2, high=2, SubnetId=subnet, ClientToken=token)
        self.assertEqual(ids(again), ids(first))
        self.assertEqual(again["ReservationId"], first["ReservationId"])
        found = ec2.describe_instances(Filters=by(client_token=token))["Reservations"]
        self.assertEqual([ids(reservation) for reservation in found], [ids(first)])

    def test_other_parameters(self):
        subnet, token = Network(ec2).subnet(), name("token")
        launch(low=2, high=2, SubnetId=subnet, ClientToken=token)
        self.refused("IdempotentParameterMismatch", launch, low=3, high=3, SubnetId=subnet, ClientToken=token)

    def test_other_zone_launches_again(self):
        network, token = Network(ec2), name("token")
        first, other = (
            launch(SubnetId=network.subnet(zone), ClientToken=token) for zone in ("us-east-1a", "us-east-1b")
        )
        self.assertNotEqual(ids(first), ids(other))
        first_again = launch(SubnetId=first["Instances"][0]["SubnetId"], ClientToken=token)
        self.assertEqual(ids(first_again), ids(first))

    def test_after_termination(self):
        subnet, token = Network(ec2).subnet(), name("token")
        first = launch(SubnetId=subnet, ClientToken=token)
        ec2.terminate_instances(InstanceIds=ids(first))
        self.refused("IdempotentInstanceTerminated", launch, SubnetId=subnet, ClientToken=token)

    def test_dry_run_does_not_use_it_up(self):
        subnet, token = Network(ec2).subnet(), name("token")
        self.refused("DryRunOperation", launch, SubnetId=subnet, ClientToken=token, DryRun=True)
        first = launch(SubnetId=subnet, ClientToken=token)
        self.assertEqual(ids(launch(SubnetId=subnet, ClientToken=token)), ids(first))

    def test_nat_gateway(self):
        subnet, token = Network(ec2).subnet(), name("token")
        address = ec2.allocate_address(Domain="vpc")["AllocationId"]
        request = {"SubnetId": subnet, "AllocationId": address, "ClientToken": token}
        first, again = (ec2.create_nat_gateway(**request)["NatGateway"]["NatGatewayId"] for _ in range(2))
        self.assertEqual(first, again)

    def test_route_table(self):
        request = {"VpcId": Network(ec2).vpc, "ClientToken": name("token")}
        first, again = (ec2.create_route_table(**request)["RouteTable"]["RouteTableId"] for _ in range(2))
        self.assertEqual(first, again)
        other = {**request, "VpcId": Network(ec2).vpc}
        self.refused("IdempotentParameterMismatch", ec2.create_route_table, **other)

    def test_vpc_endpoint(self):
        network = Network(ec2)
        request = {
            "VpcId": network.vpc,
            "ServiceName": "com.amazonaws.us-east-1.s3",
            "RouteTableIds": [network.table()],
            "ClientToken": name("token"),
        }
        first, again = (ec2.create_vpc_endpoint(**request)["VpcEndpoint"]["VpcEndpointId"] for _ in range(2))
        self.assertEqual(first, again)

    def test_launch_template(self):
        data = {"InstanceType": "m6i.large"}
        request = {"LaunchTemplateName": name("lt"), "LaunchTemplateData": data, "ClientToken": name("token")}
        first, again = (ec2.create_launch_template(**request)["LaunchTemplate"]["LaunchTemplateId"] for _ in range(2))
        self.assertEqual(first, again)


class Groups(Case):
    def permission(self, port, cidr="0.0.0.0/0", **more):
        return {
            "IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": cidr, **more}],
        }  # fmt: skip

    def authorize(self, group, *permissions, **more):
        answer = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=list(permissions), **more)
        return answer["SecurityGroupRules"]

    def rules(self, group):
        rules = ec2.describe_security_group_rules(Filters=by(group_id=group))["SecurityGroupRules"]
        return [rule for rule in rules if not rule["IsEgress"]]

    def test_answer_has_all_rules_of_all_permissions(self):
        group = Network(ec2).group()
        added = self.authorize(
            group,
            self.permission(22),
            {**self.permission(8786), "Ipv6Ranges": [{"CidrIpv6": "::/0"}]},
            TagSpecifications=[tagged("security-group-rule", mine="yes")],
        )
        self.assertEqual([rule["FromPort"] for rule in added], [22, 8786, 8786])
        self.assertEqual([rule["Tags"] for rule in added], [[{"Key": "mine", "Value": "yes"}]] * 3)
        ids_added, ids_shown = ({r["SecurityGroupRuleId"] for r in rules} for rules in (added, self.rules(group)))
        self.assertEqual(ids_added, ids_shown)

    def test_egress_answers_alike(self):
        group = Network(ec2).group()
        permissions = [self.permission(80), self.permission(443)]
        added = ec2.authorize_security_group_egress(GroupId=group, IpPermissions=permissions)["SecurityGroupRules"]
        self.assertEqual([rule["FromPort"] for rule in added], [80, 443])

    def test_all_or_none(self):
        group = Network(ec2).group()
        self.authorize(group, self.permission(22))
        message = self.refused(
            "InvalidPermission.Duplicate", self.authorize, group, self.permission(80), self.permission(22)
        )
        self.assertIn('"peer: 0.0.0.0/0, TCP, from port: 22, to port: 22, ALLOW" already exists', message)
        self.assertEqual([rule["FromPort"] for rule in self.rules(group)], [22])

    def test_twice_in_a_call(self):
        group = Network(ec2).group()
        self.refused("InvalidParameterValue", self.authorize, group, self.permission(22), self.permission(22))
        self.assertEqual(self.rules(group), [])

    def test_description_is_no_part_of_identity(self):
        network = Network(ec2)
        group, other = network.group(), network.group()

        def from_group(text):
            pair = {"GroupId": other, "Description": text}
            return {"IpProtocol": "-1", "UserIdGroupPairs": [pair]}

        self.authorize(group, from_group("one"))
        self.refused("InvalidPermission.Duplicate", self.authorize, group, from_group("two"))

    def test_descriptions_of_every_source(self):
        network = Network(ec2)
        group, other = network.group(), network.group()
        pair = {"GroupId": other, "Description": "from a group"}
        self.authorize(group, {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "UserIdGroupPairs": [pair]})
        self.assertEqual([rule.get("Description") for rule in self.rules(group)], ["from a group"])

    def test_canonical_source(self):
        group = Network(ec2).group()
        (rule,) = self.authorize(group, self.permission(22, "203.0.113.77/24"))
        self.assertEqual(rule["CidrIpv4"], "203.0.113.0/24")
        self.refused("InvalidPermission.Duplicate", self.authorize, group, self.permission(22, "203.0.113.0/24"))

    def test_revoke_of_an_unknown_rule(self):
        group = Network(ec2).group()
        unknown = ["sgr-00000000000000000"]
        self.refused(
            "InvalidSecurityGroupRuleId.NotFound",
            ec2.revoke_security_group_ingress, GroupId=group, SecurityGroupRuleIds=unknown,
        )  # fmt: skip

    def test_modify_keeps_the_id(self):
        group = Network(ec2).group()
        ranges = [{"CidrIpv6": "::/0", "Description": "before"}]
        permission = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "Ipv6Ranges": ranges}
        rule_id = self.authorize(group, permission)[0]["SecurityGroupRuleId"]
        wanted = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "CidrIpv6": "2001:db8::/32", "Description": "after"}
        ec2.modify_security_group_rules(
            GroupId=group, SecurityGroupRules=[{"SecurityGroupRuleId": rule_id, "SecurityGroupRule": wanted}]
        )
        (rule,) = self.rules(group)
        shown = rule["SecurityGroupRuleId"], rule["CidrIpv6"], rule["Description"]
        self.assertEqual(shown, (rule_id, "2001:db8::/32", "after"))

    def test_names_without_case(self):
        network, group = Network(ec2), name("Group")
        ec2.create_security_group(VpcId=network.vpc, GroupName=group, Description="x")
        request = {"VpcId": network.vpc, "GroupName": group.lower(), "Description": "x"}
        self.refused("InvalidGroup.Duplicate", ec2.create_security_group, **request)

    def test_default_group_stays(self):
        filters = by(vpc_id=Network(ec2).vpc, group_name="default")
        (group,) = ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
        self.refused("CannotDelete", ec2.delete_security_group, GroupId=group["GroupId"])

    def test_group_of_an_interface_stays(self):
        network = Network(ec2)
        group = network.group()
        instance_ids = ids(launch(SubnetId=network.subnet(), SecurityGroupIds=[group]))
        self.refused("DependencyViolation", ec2.delete_security_group, GroupId=group)
        ec2.terminate_instances(InstanceIds=instance_ids)
        ec2.delete_security_group(GroupId=group)

    def test_group_that_another_refers_to_stays(self):
        network = Network(ec2)
        group, other = network.group(), network.group()
        self.authorize(other, {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]})
        self.refused("DependencyViolation", ec2.delete_security_group, GroupId=group)
        ec2.delete_security_group(GroupId=other)
        ec2.delete_security_group(GroupId=group)


class Networks(Case):
    def test_canonical_cidrs(self):
        vpc = ec2.create_vpc(CidrBlock="10.7.3.1/16")["Vpc"]
        self.assertEqual(vpc["CidrBlock"], "10.7.0.0/16")
        subnet = ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock="10.7.9.9/20")["Subnet"]
        self.assertEqual(subnet["CidrBlock"], "10.7.0.0/20")

    def test_subnet_must_not_be_too_small(self):
        vpc = Network(ec2).vpc
        self.refused("InvalidSubnet.Range", ec2.create_subnet, VpcId=vpc, CidrBlock="10.0.0.0/29")

    def test_dry_run_does_nothing(self):
        self.refused("DryRunOperation", ec2.create_vpc, CidrBlock="10.0.0.0/16", DryRun=True)

    def test_subnet_with_an_interface_stays(self):
        network = Network(ec2)
        subnet = network.subnet()
        instance_ids = ids(launch(SubnetId=subnet))
        self.refused("DependencyViolation", ec2.delete_subnet, SubnetId=subnet)
        ec2.terminate_instances(InstanceIds=instance_ids)
        ec2.delete_subnet(SubnetId=subnet)

    def test_associations_go_with_the_subnet(self):
        network = Network(ec2)
        table, subnet = network.table(), network.subnet()
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        ec2.delete_subnet(SubnetId=subnet)
        (shown,) = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
        self.assertEqual(shown["Associations"], [])
        ec2.delete_route_table(RouteTableId=table)

    def test_one_gateway_for_a_vpc(self):
        network = Network(ec2)
        network.gateway()
        self.refused("InvalidParameterValue", network.gateway)

    def test_gateway_stays_under_public_addresses(self):
        network = Network(ec2)
        gateway, (nat, _address) = network.gateway(), network.nat()
        request = {"InternetGatewayId": gateway, "VpcId": network.vpc}
        message = self.refused("DependencyViolation", ec2.detach_internet_gateway, **request)
        self.assertIn("mapped public address(es)", message)
        ec2.delete_nat_gateway(NatGatewayId=nat)
        ec2.detach_internet_gateway(**request)

    def test_attached_gateway_in_aws_words(self):
        gateway = Network(ec2).gateway()
        message = self.refused("DependencyViolation", ec2.delete_internet_gateway, InternetGatewayId=gateway)
        self.assertIn("has dependencies and cannot be deleted", message)

    def test_address_of_a_nat_gateway_stays(self):
        nat, address = Network(ec2).nat()
        self.refused("AuthFailure", ec2.release_address, AllocationId=address)
        ec2.delete_nat_gateway(NatGatewayId=nat)
        ec2.release_address(AllocationId=address)

    def test_nat_gateways_association_is_not_the_callers(self):
        _nat, address = Network(ec2).nat()
        (shown,) = ec2.describe_addresses(AllocationIds=[address])["Addresses"]
        self.refused("AuthFailure", ec2.disassociate_address, AssociationId=shown["AssociationId"])

    def test_address_of_an_instance_stays(self):
        (instance,) = ids(launch())
        address = ec2.allocate_address(Domain="vpc")["AllocationId"]
        association = ec2.associate_address(AllocationId=address, InstanceId=instance)["AssociationId"]
        self.refused("InvalidIPAddress.InUse", ec2.release_address, AllocationId=address)
        ec2.disassociate_address(AssociationId=association)
        ec2.release_address(AllocationId=address)

    def test_vpc_with_a_group_stays(self):
        network = Network(ec2)
        group = network.group()
        self.refused("DependencyViolation", ec2.delete_vpc, VpcId=network.vpc)
        ec2.delete_security_group(GroupId=group)
        ec2.delete_vpc(VpcId=network.vpc)

    def test_vpc_with_a_gateway_stays(self):
        network = Network(ec2)
        network.gateway()
        self.refused("DependencyViolation", ec2.delete_vpc, VpcId=network.vpc)

    def test_vpc_with_an_endpoint_stays(self):
        network = Network(ec2)
        network.endpoint()
        self.refused("DependencyViolation", ec2.delete_vpc, VpcId=network.vpc)

    def test_default_network_acl_goes_with_the_vpc(self):
        network = Network(ec2)
        self.assertEqual(len(ec2.describe_network_acls(Filters=by(vpc_id=network.vpc))["NetworkAcls"]), 1)
        ec2.delete_vpc(VpcId=network.vpc)
        self.assertEqual(ec2.describe_network_acls(Filters=by(vpc_id=network.vpc))["NetworkAcls"], [])

    def test_names_of_types(self):
        request = {"Domain": "vpc", "TagSpecifications": [tagged("elastic-ip", mine=name())]}
        address = ec2.allocate_address(**request)["AllocationId"]
        (tag,) = ec2.describe_tags(Filters=by(resource_id=address))["Tags"]
        self.assertEqual(tag["ResourceType"], "elastic-ip")

    def test_zones_tell_whether_they_are_opted_in(self):
        zones = ec2.describe_availability_zones()["AvailabilityZones"]
        self.assertEqual({zone.get("OptInStatus") for zone in zones}, {"opt-in-not-required"})


class Routes(Case):
    def test_unknown_targets(self):
        table, cidr = Network(ec2).table(), "0.0.0.0/0"
        for code, target in (
            ("InvalidNatGatewayID.NotFound", {"NatGatewayId": "nat-00000000000000000"}),
            ("InvalidGatewayID.NotFound", {"GatewayId": "igw-00000000000000000"}),
            ("InvalidGatewayID.NotFound", {"GatewayId": "nat-00000000000000000"}),
        ):
            self.refused(code, ec2.create_route, RouteTableId=table, DestinationCidrBlock=cidr, **target)

    def test_gateway_of_another_vpc(self):
        table, gateway = Network(ec2).table(), Network(ec2).gateway()
        request = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": gateway}
        self.refused("InvalidParameterValue", ec2.create_route, **request)

    def test_canonical_destination(self):
        network = Network(ec2)
        table, gateway = network.table(), network.gateway()
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="192.0.2.77/24", GatewayId=gateway)
        routes = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
        self.assertIn("192.0.2.0/24", [route["DestinationCidrBlock"] for route in routes])
        ec2.delete_route(RouteTableId=table, DestinationCidrBlock="192.0.2.0/24")

    def test_black_holes(self):
        network = Network(ec2)
        table, (nat, _address) = network.table(), network.nat()
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)
        ec2.delete_nat_gateway(NatGatewayId=nat)
        filters = by(vpc_id=network.vpc) + [{"Name": "route.state", "Values": ["blackhole"]}]
        (shown,) = ec2.describe_route_tables(Filters=filters)["RouteTables"]
        self.assertEqual(shown["RouteTableId"], table)

    def test_local_route_stays(self):
        request = {"RouteTableId": Network(ec2).table(), "DestinationCidrBlock": "10.0.0.0/16"}
        self.refused("InvalidParameterValue", ec2.delete_route, **request)

    def test_one_table_for_a_subnet(self):
        network = Network(ec2)
        subnet = network.subnet()
        ec2.associate_route_table(RouteTableId=network.table(), SubnetId=subnet)
        other = network.table()
        self.refused("Resource.AlreadyAssociated", ec2.associate_route_table, RouteTableId=other, SubnetId=subnet)

    def test_main_table_stays(self):
        filters = by(vpc_id=Network(ec2).vpc)
        (table,) = ec2.describe_route_tables(Filters=filters)["RouteTables"]
        self.refused("DependencyViolation", ec2.delete_route_table, RouteTableId=table["RouteTableId"])

    def test_any_of_several_values(self):
        network = Network(ec2)
        table, subnets = network.table(), [network.subnet(), network.subnet()]
        for subnet in subnets:
            ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        wanted = [subnets[0], "subnet-00000000000000000"]
        filters = [{"Name": "association.subnet-id", "Values": wanted}]
        self.assertEqual(len(ec2.describe_route_tables(Filters=filters)["RouteTables"]), 1)


class NatGateways(Case):
    def test_interface_is_its_own(self):
        network = Network(ec2)
        network.nat()
        (interface,) = network.interfaces()
        self.assertTrue(interface["RequesterManaged"])
        self.assertEqual(interface["InterfaceType"], "nat_gateway")
        self.assertTrue(interface["PrivateIpAddress"].startswith("10.0.0."))

    def test_interface_and_association_go(self):
        network = Network(ec2)
        nat, address = network.nat()
        ec2.delete_nat_gateway(NatGatewayId=nat)
        self.assertEqual(network.interfaces(), [])
        self.assertNotIn("AssociationId", ec2.describe_addresses(AllocationIds=[address])["Addresses"][0])

    def test_unknown(self):
        unknown = "nat-00000000000000000"
        self.refused("NatGatewayNotFound", ec2.delete_nat_gateway, NatGatewayId=unknown)
        self.refused("NatGatewayNotFound", ec2.describe_nat_gateways, NatGatewayIds=[unknown])

    def test_filter_by_tag(self):
        mine = name("mine")
        nat, _ = Network(ec2).nat(TagSpecifications=[tagged("natgateway", mine=mine)])
        Network(ec2).nat()
        filters = [{"Name": "tag:mine", "Values": [mine]}]
        found = ec2.describe_nat_gateways(Filters=filters)["NatGateways"]
        self.assertEqual([gateway["NatGatewayId"] for gateway in found], [nat])


class Endpoints(Case):
    def test_type_and_routes(self):
        network = Network(ec2)
        table = network.table()
        endpoint = network.endpoint(table)
        self.assertEqual(endpoint.get("VpcEndpointType"), "Gateway")
        (shown,) = ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint["VpcEndpointId"]])["VpcEndpoints"]
        self.assertEqual(shown["RouteTableIds"], [table])
        self.assertEqual(self.routed(table), [endpoint["VpcEndpointId"]])

    def routed(self, table):
        routes = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
        return [route["GatewayId"] for route in routes if "DestinationPrefixListId" in route]

    def test_deleted_with_its_routes(self):
        network = Network(ec2)
        table = network.table()
        endpoint = network.endpoint(table)["VpcEndpointId"]
        unknown = "vpce-00000000000000000"
        (failed,) = ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint, unknown])["Unsuccessful"]
        self.assertEqual(failed["ResourceId"], unknown)
        self.assertEqual(self.routed(table), [])
        self.assertEqual(ec2.describe_vpc_endpoints(Filters=by(vpc_id=network.vpc))["VpcEndpoints"], [])

    def test_tables_added_and_removed(self):
        network = Network(ec2)
        one, other = network.table(), network.table()
        endpoint = network.endpoint(one)["VpcEndpointId"]
        ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, AddRouteTableIds=[other], RemoveRouteTableIds=[one])
        self.assertEqual((self.routed(one), self.routed(other)), ([], [endpoint]))

    def test_found_by_id_and_service(self):
        network = Network(ec2)
        endpoint = network.endpoint(network.table())["VpcEndpointId"]
        for name, value in (("vpc-endpoint-id", endpoint), ("service-name", "com.amazonaws.us-east-1.s3")):
            filters = [{"Name": name, "Values": [value]}, {"Name": "vpc-id", "Values": [network.vpc]}]
            (shown,) = ec2.describe_vpc_endpoints(Filters=filters)["VpcEndpoints"]
            self.assertEqual(shown["VpcEndpointId"], endpoint)

    def test_second_one_of_a_table(self):
        network = Network(ec2)
        table = network.table()
        network.endpoint(table)
        self.refused("RouteAlreadyExists", network.endpoint, table)

    def test_its_routes_stay(self):
        network = Network(ec2)
        table = network.table()
        network.endpoint(table)
        routes = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
        prefix_list = next(route["DestinationPrefixListId"] for route in routes if "DestinationPrefixListId" in route)
        request = {"RouteTableId": table, "DestinationPrefixListId": prefix_list}
        self.refused("InvalidParameterValue", ec2.delete_route, **request)

    def test_unknown_service(self):
        request = {"VpcId": Network(ec2).vpc, "ServiceName": "com.amazonaws.us-east-1.s4"}
        self.refused("InvalidServiceName", ec2.create_vpc_endpoint, **request)


class PlacementGroups(Case):
    def test_life(self):
        group = name("group")
        tags = [tagged("placement-group", mine=group)]
        request = {"GroupName": group, "Strategy": "cluster", "TagSpecifications": tags}
        created = ec2.create_placement_group(**request)["PlacementGroup"]
        self.assertTrue(created["GroupId"].startswith("pg-"))
        self.refused("InvalidPlacementGroup.Duplicate", ec2.create_placement_group, **request)
        filters = [{"Name": "tag:mine", "Values": [group]}]
        (shown,) = ec2.describe_placement_groups(Filters=filters)["PlacementGroups"]
        self.assertEqual((shown["GroupName"], shown["State"]), (group, "available"))
        ec2.create_tags(Resources=[created["GroupId"]], Tags=[{"Key": "more", "Value": group}])
        by_tag = [{"Name": "tag:more", "Values": [group]}]
        (tag,) = ec2.describe_tags(Filters=by_tag)["Tags"]
        self.assertEqual((tag["ResourceId"], tag["ResourceType"]), (created["GroupId"], "placement-group"))
        ec2.delete_tags(Resources=[created["GroupId"]], Tags=[{"Key": "more"}])
        self.assertEqual(ec2.describe_placement_groups(Filters=by_tag)["PlacementGroups"], [])
        instance_ids = ids(launch(Placement={"GroupName": group}))
        self.refused("InvalidPlacementGroup.InUse", ec2.delete_placement_group, GroupName=group)
        ec2.terminate_instances(InstanceIds=instance_ids)
        ec2.delete_placement_group(GroupName=group)
        self.refused("InvalidPlacementGroup.Unknown", ec2.delete_placement_group, GroupName=group)


class Images(Case):
    def test_newest_amazon_linux_can_be_told(self):
        for region in ("us-east-1", "eu-north-1"):
            client = server.client("ec2", region)
            for architecture in ("x86_64", "arm64"):
                filters = by(name="al2023-ami-2023*", architecture=architecture, state="available")
                images = client.describe_images(Owners=["amazon"], Filters=filters)["Images"]
                newest = max(images, key=lambda image: image["CreationDate"])
                self.assertRegex(newest["Name"], r"al2023-ami-2023\.9\.20261103\.0-kernel-6\.\d+-" + architecture)
                self.assertEqual(newest["ImageOwnerAlias"], "amazon")

    def test_gpu_image(self):
        filters = by(name="Deep Learning Base OSS Nvidia Driver GPU AMI (Amazon Linux 2023) *", architecture="x86_64")
        self.assertTrue(ec2.describe_images(Owners=["amazon"], Filters=filters)["Images"])

    def test_root_volume_goes_with_the_instance(self):
        (shown,) = ec2.describe_images(ImageIds=[image()])["Images"]
        self.assertTrue(shown["BlockDeviceMappings"][0]["Ebs"]["DeleteOnTermination"])


class Identity(Case):
    def test_profiles_of_a_path(self):
        profile, stack = name("profile"), name("stack")
        iam.create_instance_profile(InstanceProfileName=name("other"))
        iam.create_instance_profile(
            InstanceProfileName=profile, Path=f"/landfall/{stack}/", Tags=[{"Key": "a", "Value": "b"}]
        )
        found = iam.list_instance_profiles(PathPrefix=f"/landfall/{stack}/")["InstanceProfiles"]
        self.assertEqual([p["InstanceProfileName"] for p in found], [profile])

    def test_tags_of_a_profile(self):
        profile = name("profile")
        iam.create_instance_profile(InstanceProfileName=profile, Tags=[{"Key": "a", "Value": "b"}])
        tags = iam.list_instance_profile_tags(InstanceProfileName=profile)["Tags"]
        self.assertEqual(tags, [{"Key": "a", "Value": "b"}])

    def test_role_names_without_case(self):
        role = name("Role")
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=TRUST)
        request = {"RoleName": role.upper(), "AssumeRolePolicyDocument": TRUST}
        self.refused("EntityAlreadyExists", iam.create_role, **request)

    def test_managed_policies_are_there(self):
        role = name("role")
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=TRUST)
        iam.attach_role_policy(RoleName=role, PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
        self.assertEqual(server.client("sts").get_caller_identity()["Arn"].split(":")[2], "iam")


class Logs(Case):
    def test_retention(self):
        group = name("group")
        logs.create_log_group(logGroupName=group)
        self.refused("InvalidParameterException", logs.put_retention_policy, logGroupName=group, retentionInDays=31)
        logs.put_retention_policy(logGroupName=group, retentionInDays=30)
        (shown,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        self.assertEqual(shown["retentionInDays"], 30)

    def test_tags_want_an_existing_group(self):
        arn = "arn:aws:logs:us-east-1:123456789012:log-group:nothing"
        self.refused("ResourceNotFoundException", logs.list_tags_for_resource, resourceArn=arn)

    def test_tags_want_the_plain_arn(self):
        group = name("group")
        logs.create_log_group(logGroupName=group, tags={"a": "b"})
        (shown,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        self.refused("InvalidParameterException", logs.tag_resource, resourceArn=shown["arn"], tags={"c": "d"})
        tags = logs.list_tags_for_resource(resourceArn=shown["logGroupArn"])["tags"]
        self.assertEqual(tags, {"a": "b"})

    def test_tags_go_with_the_group(self):
        group = name("group")
        logs.create_log_group(logGroupName=group, tags={"a": "b"})
        logs.delete_log_group(logGroupName=group)
        logs.create_log_group(logGroupName=group)
        (shown,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        tags = logs.list_tags_for_resource(resourceArn=shown["logGroupArn"])["tags"]
        self.assertEqual(tags, {})


class Front(Case):
    """Not repairs: what the server adds. These hold with and without the repairs."""

    def test_health(self):
        self.assertEqual(server.control("GET", "health"), {"status": "ok"})

    def test_counts(self):
        server.control("POST", "calls/reset", {})
        ec2.describe_vpcs()
        ec2.describe_vpcs()
        logs.describe_log_groups()
        self.assertEqual(server.control("GET", "calls"), {"DescribeLogGroups": 1, "DescribeVpcs": 2})

    def test_fault_before(self):
        server.control("POST", "fail", {"action": "CreateVpc", "code": "VpcLimitExceeded", "status": 400, "skip": 1})
        before = len(ec2.describe_vpcs()["Vpcs"])
        Network(ec2)
        self.refused("VpcLimitExceeded", Network, ec2)
        Network(ec2)
        self.assertEqual(len(ec2.describe_vpcs()["Vpcs"]), before + 2)
        self.assertEqual(server.control("GET", "fail"), [])

    def test_fault_after_effect(self):
        server.control("POST", "fail", {"action": "CreateVpc", "code": "InternalError", "after_effect": True})
        before = len(ec2.describe_vpcs()["Vpcs"])
        self.refused("InternalError", Network, ec2)
        self.assertEqual(len(ec2.describe_vpcs()["Vpcs"]), before + 1)

    def test_answer_that_never_comes(self):
        server.control("POST", "fail", {"action": "CreateLogGroup", "status": 0, "after_effect": True})
        group = name("group")
        with self.assertRaises(BotoCoreError):
            logs.create_log_group(logGroupName=group)
        self.assertEqual(len(logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]), 1)

    def test_faults_in_the_services_own_words(self):
        for call, action in ((iam.list_roles, "ListRoles"), (logs.describe_log_groups, "DescribeLogGroups")):
            server.control("POST", "fail", {"action": action, "code": "ThrottlingException", "status": 400})
            self.refused("ThrottlingException", call)

    def test_what_moto_does_not_know_is_said(self):
        self.refused("NotImplementedByMoto", ec2.get_console_screenshot, InstanceId="i-00000000000000000")


class Pending(Case):
    """`--pending-reads`: not a repair either, but nothing changes in moto by being waited for."""

    @classmethod
    def setUpClass(cls):
        cls.slow = Server("--pending-reads", "2")
        cls.addClassCleanup(cls.slow.stop)
        cls.ec2 = cls.slow.client("ec2")

    def test_instances(self):
        network = Network(self.ec2)
        subnet = network.subnet()
        (instance,) = ids(launch(self.ec2, SubnetId=subnet))

        def states(reads):
            return [describe(self.ec2, instance)[0]["State"]["Name"] for _ in range(reads)]

        self.assertEqual(states(3), ["pending", "pending", "running"])
        self.ec2.terminate_instances(InstanceIds=[instance])
        self.refused("DependencyViolation", self.ec2.delete_subnet, SubnetId=subnet)
        self.assertEqual(states(3), ["shutting-down", "shutting-down", "terminated"])
        self.ec2.delete_subnet(SubnetId=subnet)

    def test_nat_gateways(self):
        nat, address = Network(self.ec2).nat()

        def states(reads):
            describe_nat = self.ec2.describe_nat_gateways
            return [describe_nat(NatGatewayIds=[nat])["NatGateways"][0]["State"] for _ in range(reads)]

        self.assertEqual(states(3), ["pending", "pending", "available"])
        self.ec2.delete_nat_gateway(NatGatewayId=nat)
        self.refused("AuthFailure", self.ec2.release_address, AllocationId=address)
        self.assertEqual(states(3), ["deleting", "deleting", "deleted"])
        self.ec2.release_address(AllocationId=address)


if __name__ == "__main__":
    unittest.main()
