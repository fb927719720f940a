"""Route tables, routes and associations."""

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.route_tables import Route, RouteTable
from moto.ec2.responses import EC2Response

from .network import has_dependencies
from .repair import replaces
from .security_groups import canonical

GONE = ("deleting", "deleted", "failed")


def check_target(self) -> None:
    # AWS wants a target that exists and is attached to the table's VPC; moto makes a route to nowhere.
    backend = self.ec2_backend
    nat_id, gateway_id = self._get_param("NatGatewayId"), self._get_param("GatewayId")
    if nat_id:
        nat = backend.nat_gateways.get(nat_id)
        if nat is None or nat.state in GONE:
            raise EC2ClientError("InvalidNatGatewayID.NotFound", f"The natGateway ID '{nat_id}' does not exist")
    if gateway_id and gateway_id.startswith(("igw-", "nat-")):
        gateway = backend.internet_gateways.get(gateway_id)
        if gateway is None:
            raise EC2ClientError("InvalidGatewayID.NotFound", f"The gateway ID '{gateway_id}' does not exist")
        table = backend.get_route_table(self._get_param("RouteTableId"))
        if not gateway.vpc or gateway.vpc.id != table.vpc_id:
            raise EC2ClientError(
                "InvalidParameterValue",
                f"route table {table.id} and network gateway {gateway_id} belong to different networks",
            )


def _with_checked_target(action):
    @replaces(EC2Response, action)
    def checked(original, self):
        check_target(self)
        if self._get_param("DestinationCidrBlock"):
            self.params["DestinationCidrBlock"] = canonical(self._get_param("DestinationCidrBlock"))
        return original(self)


_with_checked_target("create_route")
_with_checked_target("replace_route")


@replaces(EC2Response, "create_route")
def no_route_twice(original, self):
    # moto looks for an equal destination among IPv4 routes only.
    wanted = self._get_param("DestinationIpv6CidrBlock")
    table = self.ec2_backend.get_route_table(self._get_param("RouteTableId"))
    if wanted and any(route.destination_ipv6_cidr_block == wanted for route in table.routes):
        raise EC2ClientError("RouteAlreadyExists", f"The route identified by {wanted} already exists.")
    return original(self)


@replaces(EC2Response, "delete_route")
def some_routes_stay(original, self):
    # AWS keeps the table's local routes and those of a gateway endpoint; moto deletes them.
    table = self.ec2_backend.get_route_table(self._get_param("RouteTableId"))
    cidr = canonical(self._get_param("DestinationCidrBlock"))
    if cidr:
        self.params["DestinationCidrBlock"] = cidr
    prefix_list = self._get_param("DestinationPrefixListId")
    for route in table.routes:
        if route.local and cidr and route.destination_cidr_block == cidr:
            raise EC2ClientError("InvalidParameterValue", f"cannot remove local route {cidr} in route table {table.id}")
        is_endpoints = (route.gateway_id or "").startswith("vpce-")
        if is_endpoints and route.destination_prefix_list_id == prefix_list:
            raise EC2ClientError(
                "InvalidParameterValue", f"cannot remove VPC endpoint route {prefix_list} in route table {table.id}"
            )
    return original(self)


def state_of_route(route) -> str:
    # AWS: `blackhole` once the target has gone. moto: always `active`.
    nat, gateway = route.nat_gateway, route.gateway
    if nat is not None and nat.state in GONE:
        return "blackhole"
    if gateway is not None and gateway.id.startswith("igw-"):
        still_there = gateway.ec2_backend.internet_gateways.get(gateway.id) is gateway
        if not still_there or not gateway.vpc or gateway.vpc.id != route.route_table.vpc_id:
            return "blackhole"
    return "active"


Route.state = property(state_of_route)


@replaces(RouteTable, "get_filter_value")
def more_filters(original, self, filter_name, method_name=None):
    # moto knows no filter for these and ends the call with an exception.
    if filter_name == "route.state":
        return [route.state for route in self.routes]
    if filter_name == "route.destination-prefix-list-id":
        return [route.destination_prefix_list_id for route in self.routes if route.destination_prefix_list_id]
    return original(self, filter_name, method_name)


@replaces(EC2Response, "associate_route_table")
def one_table_for_a_subnet(original, self):
    # AWS refuses a second table; moto answers with the association to the first one, as if it had done it. The same
    # table again is a success.
    subnet_id, table_id = self._get_param("SubnetId"), self._get_param("RouteTableId")
    self.ec2_backend.get_route_table(table_id)
    for table in self.ec2_backend.route_tables.values():
        if subnet_id and subnet_id in table._associations.values() and table.id != table_id:
            raise EC2ClientError(
                "Resource.AlreadyAssociated",
                f"the specified association for route table {table_id} conflicts with an existing association",
            )
    return original(self)


@replaces(EC2Response, "disassociate_route_table")
def main_association_stays(original, self):
    # AWS says that it is the main one; moto that there is no such association.
    association_id = self._get_param("AssociationId")
    for table in self.ec2_backend.route_tables.values():
        if table.main_association_id == association_id:
            raise EC2ClientError(
                "InvalidParameterValue",
                f"cannot disassociate the main route table association {association_id}",
            )
    return original(self)


@replaces(EC2Response, "delete_route_table")
def main_table_stays(original, self):
    # AWS keeps a VPC's main table; moto deletes it.
    table_id = self._get_param("RouteTableId")
    table = self.ec2_backend.route_tables.get(table_id)
    if table is not None and table.main_association_id:
        raise has_dependencies("routeTable", table_id)
    return original(self)
