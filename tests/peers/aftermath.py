#!/usr/bin/env python3
"""Counts what is in the account after a client was killed, for killed_side_by_side.sh, and prints it as JSON.

    python3 aftermath.py --new NEW.json --unbroken UNBROKEN.json --applied APPLIED.json --destroyed DESTROYED.json

All four are inventories of the account, by tests/moto/inventory.py: before anything, after an apply that nobody broke,
after the second apply of one that was killed, and after the destroy that followed. `doubled` is what the second apply
leaves more than the unbroken one, `missing` what it leaves less, by kind, type and size; `left_over` is what the
destroyed account has more than the new one, and `left_instances` how many of those are instances. Standard library
only.
"""

import argparse
import json
import pathlib

from same_work import counts


def counted(path):
    """The inventory by counts, without the rules of default groups: those groups are left out as part of their VPC."""
    account = json.loads(path.read_text(encoding="utf-8"))
    groups = account.get("ec2.security_group", {})
    rules = account.get("ec2.security_group_rule", {})
    own = {rule: facts for rule, facts in rules.items() if facts["parent"] in groups}
    return counts(account | {"ec2.security_group_rule": own})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--new", "--unbroken", "--applied", "--destroyed"):
        parser.add_argument(name, type=pathlib.Path, required=True)
    options = parser.parse_args()
    new, unbroken, applied, destroyed = (
        counted(path) for path in (options.new, options.unbroken, options.applied, options.destroyed)
    )
    left = destroyed - new
    found = {
        "left_over": left.total(),
        "left_instances": sum(count for kind, count in left.items() if kind.startswith("ec2.instance ")),
        "doubled": (applied - unbroken).total(),
        "missing": (unbroken - applied).total(),
        "left": dict(sorted(left.items())),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
