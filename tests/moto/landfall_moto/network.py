"""VPCs, subnets, internet gateways and addresses: canonical CIDRs, and what cannot be deleted yet."""

import ipaddress

from moto.ec2.exceptions import DependencyViolationError, EC2ClientError
from moto.ec2.models.subnets import SubnetBackend
from moto.ec2.models.vpcs import VPCBackend
from moto.ec2.responses import EC2Response

from .repair import replaces
from .security_groups import canonical


def has_dependencies(kind, resource_id) -> DependencyViolationError:
    return DependencyViolationError(f"The {kind} '{resource_id}' has dependencies and cannot be deleted.")


@replaces(VPCBackend, "create_vpc")
def vpc_with_canonical_cidr(original, self, cidr_block, *args, **kwargs):
    return original(self, canonical(cidr_block), *args, **kwargs)


@replaces(SubnetBackend, "create_subnet")
def create_subnet(original, self, vpc_id, cidr_block, *args, **kwargs):
    # AWS: canonical, and of /16 to /28. moto: any size, as written; and it gives public addresses in the first subnet
    # of a zone, whoever's it is.
    cidr_block = canonical(cidr_block)
    try:
        if not 16 <= ipaddress.IPv4Network(cidr_block).prefixlen <= 28:
            raise EC2ClientError("InvalidSubnet.Range", f"The CIDR '{cidr_block}' is invalid.")
    except ValueError:
        pass  # moto says what is wrong with it
    subnet = original(self, vpc_id, cidr_block, *args, **kwargs)
    if not self.get_vpc(vpc_id).is_default:
        subnet.default_for_az = subnet.map_public_ip_on_launch = False
    return subnet


@replaces(EC2Response, "delete_subnet")
def delete_subnet(original, self):
    # AWS keeps a subnet that has an interface in it, and takes its associations along; moto does neither.
    subnet_id = self._get_param("SubnetId")
    backend = self.ec2_backend
    if any(interface.subnet.id == subnet_id for interface in backend.enis.values()):
        raise has_dependencies("subnet", subnet_id)
    answer = original(self)
    for table in backend.route_tables.values():
        table._associations = {key: target for key, target in table._associations.items() if target != subnet_id}
    for acl in backend.network_acls.values():
        acl._associations = {key: a for key, a in acl._associations.items() if a.subnet_id != subnet_id}
    return answer


@replaces(EC2Response, "attach_internet_gateway")
def attach_internet_gateway(original, self):
    # AWS: one internet gateway for a VPC. moto: any number.
    vpc_id = self._get_param("VpcId")
    wanted = self.ec2_backend.get_internet_gateway(self._get_param("InternetGatewayId"))
    taken = any(igw.vpc and igw.vpc.id == vpc_id for igw in self.ec2_backend.internet_gateways.values())
    if taken and not wanted.vpc:
        raise EC2ClientError("InvalidParameterValue", f"Network {vpc_id} already has an internet gateway attached")
    return original(self)


@replaces(EC2Response, "detach_internet_gateway")
def detach_internet_gateway(original, self):
    # AWS keeps the gateway while anything in the VPC has a public address; moto detaches it.
    vpc_id = self._get_param("VpcId")
    if any(i.public_ip and i.subnet.vpc_id == vpc_id for i in self.ec2_backend.enis.values()):
        raise DependencyViolationError(
            f"Network {vpc_id} has some mapped public address(es). "
            "Please unmap those public address(es) before detaching the gateway."
        )
    return original(self)


@replaces(EC2Response, "delete_internet_gateway")
def delete_internet_gateway(original, self):
    # The same refusal, in AWS's words.
    gateway_id = self._get_param("InternetGatewayId")
    gateway = self.ec2_backend.internet_gateways.get(gateway_id)
    if gateway is not None and gateway.vpc:
        raise has_dependencies("internetGateway", gateway_id)
    return original(self)


def address_in_question(self):
    wanted = {
        "allocation_id": self._get_param("AllocationId"),
        "association_id": self._get_param("AssociationId"),
        "public_ip": self._get_param("PublicIp"),
    }
    for address in self.ec2_backend.addresses:
        if any(value and getattr(address, name) == value for name, value in wanted.items()):
            return address
    return None


def refuse_if_held_by_gateway(address) -> None:
    if address.eni is not None and address.eni.requester_managed:
        raise EC2ClientError("AuthFailure", "You do not have permission to access the specified resource.")


@replaces(EC2Response, "release_address")
def release_address(original, self):
    # AWS keeps an address that is somebody's; what a NAT gateway holds is not even the caller's to touch. moto takes
    # it away.
    address = address_in_question(self)
    if address is not None and address.association_id:
        refuse_if_held_by_gateway(address)
        raise EC2ClientError(
            "InvalidIPAddress.InUse", f"The address with allocation id [{address.allocation_id}] cannot be released."
        )
    return original(self)


@replaces(EC2Response, "disassociate_address")
def disassociate_address(original, self):
    address = address_in_question(self)
    if address is not None:
        refuse_if_held_by_gateway(address)
    return original(self)


@replaces(EC2Response, "delete_vpc")
def delete_vpc(original, self):
    # AWS keeps a VPC that has anything in it but what came with it; that goes along. moto looks at subnets, tables
    # and VPN gateways only, and leaves the default network ACL behind.
    vpc_id = self._get_param("VpcId")
    backend = self.ec2_backend
    backend.get_vpc(vpc_id)
    if any(contents(backend, vpc_id)):
        raise has_dependencies("vpc", vpc_id)
    answer = original(self)
    backend.groups.pop(vpc_id, None)
    for acl in [acl for acl in backend.network_acls.values() if acl.vpc_id == vpc_id]:
        del backend.network_acls[acl.id]
    return answer


def contents(backend, vpc_id):
    yield from (i for i in backend.enis.values() if i.subnet.vpc_id == vpc_id)
    yield from backend.describe_subnets(filters={"vpc-id": [vpc_id]})
    yield from (g for g in backend.internet_gateways.values() if g.vpc and g.vpc.id == vpc_id)
    yield from (e for e in backend.vpc_end_points.values() if e.vpc_id == vpc_id)
    yield from (g for g in backend.groups.get(vpc_id, {}).values() if not g.is_default)
    yield from (t for t in backend.route_tables.values() if t.vpc_id == vpc_id and not t.main_association_id)
    yield from (a for a in backend.network_acls.values() if a.vpc_id == vpc_id and not a.default)
