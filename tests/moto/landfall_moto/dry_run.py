"""DryRun, where moto takes no notice of it and acts."""

from moto.ec2.responses import EC2Response

from .repair import replaces

ACTS_ALL_THE_SAME = (
    "create_vpc",
    "delete_vpc",
    "create_subnet",
    "delete_subnet",
    "create_nat_gateway",
    "delete_nat_gateway",
    "create_route_table",
    "delete_route_table",
    "create_route",
    "delete_route",
    "replace_route",
    "associate_route_table",
    "disassociate_route_table",
    "create_vpc_endpoint",
    "delete_vpc_endpoints",
    "modify_vpc_endpoint",
)


def _refuse_first(action):
    @replaces(EC2Response, action)
    def honoured(original, self):
        # AWS answers DryRunOperation and does nothing.
        self.error_on_dryrun()
        return original(self)


for _action in ACTS_ALL_THE_SAME:
    _refuse_first(_action)
