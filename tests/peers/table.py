#!/usr/bin/env python3
"""Prints what measured.py has written down as a table in Markdown, and what landfall's goals make of it.

    python3 table.py MEASURED.jsonl

Below the table stands, for every row, whether landfall kept to its goal; for one that it missed, its calls by action.
"""

import json
import pathlib
import sys

# The most calls that landfall may need.
GOALS = {
    "apply 10": 90,
    "apply 100": 95,
    "no-op plan at 10": 20,
    "no-op plan at 100": 20,
    "no-op plan at 1,000": 30,
    "scale 10 → 100": 30,
    "destroy 100": 110,
}


def cells(terraform, landfall) -> list:
    def of(line, name, form):
        return format(line[name], form) if line else ""

    both = (terraform, landfall)
    calls = [sum(line["calls"].values()) if line else None for line in both]
    return [
        *(f"{count:,}" if count is not None else "" for count in calls),
        f"{calls[0] / calls[1]:.1f}" if all(calls) else "",
        *(of(line, "cpu_s", ".1f") for line in both),
        *(of(line, "peak_mb", ",") for line in both),
        *(of(line, "wall_s", ".0f") for line in both),
    ]


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    rows = {}
    for line in map(json.loads, pathlib.Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()):
        rows.setdefault(line["row"], {})[line["client"]] = line

    heads = ["Terraform calls", "landfall calls", "ratio", "Terraform CPU s", "landfall CPU s", "Terraform MB"]
    heads += ["landfall MB", "Terraform s", "landfall s"]
    print("|", " | ".join(["step", *heads]), "|")
    print("|---" + "|---:" * len(heads) + "|")
    for row, by_client in rows.items():
        print("|", " | ".join([row, *cells(by_client.get("terraform"), by_client.get("landfall"))]), "|")
    print()
    for row, goal in GOALS.items():
        if landfall := rows.get(row, {}).get("landfall"):
            calls = sum(landfall["calls"].values())
            print(f"- {row}: {calls} of at most {goal}", "" if calls <= goal else f", {calls - goal} too many", sep="")
            if calls > goal:
                print("  " + ", ".join(f"{action} {count}" for action, count in landfall["calls"].items()))


if __name__ == "__main__":
    main()
