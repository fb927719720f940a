#!/usr/bin/env python3
"""What is in the account, seen from the account's side: boto3 asks, landfall is not involved.

    python inventory.py                        everything in the region of AWS_REGION, as JSON
    python inventory.py --save base.json       the same into a file, before the test
    python inventory.py --baseline base.json   what has come since; what is gone stands under "gone"
    python inventory.py --stack acme           what is tagged landfall:stack=acme or named acme, and its parts

The JSON is {kind: {id: {…}}} in landfall's own names of kinds. Terminated instances and deleted NAT gateways are
records, not resources, and left out; so is what a VPC brings with it (default group, main table, default network
ACL), as long as the VPC is there.
"""

import argparse
import json
import os
import pathlib
import sys

import boto3
from botocore.config import Config

# What a stack's path begins with in IAM.
PATH = "/landfall/"

# The server neither counts nor spoils the calls of one who only looks on: see landfall_moto/calls.py.
OBSERVER = Config(user_agent_extra="landfall-observer", retries={"total_max_attempts": 1})


class Clients:
    """One client for each service, made as they are needed."""

    def __init__(self, region=None):
        # boto3 itself reads AWS_DEFAULT_REGION only; the SDKs that landfall and others use read AWS_REGION.
        region = region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
        self.session = boto3.session.Session(region_name=region)
        self.made = {}

    def __getattr__(self, service):
        if service not in self.made:
            self.made[service] = self.session.client(service, config=OBSERVER)
        return self.made[service]


def everything(clients) -> dict:
    """All kinds of the account: {kind: {id: facts}}."""
    found = {}

    def put(kind, resource_id, /, **facts):
        facts = {key: value for key, value in facts.items() if value not in (None, "", [], {})}
        found.setdefault(kind, {})[resource_id] = facts

    network(clients.ec2, put)
    security(clients.ec2, put)
    machines(clients.ec2, put)
    identity(clients.iam, put)
    for group in pages(clients.logs, "describe_log_groups", "logGroups"):
        tags = clients.logs.list_tags_for_resource(resourceArn=group["logGroupArn"])["tags"]
        put("logs.log_group", group["logGroupName"], tags=tags, retention_days=group.get("retentionInDays"))
    return without_what_a_vpc_brings(found)


def network(ec2, put) -> None:
    for vpc in pages(ec2, "describe_vpcs", "Vpcs"):
        put("ec2.vpc", vpc["VpcId"], tags=tags_of(vpc), cidr=vpc["CidrBlock"], default=vpc["IsDefault"])
    for subnet in pages(ec2, "describe_subnets", "Subnets"):
        put("ec2.subnet", subnet["SubnetId"], tags=tags_of(subnet), parent=subnet["VpcId"], cidr=subnet["CidrBlock"],
            zone=subnet["AvailabilityZone"], public_addresses=subnet["MapPublicIpOnLaunch"])  # fmt: skip
    for gateway in pages(ec2, "describe_internet_gateways", "InternetGateways"):
        gateway_id = gateway["InternetGatewayId"]
        vpcs = [attachment["VpcId"] for attachment in gateway["Attachments"]]
        put("ec2.internet_gateway", gateway_id, tags=tags_of(gateway), parent=vpcs[0] if vpcs else None)
        for vpc in vpcs:
            put("ec2.internet_gateway_attachment", f"{gateway_id}/{vpc}", parent=gateway_id, vpc=vpc)
    for address in ec2.describe_addresses()["Addresses"]:
        put("ec2.elastic_ip", address["AllocationId"], tags=tags_of(address), public_ip=address["PublicIp"],
            association=address.get("AssociationId"))  # fmt: skip
    for nat in pages(ec2, "describe_nat_gateways", "NatGateways"):
        if nat["State"] != "deleted":
            put("ec2.nat_gateway", nat["NatGatewayId"], tags=tags_of(nat), parent=nat.get("VpcId"), state=nat["State"],
                subnet=nat.get("SubnetId"))  # fmt: skip
    for endpoint in pages(ec2, "describe_vpc_endpoints", "VpcEndpoints"):
        put("ec2.vpc_endpoint", endpoint["VpcEndpointId"], tags=tags_of(endpoint), parent=endpoint["VpcId"],
            service=endpoint["ServiceName"], route_tables=sorted(endpoint["RouteTableIds"]))  # fmt: skip
    for acl in pages(ec2, "describe_network_acls", "NetworkAcls"):
        put("ec2.network_acl", acl["NetworkAclId"], tags=tags_of(acl), parent=acl["VpcId"], default=acl["IsDefault"])
    for table in pages(ec2, "describe_route_tables", "RouteTables"):
        table_id = table["RouteTableId"]
        main = any(association["Main"] for association in table["Associations"])
        put("ec2.route_table", table_id, tags=tags_of(table), parent=table["VpcId"], default=main)
        for route in table["Routes"]:
            if route.get("GatewayId") != "local":
                destination, target = destination_of(route), target_of(route)
                put("ec2.route", f"{table_id}/{destination}", parent=table_id, target=target, state=route.get("State"))
        for association in table["Associations"]:
            if "SubnetId" in association:
                put("ec2.route_table_association", association["RouteTableAssociationId"], parent=table_id,
                    subnet=association["SubnetId"])  # fmt: skip


def destination_of(route):
    names = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
    return next(route[name] for name in names if route.get(name))


def target_of(route):
    names = ("GatewayId", "NatGatewayId", "InstanceId", "NetworkInterfaceId", "VpcPeeringConnectionId")
    return next((route[name] for name in names if route.get(name)), None)


def security(ec2, put) -> None:
    for group in pages(ec2, "describe_security_groups", "SecurityGroups"):
        put("ec2.security_group", group["GroupId"], tags=tags_of(group), parent=group.get("VpcId"),
            name=group["GroupName"], default=group["GroupName"] == "default")  # fmt: skip
    for rule in pages(ec2, "describe_security_group_rules", "SecurityGroupRules"):
        source = rule.get("CidrIpv4") or rule.get("CidrIpv6") or rule.get("PrefixListId")
        put("ec2.security_group_rule", rule["SecurityGroupRuleId"], tags=tags_of(rule), parent=rule["GroupId"],
            direction="egress" if rule["IsEgress"] else "ingress", protocol=rule["IpProtocol"],
            ports=[rule["FromPort"], rule["ToPort"]], description=rule.get("Description"),
            source=source or rule.get("ReferencedGroupInfo", {}).get("GroupId"))  # fmt: skip
    for pair in ec2.describe_key_pairs()["KeyPairs"]:
        put("ec2.key_pair", pair["KeyName"], tags=tags_of(pair), name=pair["KeyName"])


def machines(ec2, put) -> None:
    for reservation in pages(ec2, "describe_instances", "Reservations"):
        for instance in reservation["Instances"]:
            if instance["State"]["Name"] != "terminated":
                put("ec2.instance", instance["InstanceId"], tags=tags_of(instance), parent=instance.get("VpcId"),
                    state=instance["State"]["Name"], type=instance["InstanceType"], image=instance["ImageId"],
                    subnet=instance.get("SubnetId"), private_ip=instance.get("PrivateIpAddress"),
                    public_ip=instance.get("PublicIpAddress"), lifecycle=instance.get("InstanceLifecycle"),
                    profile=instance.get("IamInstanceProfile", {}).get("Arn"),
                    groups=sorted(group["GroupId"] for group in instance["SecurityGroups"]),
                    reservation=reservation["ReservationId"], launch_index=instance["AmiLaunchIndex"],
                    token=instance.get("ClientToken"))  # fmt: skip
    for volume in pages(ec2, "describe_volumes", "Volumes"):
        attached = next((a["InstanceId"] for a in volume["Attachments"]), None)
        put("ec2.volume", volume["VolumeId"], tags=tags_of(volume), parent=attached, state=volume["State"],
            size_gib=volume["Size"], type=volume["VolumeType"])  # fmt: skip
    for interface in pages(ec2, "describe_network_interfaces", "NetworkInterfaces"):
        put("ec2.network_interface", interface["NetworkInterfaceId"], tags=tags_of(interface),
            parent=interface.get("Attachment", {}).get("InstanceId") or interface["VpcId"],
            type=interface["InterfaceType"], subnet=interface["SubnetId"])  # fmt: skip
    for template in pages(ec2, "describe_launch_templates", "LaunchTemplates"):
        put("ec2.launch_template", template["LaunchTemplateId"], tags=tags_of(template),
            name=template["LaunchTemplateName"])  # fmt: skip
    for group in ec2.describe_placement_groups()["PlacementGroups"]:
        put("ec2.placement_group", group["GroupName"], tags=tags_of(group), name=group["GroupName"])


def identity(iam, put) -> None:
    for role in pages(iam, "list_roles", "Roles"):
        role_name = role["RoleName"]
        tags = iam.list_role_tags(RoleName=role_name)["Tags"]
        put("iam.role", role_name, tags=tags_of({"Tags": tags}), name=role_name, path=role["Path"])
        for policy in pages(iam, "list_role_policies", "PolicyNames", RoleName=role_name):
            document = iam.get_role_policy(RoleName=role_name, PolicyName=policy)["PolicyDocument"]
            put("iam.role_policy", f"{role_name}/{policy}", parent=role_name, document=document)
        for policy in pages(iam, "list_attached_role_policies", "AttachedPolicies", RoleName=role_name):
            put("iam.role_policy_attachment", f"{role_name}/{policy['PolicyArn']}", parent=role_name)
    for profile in pages(iam, "list_instance_profiles", "InstanceProfiles"):
        profile_name = profile["InstanceProfileName"]
        tags = iam.list_instance_profile_tags(InstanceProfileName=profile_name)["Tags"]
        put("iam.instance_profile", profile_name, tags=tags_of({"Tags": tags}), name=profile_name, path=profile["Path"])
        for role in profile["Roles"]:
            put("iam.instance_profile_role", f"{profile_name}/{role['RoleName']}", parent=profile_name)


def pages(client, operation, key, **request):
    if client.can_paginate(operation):
        for page in client.get_paginator(operation).paginate(**request):
            yield from page.get(key, [])
    else:
        yield from getattr(client, operation)(**request).get(key, [])


def tags_of(resource) -> dict:
    return {tag["Key"]: tag["Value"] for tag in resource.get("Tags") or resource.get("TagSet") or []}


def without_what_a_vpc_brings(found) -> dict:
    """A default thing of a VPC that has gone stays in: it should have gone too."""
    vpcs = found.get("ec2.vpc", {})
    brought = {
        resource_id
        for resources in found.values()
        for resource_id, facts in resources.items()
        if facts.get("default") and facts.get("parent") in vpcs
    }
    kept = {}
    for kind, resources in found.items():
        for resource_id, facts in resources.items():
            is_local_part = kind == "ec2.security_group_rule" and facts["parent"] in brought and not facts.get("tags")
            if resource_id in brought or (is_local_part and facts["direction"] == "egress"):
                continue
            kept.setdefault(kind, {})[resource_id] = facts
    return kept


def of_stack(found, stack) -> dict:
    """What carries the stack's tag or name, and what is part of such a thing."""
    mine = {
        resource_id
        for resources in found.values()
        for resource_id, facts in resources.items()
        if facts.get("tags", {}).get("landfall:stack") == stack
        or stack in (facts.get("name"), resource_id)
        or facts.get("path", "").startswith(f"{PATH}{stack}/")
    }
    grown = True
    while grown:  # a part of a part: a rule of a group in a VPC
        parts = {
            resource_id
            for resources in found.values()
            for resource_id, facts in resources.items()
            if facts.get("parent") in mine
        }
        grown = not parts <= mine
        mine |= parts
    return select(found, lambda _kind, resource_id: resource_id in mine)


def since(found, baseline) -> dict:
    """What the baseline has not; and under "gone" what only the baseline has."""
    new = select(found, lambda kind, resource_id: resource_id not in baseline.get(kind, {}))
    gone = select(baseline, lambda kind, resource_id: resource_id not in found.get(kind, {}))
    return {**new, "gone": gone} if gone else new


def select(found, wanted) -> dict:
    chosen = {
        kind: {resource_id: facts for resource_id, facts in resources.items() if wanted(kind, resource_id)}
        for kind, resources in found.items()
    }
    return {kind: resources for kind, resources in chosen.items() if resources}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stack", help="only what belongs to the stack of this name")
    parser.add_argument("--region", help="default: AWS_REGION, AWS_DEFAULT_REGION, us-east-1")
    parser.add_argument("--baseline", type=pathlib.Path, help="leave out what this file has")
    parser.add_argument("--save", type=pathlib.Path, help="write the account into this file instead")
    options = parser.parse_args()

    found = everything(Clients(options.region))
    if options.save:
        options.save.write_text(json.dumps(found, indent=1, sort_keys=True))
        return
    if options.baseline:
        found = since(found, json.loads(options.baseline.read_text()))
    if options.stack:
        found = of_stack(found, options.stack)
    json.dump(found, sys.stdout, indent=1, sort_keys=True)
    print()


if __name__ == "__main__":
    main()
