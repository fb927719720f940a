"""CloudWatch Logs: groups, their retention and their tags."""

from moto.logs.exceptions import InvalidParameterException, ResourceNotFoundException
from moto.logs.models import LogsBackend

from .repair import replaces

# fmt: off
RETENTIONS = {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
# fmt: on


@replaces(LogsBackend, "put_retention_policy")
def put_retention_policy(original, self, log_group_name, retention_in_days):
    # AWS takes certain numbers of days; moto any.
    if int(retention_in_days) not in RETENTIONS:
        allowed = ", ".join(map(str, sorted(RETENTIONS)))
        raise InvalidParameterException(
            msg=f"1 validation error detected: Value '{retention_in_days}' at 'retentionInDays' failed to satisfy "
            f"constraint: Member must satisfy enum value set: [{allowed}]"
        )
    return original(self, log_group_name, retention_in_days)


def _of_existing_group(action):
    @replaces(LogsBackend, action)
    def checked(original, self, *args, **kwargs):
        # AWS wants the ARN of a group that exists, without `:*` at its end; moto keeps tags of anything.
        arn = args[0] if args else kwargs.get("arn") or kwargs.get("resource_arn")
        if arn.endswith(":*"):
            raise InvalidParameterException(msg=f"Invalid resource ARN: {arn}")
        if ":log-group:" in arn and not any(group.arn == arn for group in self.groups.values()):
            raise ResourceNotFoundException(msg="The specified log group does not exist.")
        return original(self, *args, **kwargs)


_of_existing_group("tag_resource")
_of_existing_group("untag_resource")
_of_existing_group("list_tags_for_resource")


@replaces(LogsBackend, "delete_log_group")
def tags_go_with_the_group(original, self, log_group_name):
    # moto gives the next group of that name the tags of this one.
    group = self.groups.get(log_group_name)
    original(self, log_group_name)
    if group is not None:
        self.tagger.delete_all_tags_for_resource(group.arn)
