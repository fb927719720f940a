"""Network interfaces: to whom they belong, and when they go."""

from moto.ec2.models.elastic_network_interfaces import NetworkInterface

from .repair import replaces


def attach_to_instance(backend, instance, tags) -> None:
    """What RunInstances gives an instance's own interfaces, and moto does not."""
    for interface in instance.nics.values():
        # AWS: the interface that a launch makes goes with the instance unless asked to stay, and is tagged as
        # asked. moto: it stays, untagged.
        interface.delete_on_termination = True
        interface.add_tags(tags)
    first = instance.nics.get(0)
    if first is not None and not instance.security_groups:
        # AWS shows an instance's groups, those of its interface or the default one; moto shows what was asked for.
        instance.security_groups = list(first._group_set)


def give_up(backend, interface) -> None:
    """The end of an interface: its public address is free to be released, its private one to be used again."""
    for address in backend.addresses:
        if address.eni is interface:
            address.eni = address.instance = address.association_id = None
    interface.public_ip = None
    interface.subnet.del_subnet_ip(interface.private_ip_address)
    backend.enis.pop(interface.id, None)


@replaces(NetworkInterface, "get_filter_value")
def more_filters(original, self, filter_name, method_name=None):
    # moto knows no filter for these and ends the call with an exception.
    if filter_name == "status":
        return self.status
    if filter_name == "interface-type":
        return self.interface_type
    if filter_name == "requester-managed":
        return self.requester_managed
    if filter_name == "group-id":
        return [group.id for group in self.group_set]
    return original(self, filter_name, method_name)
