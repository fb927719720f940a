#!/usr/bin/env python3
"""Measures from outside what a simulated region's own waits are, for critical_path.py.

    python region_waits.py --speed N        in the virtual environment of the tests with moto: it needs boto3

The region is that of AWS_ENDPOINT_URL, runs N times as fast as AWS, and is left with what was made in it. Prints
{kind: seconds} as on AWS: how long after its creating call a NAT gateway is available and an instance runs, and how
long EC2 does not know a fresh instance profile with its role. All else is ready with the answer to its creating call.
"""

import argparse
import json
import pathlib
import sys
import time

import botocore.exceptions

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "moto"))
import inventory  # noqa: E402

# Between two looks; what is measured is too long by half of it.
PAUSE_S = 0.005

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}},
    ],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--speed", type=float, required=True)
    options = parser.parse_args()
    clients = inventory.Clients()
    ec2, iam = clients.ec2, clients.iam

    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    iam.create_role(RoleName="waits", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.create_instance_profile(InstanceProfileName="waits")

    nat_began = time.monotonic()
    nat = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
    profile_began = time.monotonic()
    iam.add_role_to_instance_profile(InstanceProfileName="waits", RoleName="waits")

    def launched():
        request = {"ImageId": image, "InstanceType": "m6i.large", "SubnetId": subnet, "MinCount": 1, "MaxCount": 1}
        try:
            answer = ec2.run_instances(**request, IamInstanceProfile={"Name": "waits"})
        except botocore.exceptions.ClientError as error:
            # `Invalid IAM Instance Profile name`, or that it has no role.
            if error.response["Error"]["Code"] != "InvalidParameterValue":
                raise
            return None
        return answer["Instances"][0]["InstanceId"]

    instance, accepted = when(launched)
    _, running = when(lambda: state_of_instance(ec2, instance) == "running")
    _, available = when(lambda: state_of_nat_gateway(ec2, nat) == "available")
    waits = {
        "iam.instance_profile_role": accepted - profile_began,
        "ec2.instance": running - accepted,
        "ec2.nat_gateway": available - nat_began,
    }
    print(json.dumps({kind: round(seconds * options.speed, 1) for kind, seconds in waits.items()}))


def when(look):
    """Looks until there is something; returns that, and the time when it was there."""
    while not (found := look()):
        time.sleep(PAUSE_S)
    return found, time.monotonic()


def state_of_instance(ec2, instance) -> str:
    return ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]["State"]["Name"]


def state_of_nat_gateway(ec2, nat) -> str:
    return ec2.describe_nat_gateways(NatGatewayIds=[nat])["NatGateways"][0]["State"]


if __name__ == "__main__":
    main()
