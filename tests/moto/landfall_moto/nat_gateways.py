"""NAT gateways: their interface, their address, and their end."""

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.nat_gateways import NatGatewayBackend
from moto.ec2.utils import is_tag_filter, tag_filter_matches

from . import transitions
from .interfaces import give_up
from .repair import replaces


@replaces(NatGatewayBackend, "create_nat_gateway")
def create_nat_gateway(original, self, subnet_id, *args, **kwargs):
    # AWS makes an interface of its own in the subnet, which the caller cannot touch; moto's looks like the caller's,
    # with an address from anywhere.
    subnet = self.get_subnet(subnet_id)
    nat = original(self, subnet_id, *args, **kwargs)
    interface = nat._eni
    address = subnet.get_available_subnet_ip(interface)
    interface.private_ip_address = nat.private_ip = address
    interface.private_ip_addresses = [{"Primary": True, "PrivateIpAddress": address}]
    interface.description = f"Interface for NAT Gateway {nat.id}"
    interface.interface_type = "nat_gateway"
    interface.requester_managed = True
    interface.status = "in-use"
    for shown in nat.address_set:
        shown["privateIp"] = address
    nat.state = "pending"
    transitions.later(self, "nat", lambda: becomes(nat, "available", only_from="pending"))
    return nat


def becomes(nat, state, only_from) -> None:
    if nat.state == only_from:
        nat.state = state


@replaces(NatGatewayBackend, "delete_nat_gateway")
def delete_nat_gateway(original, self, nat_gateway_id):
    # AWS takes the interface away and lets go of the address; moto keeps both, and stumbles over an unknown id.
    nat = self.nat_gateways.get(nat_gateway_id)
    if nat is None:
        raise not_found(nat_gateway_id)
    if nat.state in ("deleting", "deleted"):
        return nat
    original(self, nat_gateway_id)
    nat.state = "deleting"

    def finish():
        nat.state = "deleted"
        give_up(self, nat._eni)

    transitions.later(self, "nat", finish)
    return nat


def not_found(nat_gateway_id) -> EC2ClientError:
    return EC2ClientError("NatGatewayNotFound", f"The Nat Gateway {nat_gateway_id} was not found")


@replaces(NatGatewayBackend, "describe_nat_gateways")
def describe_nat_gateways(original, self, filters, nat_gateway_ids):
    # AWS refuses unknown ids and filters by tag; moto answers with an empty list, and with all.
    for nat_gateway_id in nat_gateway_ids or []:
        if nat_gateway_id not in self.nat_gateways:
            raise not_found(nat_gateway_id)
    by_tag = {name: values for name, values in (filters or {}).items() if is_tag_filter(name)}
    return [
        nat
        for nat in original(self, filters, nat_gateway_ids)
        if all(tag_filter_matches(nat, name, values) for name, values in by_tag.items())
    ]


transitions.counts_describes("describe_nat_gateways", "nat")
