#!/usr/bin/env python3
"""Writes a Terraform configuration of many resources that need no API, for the cost of a plan by itself.

    python3 terraform_graph.py RESOURCES > graph.tf

Resources and dependencies are those of the graphs that landfall's benchmarks plan (benches/src/stack.rs): a network, a
role and a log group for all, and clusters of a hundred: a security group, four rules, a scheduler, and workers, of
which each needs nine others. Workers are counted, as a user of Terraform writes them: ten thousand blocks would take
it longer. Each is a `terraform_data`, which is built into Terraform. Standard library only.
"""

import sys

CLUSTER = 100
ZONES = ("a", "b", "c")
PORTS = (22, 8786, 8787, 8788)

# Name, and what it needs.
GROUND = {
    "vpc": (),
    "table": ("vpc",),
    "route": ("table",),
    **{f"subnet_{zone}": ("vpc",) for zone in ZONES},
    **{f"association_{zone}": ("table", f"subnet_{zone}") for zone in ZONES},
    "group": ("vpc",),
    "role": (),
    "profile": (),
    "profile_role": ("profile", "role"),
    "logs": (),
}


def block(name, needs, count=None) -> str:
    lines = [f'resource "terraform_data" "{name}" {{']
    if count is not None:
        lines.append(f"  count = {count}")
    lines.append(f"  input = [{', '.join(f'terraform_data.{need}.id' for need in needs)}]")
    return "\n".join([*lines, "}\n"])


def cluster(index, resources) -> list:
    """Blocks of so many resources."""
    zone = ZONES[index % len(ZONES)]
    instance = (f"subnet_{zone}", "group", f"group_{index}", "profile", "profile_role", "logs", "route")
    instance += (f"association_{zone}",)
    blocks = [block(f"group_{index}", ["vpc"])]
    blocks += [block(f"rule_{index}_{port}", [f"group_{index}"]) for port in PORTS]
    blocks.append(block(f"scheduler_{index}", instance))
    if (workers := resources - len(blocks)) > 0:
        blocks.append(block(f"worker_{index}", [*instance, f"scheduler_{index}"], workers))
    return blocks[:resources]


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    left = int(sys.argv[1]) - len(GROUND)
    blocks = [block(name, needs) for name, needs in GROUND.items()]
    for index in range(-(-left // CLUSTER)):
        blocks += cluster(index, min(CLUSTER, left - index * CLUSTER))
    print("\n".join(blocks))


if __name__ == "__main__":
    main()
