"""Filters of EC2's Describe calls."""

import fnmatch

from moto.ec2 import utils
from moto.ec2.models.instances import Instance

# Filters that AWS has and moto does not know; an unknown one ends moto's call with an exception.
utils.filter_dict_attribute_mapping.update(
    {
        "client-token": "client_token",
        "iam-instance-profile.arn": "iam_instance_profile_arn",
        "instance-lifecycle": "lifecycle",
        "instance-state-code": "state_code",
        "launch-index": "ami_launch_index",
    }
)


def _profile_arn(self):
    association = self.ec2_backend.iam_instance_profile_associations.get(self.id)
    return association.iam_instance_profile.arn if association else None


Instance.iam_instance_profile_arn = property(_profile_arn)


def _texts(value) -> list:
    if value is None:
        return []
    if isinstance(value, bool):
        return [str(value).lower()]
    if isinstance(value, (str, int)):
        return [str(value)]
    return [str(item) for item in value]


def matches(value, patterns) -> bool:
    """AWS's rule: any value of the resource matches any value of the filter; `*` and `?` are wildcards."""
    patterns = [patterns] if isinstance(patterns, str) else patterns or []
    return any(fnmatch.fnmatchcase(text, pattern) for text in _texts(value) for pattern in patterns)


def instance_matches(value, patterns) -> bool:
    # moto compares an instance's values without wildcards.
    return matches(value, patterns)


def resource_matches(resource, name, patterns) -> bool:
    # moto wants a resource with several values (a table with several subnets) to have all or only those asked
    # for, when more than one is asked for.
    value = resource.get_filter_value(name)
    if hasattr(value, "isoformat"):
        return utils.format_timestamp(value) in patterns
    return matches(value, patterns)


utils.instance_value_in_filter_values = instance_matches
utils.is_filter_matching = resource_matches
