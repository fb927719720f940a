"""Availability zones."""

from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend

# AWS says of every zone whether the account has opted in, and to which group it belongs; moto leaves both out.
for _zones in RegionsAndZonesBackend.zones.values():
    for _zone in _zones:
        _zone.opt_in_status = "opt-in-not-required"
        _zone.group_name = _zone.network_border_group = _zone.region_name
