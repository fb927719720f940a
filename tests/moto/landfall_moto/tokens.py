"""ClientToken: the same call twice is one call."""

import hashlib
import json

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.responses import EC2Response

from .instances import zone_of_request
from .repair import replaces

IDEMPOTENT = (
    "run_instances",
    "create_nat_gateway",
    "create_route_table",
    "create_vpc_endpoint",
    "create_launch_template",
    "create_launch_template_version",
)


def _remember(action):
    @replaces(EC2Response, action)
    def once(original, self):
        # AWS answers a token it has seen as it did the first time, with the present state and without doing anything;
        # moto does it all again. A token counts for one zone when the launch names a subnet or a zone.
        token = self._get_param("ClientToken")
        if not token or self._get_param("DryRun"):
            return original(self)
        answers = self.ec2_backend.__dict__.setdefault("landfall_answers", {})
        zone = zone_of_request(self) if action == "run_instances" else None
        request, key = digest(self), (action, zone, token)
        if key in answers:
            first_request, answer = answers[key]
            if request != first_request:
                raise EC2ClientError(
                    "IdempotentParameterMismatch",
                    f"Arguments on this idempotent request are inconsistent with those of an earlier one: {token}",
                )
            refuse_terminated(action, answer, token)
            return answer
        answer = original(self)
        answers[key] = request, answer
        return answer


def digest(self) -> str:
    # Before moto, or a repair, has changed the parameters.
    text = json.dumps(self._get_params(), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def refuse_terminated(action, answer, token) -> None:
    if action == "run_instances" and all(i.state in ("shutting-down", "terminated") for i in answer.result.instances):
        raise EC2ClientError(
            "IdempotentInstanceTerminated",
            f"The client token {token} was used for instances that have been terminated.",
        )


for _action in IDEMPOTENT:
    _remember(_action)
