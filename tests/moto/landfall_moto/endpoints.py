"""Gateway endpoints, and the routes they make."""

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.vpcs import VPCBackend, VPCEndPoint
from moto.ec2.responses import EC2Response

from .repair import replaces


def add_route(backend, endpoint, table_id) -> None:
    backend.create_route(
        table_id, None, gateway_id=endpoint.id, destination_prefix_list_id=endpoint.destination_prefix_list_id
    )


def remove_route(backend, endpoint, table_id) -> None:
    table = backend.route_tables.get(table_id)
    for key, route in list(table._routes.items()) if table else []:
        if route.gateway is endpoint:
            del table._routes[key]


def refuse_second(backend, table_ids, prefix_list_id) -> None:
    # AWS: one endpoint of a service for a table. moto: the second takes the place of the first.
    for table_id in table_ids:
        routes = backend.get_route_table(table_id).routes
        if prefix_list_id and any(route.destination_prefix_list_id == prefix_list_id for route in routes):
            raise EC2ClientError(
                "RouteAlreadyExists",
                f"route table {table_id} already has a route with destination-prefix-list-id {prefix_list_id}",
            )


@replaces(EC2Response, "create_vpc_endpoint")
def create_vpc_endpoint(original, self):
    # AWS: of type Gateway unless told otherwise, without private DNS. moto: of no type, which ends its own
    # DeleteVpcEndpoints with an exception; and any service name will do.
    kind = self._get_param("VpcEndpointType") or "Gateway"
    self.params["VpcEndpointType"] = kind
    if kind == "Gateway":
        name = self._get_param("ServiceName")
        prefix_lists = self.ec2_backend.managed_prefix_lists.values()
        prefix_list = next((p for p in prefix_lists if p.prefix_list_name == name), None)
        if prefix_list is None:
            raise EC2ClientError("InvalidServiceName", f"The Vpc Endpoint Service '{name}' does not exist")
        refuse_second(self.ec2_backend, self._get_param("RouteTableIds", []), prefix_list.id)
        self.params["PrivateDnsEnabled"] = False
    return original(self)


@replaces(VPCBackend, "modify_vpc_endpoint")
def modify_vpc_endpoint(original, self, **changes):
    # AWS adds and removes the routes too; moto changes the list of tables only. (What it calls `vpc_id` is the
    # endpoint.)
    endpoint = self.get_vpc_end_point(changes["vpc_id"])
    added = [t for t in changes["add_route_tables"] or [] if t not in endpoint.route_table_ids]
    refuse_second(self, added, endpoint.destination_prefix_list_id)
    original(self, **changes)
    for table_id in added:
        add_route(self, endpoint, table_id)
    for table_id in changes["remove_route_tables"] or []:
        remove_route(self, endpoint, table_id)


@replaces(EC2Response, "delete_vpc_endpoints")
def delete_vpc_endpoints(_original, self):
    # AWS answers 200 and lists what it could not delete; the endpoint and its routes disappear. moto deletes none if
    # one is unknown, stumbles over tables that have gone, and lists the dead for good.
    backend, unsuccessful = self.ec2_backend, []
    for endpoint_id in self._get_param("VpcEndpointIds", []):
        endpoint = backend.vpc_end_points.pop(endpoint_id, None)
        if endpoint is None:
            message = f"The Vpc Endpoint Id '{endpoint_id}' does not exist"
            error = {"Code": "InvalidVpcEndpoint.NotFound", "Message": message}
            unsuccessful.append({"ResourceId": endpoint_id, "Error": error})
            continue
        for table_id in endpoint.route_table_ids or []:
            remove_route(backend, endpoint, table_id)
        for interface_id in endpoint.network_interface_ids:
            backend.enis.pop(interface_id, None)
    return ActionResult({"Unsuccessful": unsuccessful})


@replaces(VPCEndPoint, "get_filter_value")
def get_filter_value(original, self, filter_name, method_name=None):
    # moto does not know these filters of DescribeVpcEndpoints.
    own = {
        "vpc-endpoint-id": self.id,
        "vpc-id": self.vpc_id,
        "service-name": self.service_name,
        "vpc-endpoint-state": self.state,
    }
    return own[filter_name] if filter_name in own else original(self, filter_name, method_name)
