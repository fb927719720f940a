"""RunInstances and what becomes of its instances."""

import re

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS, INSTANCE_TYPES
from moto.ec2.models.instances import Instance, InstanceState
from moto.ec2.responses import EC2Response
from moto.iam.models import iam_backends

from . import transitions
from .interfaces import attach_to_instance, give_up
from .repair import replaces


@replaces(EC2Response, "run_instances")
def run_instances(original, self):
    take_from_template(self)
    check_counts(self)
    image = check_image(self)
    check_type(self, image)
    check_groups(self)
    profile = profile_of_request(self)
    root_volume_goes_with_instance(self, image)

    # AWS launches as many as it can up to MaxCount, and moto always can; moto launches MinCount.
    self.params["MinCount"] = self._get_param("MaxCount")
    answer = original(self)

    backend = self.ec2_backend
    tags = self._parse_tag_specification()
    for instance in answer.result.instances:
        attach_profile(backend, instance, profile)
        attach_to_instance(backend, instance, tags.get("network-interface", {}))
        if not self._get_param("ClientToken"):
            instance.client_token = None  # moto: "ABCDE"
        instance._state = InstanceState("pending", 0)
        transitions.later(backend, "instance", lambda i=instance: starts_running(i))
    return answer


def take_from_template(self) -> None:
    # AWS: what the request leaves out is the template's. moto: of a template's parts only some.
    named = self._get_param("LaunchTemplate", {})
    if named:
        data = self.ec2_backend._get_template_from_args(named).data
        for key in ("ImageId", "InstanceType", "IamInstanceProfile", "NetworkInterfaces", "InstanceMarketOptions",
                    "MetadataOptions", "BlockDeviceMappings", "InstanceInitiatedShutdownBehavior"):  # fmt: skip
            if data.get(key) and not self._get_param(key):
                self.params[key] = data[key]


def starts_running(instance) -> None:
    if instance.state == "pending":
        instance._state = InstanceState("running", 16)


def check_counts(self) -> None:
    # AWS refuses MinCount > MaxCount and zero; moto does not look at MaxCount.
    low, high = (int(self._get_param(name, 0)) for name in ("MinCount", "MaxCount"))
    if not 1 <= low <= high:
        raise EC2ClientError(
            "InvalidParameterValue", f"Value ({low}) for parameter minCount is invalid. Must be 1 to maxCount ({high})."
        )


def check_image(self):
    # AWS refuses an image it does not have; moto launches it.
    image_id = self._get_param("ImageId")
    if not image_id:
        return None
    if not re.fullmatch(r"ami-([0-9a-f]{8}|[0-9a-f]{17})", image_id):
        raise EC2ClientError("InvalidAMIID.Malformed", f'Invalid id: "{image_id}"')
    image = self.ec2_backend.amis.get(image_id)
    if image is None:
        raise EC2ClientError("InvalidAMIID.NotFound", f"The image id '[{image_id}]' does not exist")
    return image


def check_type(self, image) -> None:
    # AWS refuses unknown types, types that the zone does not have and images of another architecture; moto takes all.
    wanted = self._get_param("InstanceType")
    if not wanted:
        return
    known = INSTANCE_TYPES.get(wanted)
    if known is None:
        raise EC2ClientError("InvalidParameterValue", f"Invalid value '{wanted}' for InstanceType.")
    architectures = known.get("ProcessorInfo", {}).get("SupportedArchitectures", [])
    if image and architectures and image.architecture not in architectures:
        raise EC2ClientError(
            "InvalidParameterValue",
            f"The architecture '{architectures[0]}' of the specified instance type does not match the architecture "
            f"'{image.architecture}' of the specified AMI. Specify an instance type and an AMI that have matching "
            "architectures, and try again.",
        )
    zone = zone_of_request(self)
    offers = INSTANCE_TYPE_OFFERINGS["availability-zone"].get(self.region, [])
    if zone and offers and not any(o["InstanceType"] == wanted and o["Location"] == zone for o in offers):
        raise EC2ClientError(
            "Unsupported",
            f"Your requested instance type ({wanted}) is not supported in your requested Availability Zone ({zone}). "
            "Please retry your request by not specifying an Availability Zone or choosing another one.",
        )


def zone_of_request(self):
    interfaces = self._get_param("NetworkInterfaces", [])
    subnet_id = self._get_param("SubnetId") or next((i["SubnetId"] for i in interfaces if i.get("SubnetId")), None)
    if subnet_id:
        return self.ec2_backend.get_subnet(subnet_id).availability_zone
    return self._get_param("Placement.AvailabilityZone")


def check_groups(self) -> None:
    # AWS knows no such group; moto makes one of that id on the spot when it is named for an interface.
    for interface in self._get_param("NetworkInterfaces", []):
        for group_id in interface.get("Groups") or []:
            if self.ec2_backend.get_security_group_from_id(group_id) is None:
                raise EC2ClientError("InvalidGroup.NotFound", f"The security group '{group_id}' does not exist")


def profile_of_request(self):
    # AWS asks its own copy of IAM and answers InvalidParameterValue; moto lets IAM's NoSuchEntity through, and takes
    # a profile without a role.
    name, arn = (self._get_param(f"IamInstanceProfile.{key}") for key in ("Name", "Arn"))
    if not name and not arn:
        return None
    profiles = iam_backends[self.current_account][self.partition].instance_profiles.values()
    profile = next((p for p in profiles if arn == p.arn or (not arn and name == p.name)), None)
    if profile is None:
        field, value, what = ("arn", arn, "ARN") if arn else ("name", name, "name")
        raise EC2ClientError(
            "InvalidParameterValue",
            f"Value ({value}) for parameter iamInstanceProfile.{field} is invalid. Invalid IAM Instance Profile {what}",
        )
    if not profile.roles:
        raise EC2ClientError(
            "InvalidParameterValue", f'IAM Instance Profile "{profile.arn}" has no associated IAM Roles'
        )
    return profile


def attach_profile(backend, instance, profile) -> None:
    # AWS gives every instance of a launch the profile, moto the first; and moto shows the id of the association.
    if profile is None:
        return
    if instance.id not in backend.iam_instance_profile_associations:
        backend.associate_iam_instance_profile(instance_id=instance.id, iam_instance_profile_arn=profile.arn)
    instance.iam_instance_profile = {"Arn": profile.arn, "Id": profile.id}


def root_volume_goes_with_instance(self, image) -> None:
    # AWS takes what a mapping of the root device leaves out from the image, and its volume goes with the instance;
    # moto wants a size, and leaves the volume behind unless told otherwise.
    for mapping in self._get_param("BlockDeviceMappings", []):
        if image and mapping.get("DeviceName") == image.root_device_name and "Ebs" in mapping:
            for key, value in image.block_device_mappings[0]["Ebs"].items():
                mapping["Ebs"].setdefault(key, value)
            mapping["Ebs"].pop("SnapshotId", None)  # moto makes a volume of a snapshot as large as the snapshot


@replaces(Instance, "setup_defaults")
def root_volume_of_image(_original, self):
    # AWS: the image's root device. moto: 8 GiB of gp2 at /dev/sda1, whatever the image says.
    image = self.ec2_backend.amis.get(self.image_id)
    device, size, kind = "/dev/sda1", 8, "gp2"
    if image:
        ebs = image.block_device_mappings[0]["Ebs"]
        device, size, kind = image.root_device_name, ebs["VolumeSize"], ebs["VolumeType"]
    volume = self.ec2_backend.create_volume(size=size, zone_name=self._placement.zone, volume_type=kind)
    self.ec2_backend.attach_volume(volume.id, self.id, device, True)


@replaces(Instance, "terminate")
def terminate(original, self):
    # AWS takes the interfaces away with the instance, and with them its addresses; moto keeps both. A second
    # termination is a success that changes nothing.
    if self.state in ("shutting-down", "terminated"):
        return InstanceState(self.state, self.state_code)
    # moto takes the interfaces that go with the instance from its list at once, AWS when the instance has ended.
    for interface in self.nics.values():
        interface.delete_on_termination = False
    before = original(self)
    for interface in self.nics.values():
        interface.delete_on_termination = True
    self._state = InstanceState("shutting-down", 32)

    def finish():
        self._state = InstanceState("terminated", 48)
        for interface in list(self.nics.values()):
            give_up(self.ec2_backend, interface)
        self.nics = {}
        self._subnet_id = None
        self.security_groups = []

    transitions.later(self.ec2_backend, "instance", finish)
    return before


# A terminated instance has no interface. moto reads the first one without asking whether there is any.
def _of_first_interface(name):
    return property(lambda self: getattr(self.nics.get(0), name, None))


Instance.private_ip = _of_first_interface("private_ip_address")
Instance.private_ip_address = _of_first_interface("private_ip_address")
Instance.public_ip = _of_first_interface("public_ip")
Instance.public_ip_address = _of_first_interface("public_ip")


def _private_dns_name(self):
    # AWS: empty once the instance is terminated.
    address = self.private_ip
    if not address:
        return ""
    zone = "ec2.internal" if self.region_name == "us-east-1" else f"{self.region_name}.compute.internal"
    return f"ip-{address.replace('.', '-')}.{zone}"


def _vpc_id(self):
    first = self.nics.get(0)
    return first.subnet.vpc_id if first else None


Instance.private_dns_name = property(_private_dns_name)
Instance.vpc_id = property(_vpc_id)
Instance.subnet_id = property(lambda self: self._subnet_id or (self.nics[0].subnet.id if self.nics.get(0) else None))


transitions.counts_describes("describe_instances", "instance")
transitions.counts_describes("describe_instance_status", "instance")
