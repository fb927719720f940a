"""Tags: looked up by id, named as AWS names their types, and refused where they do not belong."""

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.core import TaggedEC2Resource
from moto.ec2.models.tags import TagBackend
from moto.ec2.responses import EC2Response
from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, get_prefix

from .filters import matches
from .repair import replaces

AWS_TYPE_NAMES = {"nat-gateway": "natgateway", "vpc-elastic-ip": "elastic-ip"}

# What TagSpecifications may name, where that is not simply the thing the action creates.
TAGGABLE = {
    "run_instances": {"instance", "volume", "network-interface", "spot-instances-request"},
    "allocate_address": {"elastic-ip"},
    "create_nat_gateway": {"natgateway", "elastic-ip"},
    "create_vpc": {"vpc"},
    "create_subnet": {"subnet"},
    "create_internet_gateway": {"internet-gateway"},
    "create_route_table": {"route-table"},
    "create_vpc_endpoint": {"vpc-endpoint"},
    "create_security_group": {"security-group"},
    "authorize_security_group_ingress": {"security-group-rule"},
    "authorize_security_group_egress": {"security-group-rule"},
    "create_launch_template": {"launch-template"},
}


def resource_type(resource_id):
    name = EC2_PREFIX_TO_RESOURCE.get(get_prefix(resource_id), "")
    return AWS_TYPE_NAMES.get(name, name)


@replaces(TaggedEC2Resource, "get_tags")
def tags_by_id(_original, self):
    # No difference from AWS, but moto matches a pattern against every tag of the region for each resource it
    # shows, so that one DescribeInstances of a thousand workers would take half a minute.
    return [
        {"resource_id": self.id, "key": key, "value": value, "resource_type": resource_type(self.id)}
        for key, value in self.ec2_backend.tags.get(self.id, {}).items()
    ]


def _ids(value, depth=3):
    """The ids of the resources that a part of moto's backend holds."""
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(key, str) and not isinstance(item, dict):
                yield key
            if depth:
                yield from _ids(item, depth - 1)
    elif isinstance(value, (list, tuple, set)):
        for item in value:
            yield from _ids(item, depth - 1) if depth else ()
    else:
        yield getattr(value, "id", None)
        if hasattr(value, "instances"):  # a reservation
            yield from _ids(value.instances, 1)
        for rules in ("ingress_rules", "egress_rules"):
            yield from _ids(getattr(value, rules, []), 1)


@replaces(TagBackend, "describe_tags")
def describe_tags_as_aws(original, self, filters=None):
    # AWS calls the types of an address and a NAT gateway `elastic-ip` and `natgateway`; moto has names of its own.
    # AWS has the filter `tag:KEY`, refuses filters that it does not have, and forgets the tags of what was deleted;
    # moto passes over the first two and keeps the third for ever.
    filters = dict(filters or {})
    wanted_types = filters.pop("resource-type", None)
    by_tag = {name: filters.pop(name) for name in list(filters) if name.startswith("tag:")}
    for name in filters:
        if name not in self.VALID_TAG_FILTERS:
            raise EC2ClientError("InvalidParameterValue", f"The filter '{name}' is invalid")
    tags = original(self, filters or None)
    for tag in tags:
        tag["resource_type"] = resource_type(tag["resource_id"])
    holders = (value for name, value in vars(self).items() if name != "tags")
    existing = {found for holder in holders for found in _ids(holder)}

    def selected(tag):
        return (
            tag["resource_id"] in existing
            and (not wanted_types or matches(tag["resource_type"], wanted_types))
            and all(f"tag:{tag['key']}" == name and matches(tag["value"], by_tag[name]) for name in by_tag)
        )

    return [tag for tag in tags if selected(tag)]


@replaces(EC2Response, "describe_tags")
def describe_tags_in_pages(original, self):
    # AWS gives as many tags at once as it is asked for, 5 to 1,000; moto gives all.
    result = original(self)
    if size := self._get_int_param("MaxResults"):
        if not 5 <= size <= 1000:
            raise EC2ClientError("InvalidParameterValue", f"Value ( {size} ) for parameter maxResults is invalid.")
        tags, start = result.result["Tags"], int(self._get_param("NextToken") or 0)
        result.result["Tags"] = tags[start : start + size]
        if start + size < len(tags):
            result.result["NextToken"] = str(start + size)
    return result


def _check_specifications(action, allowed):
    @replaces(EC2Response, action)
    def checked(original, self):
        # AWS refuses a TagSpecification whose type the action does not create, and keys that begin with `aws:`;
        # moto applies both to whatever it makes.
        for specification in self._get_param("TagSpecifications", []):
            kind = specification.get("ResourceType")
            if kind not in allowed:
                raise EC2ClientError(
                    "InvalidParameterValue", f"'{kind}' is not a valid taggable resource type for this operation."
                )
            for tag in specification.get("Tags", []):
                if tag.get("Key", "").lower().startswith("aws:"):
                    raise EC2ClientError(
                        "InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use"
                    )
        return original(self)


for _action, _allowed in TAGGABLE.items():
    _check_specifications(_action, _allowed)
