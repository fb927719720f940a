"""IAM and STS."""

import copy

from moto.core.responses import ActionResult
from moto.iam.exceptions import EntityAlreadyExists
from moto.iam.models import IAMBackend
from moto.iam.responses import IamResponse
from moto.sts.models import STSBackend

from .repair import adds, replaces


@adds(IamResponse)
def list_instance_profile_tags(self):
    # moto has the tags of a profile, but not this call.
    profile = self.backend.get_instance_profile(self._get_param("InstanceProfileName"))
    tags = [{"Key": key, "Value": value} for key, value in tags_of(profile).items()]
    return ActionResult({"Tags": tags, "IsTruncated": False})


def tags_of(profile) -> dict:
    tags = profile.tags
    if isinstance(tags, dict):
        return {key: value["Value"] if isinstance(value, dict) else value for key, value in tags.items()}
    return {tag["Key"]: tag["Value"] for tag in tags or []}


@replaces(IamResponse, "list_instance_profiles")
def profiles_of_a_path(_original, self):
    # AWS lists those below PathPrefix, without their tags; moto all there are, with them.
    prefix = self._get_param("PathPrefix") or "/"
    profiles = [copy.copy(p) for p in self.backend.get_instance_profiles() if p.path.startswith(prefix)]
    for profile in profiles:
        profile.tags = None
    return ActionResult({"InstanceProfiles": profiles, "IsTruncated": False})


@replaces(IAMBackend, "create_role")
def role_names_without_case(original, self, role_name, *args, **kwargs):
    # AWS: one role of a name, whatever its case.
    if any(role.name.lower() == role_name.lower() for role in self.roles.values()):
        raise EntityAlreadyExists(f"Role with name {role_name} already exists.")
    return original(self, role_name, *args, **kwargs)


@replaces(STSBackend, "get_caller_identity")
def caller_is_an_iam_user(original, self, *args, **kwargs):
    # AWS: arn:aws:iam::…:user/… for a user. moto: the same with `sts`, which is the ARN of nothing.
    user_id, arn, account = original(self, *args, **kwargs)
    return user_id, arn.replace(":sts:", ":iam:") if ":user/" in arn else arn, account
