"""Placement groups, which moto has not: as much as making, seeing and deleting them takes."""

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.core import TaggedEC2Resource
from moto.ec2.responses import EC2Response
from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, EC2_RESOURCE_TO_PREFIX, generic_filter
from moto.moto_api._internal import mock_random

from .repair import adds, replaces

# CreateTags and DeleteTags take no id whose prefix moto does not know.
EC2_RESOURCE_TO_PREFIX["placement-group"] = "pg"
EC2_PREFIX_TO_RESOURCE["pg"] = "placement-group"


class PlacementGroup(TaggedEC2Resource):
    def __init__(self, backend, name, strategy, partitions):
        self.ec2_backend = backend
        self.id = self.group_id = f"pg-{mock_random.get_random_hex(17)}"
        self.group_name = name
        self.strategy = strategy
        self.partition_count = partitions
        self.state = "available"
        self.group_arn = f"arn:aws:ec2:{backend.region_name}:{backend.account_id}:placement-group/{name}"


def groups_of(backend) -> dict:
    return backend.__dict__.setdefault("landfall_placement_groups", {})


def existing(backend, name):
    if name not in groups_of(backend):
        raise EC2ClientError("InvalidPlacementGroup.Unknown", f"The Placement Group '{name}' is unknown.")
    return groups_of(backend)[name]


@adds(EC2Response)
def create_placement_group(self):
    self.error_on_dryrun()
    groups, name = groups_of(self.ec2_backend), self._get_param("GroupName")
    if name in groups:
        raise EC2ClientError("InvalidPlacementGroup.Duplicate", f"The Placement Group '{name}' already exists.")
    strategy = self._get_param("Strategy") or "cluster"
    group = PlacementGroup(self.ec2_backend, name, strategy, self._get_param("PartitionCount"))
    group.add_tags(self._parse_tag_specification("placement-group").get("placement-group", {}))
    groups[name] = group
    return ActionResult({"PlacementGroup": group})


@adds(EC2Response)
def describe_placement_groups(self):
    groups = groups_of(self.ec2_backend)
    names = self._get_param("GroupNames", [])
    chosen = [existing(self.ec2_backend, name) for name in names] if names else list(groups.values())
    ids = self._get_param("GroupIds", [])
    chosen = [group for group in chosen if not ids or group.id in ids]
    return ActionResult({"PlacementGroups": generic_filter(self._filters_from_querystring(), chosen)})


@adds(EC2Response)
def delete_placement_group(self):
    self.error_on_dryrun()
    name = self._get_param("GroupName")
    existing(self.ec2_backend, name)
    for reservation in self.ec2_backend.reservations.values():
        for instance in reservation.instances:
            if instance.placement.group_name == name and instance.state != "terminated":
                message = f"The placement group '{name}' is in use and may not be deleted."
                raise EC2ClientError("InvalidPlacementGroup.InUse", message)
    del groups_of(self.ec2_backend)[name]
    return EmptyResult()


@replaces(EC2Response, "run_instances")
def run_in_placement_group(original, self):
    # moto takes no notice of Placement.GroupName.
    name = self._get_param("Placement.GroupName")
    if name:
        existing(self.ec2_backend, name)
    answer = original(self)
    for instance in answer.result.instances:
        instance.placement.group_name = name or ""
    return answer
