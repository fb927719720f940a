#!/usr/bin/env python3
"""Holds the time that an apply took against the least that it could have taken: see critical_path.sh for the formula.

    python3 critical_path.py --graph GRAPH.dot --waits WAITS.json --speed N --delay MS --measured FILE --row ROW

GRAPH.dot is of `landfall graph`, WAITS.json of region_waits.py. The line of ROW in FILE, by measured.py, is replaced by
one that has `critical_path_s`, `ratio` and `chain` as well. Standard library only.
"""

import argparse
import functools
import json
import pathlib
import re

# Before the first change, each needs the one before: who the caller is, what compiling must know of the account, and
# what of the stack exists.
ROUNDS_BEFORE = 3

# Calls after the creating one, for what that cannot say: DNS host names of a VPC, retention of a log group.
SETTINGS = {"ec2.vpc": 1, "logs.log_group": 1}

# Kinds whose readiness nobody learns without asking: one more call, after the wait. That a profile is known is learned
# by the launch itself.
ASKED_ABOUT = ("ec2.nat_gateway", "ec2.instance")

NODE = re.compile(r'^\s*"([^"]+)" \[label="[^"\\]+\\n([a-z0-9_.]+)"')
EDGE = re.compile(r'^\s*"([^"]+)" -> "([^"]+)"')


def read_graph(text) -> tuple:
    kinds = {}
    needs = {}
    for line in text.splitlines():
        if node := NODE.match(line):
            kinds[node.group(1)] = node.group(2)
        elif edge := EDGE.match(line):
            needs.setdefault(edge.group(1), set()).add(edge.group(2))
    unknown = {needed for of in needs.values() for needed in of} | set(needs)
    if not kinds or unknown - set(kinds):
        raise SystemExit(f"this graph is not read: nothing is known of {sorted(unknown - set(kinds))}")
    return kinds, needs


def longest(kinds, needs, least) -> tuple:
    """The longest way through the graph: its seconds, and the addresses on it from the first to the last."""

    @functools.cache
    def until(address):
        before, chain = max((until(needed) for needed in sorted(needs.get(address, ()))), default=(0.0, ()))
        return before + least(kinds[address]), (*chain, address)

    return max(until(address) for address in sorted(kinds))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--graph", "--waits", "--measured"):
        parser.add_argument(name, type=pathlib.Path, required=True)
    for name in ("--speed", "--delay"):
        parser.add_argument(name, type=float, required=True)
    parser.add_argument("--row", required=True)
    options = parser.parse_args()

    kinds, needs = read_graph(options.graph.read_text(encoding="utf-8"))
    waits = json.loads(options.waits.read_text(encoding="utf-8"))
    if absent := set(waits) - set(kinds.values()):
        raise SystemExit(f"the graph has none of {sorted(absent)}")
    call_s = options.delay / 1000

    def least(kind):
        calls = 1 + SETTINGS.get(kind, 0) + (kind in ASKED_ABOUT)
        return calls * call_s + waits.get(kind, 0.0) / options.speed

    seconds, chain = longest(kinds, needs, least)
    seconds += ROUNDS_BEFORE * call_s

    lines = [json.loads(line) for line in options.measured.read_text(encoding="utf-8").splitlines()]
    for line in lines:
        if line["row"] == options.row:
            line["critical_path_s"] = round(seconds, 3)
            line["ratio"] = round(line["wall_s"] / seconds, 3)
            line["chain"] = chain
    options.measured.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main()
