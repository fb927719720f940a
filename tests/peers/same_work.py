#!/usr/bin/env python3
"""Holds two accounts against each other, as tests/moto/inventory.py has written them, by counts.

    python3 same_work.py TERRAFORM.json LANDFALL.json

Exits 1, and says what differs, if one client has made anything that the other has not. Names, tags, addresses and
blocks are each client's own and not compared.

Nothing is excepted, since both end with the same things of every kind, though they model some differently: that an
internet gateway is attached and a role is in a profile are resources of landfall's and arguments of Terraform's; the
rule by which a group lets everything out is AWS's in landfall's groups, while Terraform removes that and makes its own.
"""

import collections
import json
import pathlib
import sys

# What makes things of one kind unequal work.
DETAILS = {
    "ec2.instance": ("type", "state", "lifecycle"),
    "ec2.volume": ("type", "size_gib", "state"),
    "ec2.security_group_rule": ("direction", "protocol", "ports"),
    "ec2.subnet": ("public_addresses",),
    "ec2.network_interface": ("type",),
    "ec2.vpc_endpoint": ("service",),
}


def counts(account) -> collections.Counter:
    counted = collections.Counter()
    for kind, resources in account.items():
        for facts in resources.values():
            details = (str(facts[name]) for name in DETAILS.get(kind, ()) if name in facts)
            counted[" ".join([kind, *details])] += 1
    return counted


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    terraform, landfall = (counts(json.loads(pathlib.Path(path).read_text())) for path in sys.argv[1:])
    unequal = sorted(kind for kind in terraform | landfall if terraform[kind] != landfall[kind])
    for kind in unequal:
        print(f"{kind}: Terraform has {terraform[kind]}, landfall {landfall[kind]}", file=sys.stderr)
    if unequal:
        sys.exit("the two have not done the same work, and their calls cannot be compared")
    print(f"the same work: {terraform.total()} resources in both accounts, with those of a new one")


if __name__ == "__main__":
    main()
