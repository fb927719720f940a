#!/usr/bin/env python3
"""Prints what the scripts of this folder have measured as tables in Markdown.

    python3 table.py [--graph TABLE.md] MEASURED.jsonl...     the steps of both clients, and the goals of landfall
    python3 table.py --growth MEASURED.jsonl...               landfall alone, as the stack grows
    python3 table.py --critical-path MEASURED.jsonl...        landfall's time over the least possible
    python3 table.py --killed MEASURED.jsonl...               both clients, killed at creating calls
    python3 table.py --throttled SPEED MEASURED.jsonl...      landfall where calls are throttled, at the region's speed

A line of a measured file is that of measured.py, or of another script with `row`, `client` and what it found; of lines
with the same row and client the last counts. TABLE.md is what the program `growth` of the benchmarks prints: the plans
of graphs of 10,000 and 100,000 resources are taken from it, each with the account whose plan takes the longest.

Below the goals, for every goal in calls that was missed, stand landfall's calls by action.
"""

import argparse
import json
import pathlib

# Of lines by side_by_side.sh.
STEPS = (
    "apply 10",
    "no-op plan at 10",
    "scale 10 → 100",
    "no-op plan at 100",
    "scale 100 → 1,000",
    "no-op plan at 1,000",
    "apply 100",
    "destroy 100",
)


# RunInstances' bucket of instances, and what is added to it a second: EC2 developer guide, "Request throttling".
BUCKET = 1000
REFILL = 2

# What EC2, and IAM and CloudWatch Logs, say to a call too many.
THROTTLED = ("RequestLimitExceeded", "Throttling", "ThrottlingException")


def calls(line) -> int:
    return sum(line["calls"].values())


def field(name):
    return lambda line: line[name]


RATIO = field("ratio")

# What landfall is to reach: the goal's words, the row, what of its line, how it is written, the bound, and whether the
# bound itself is too much.
GOALS = (
    ("apply, network of 6 zones + 10 workers: calls", "apply 10", calls, ",.0f", 90, False),
    ("… + 100 workers", "apply 100", calls, ",.0f", 95, False),
    ("no-op plan, 10 workers: calls", "no-op plan at 10", calls, ",.0f", 20, False),
    ("no-op plan, 100 workers", "no-op plan at 100", calls, ",.0f", 20, False),
    ("no-op plan, 1,000 workers", "no-op plan at 1,000", calls, ",.0f", 30, False),
    ("scale 10 → 100 workers: calls", "scale 10 → 100", calls, ",.0f", 30, False),
    ("destroy with 100 workers: calls", "destroy 100", calls, ",.0f", 110, False),
    ("apply 10, 50 ms a call, no other waits: wall time over the critical path", "critical path 10 at 1000",
     RATIO, ".2f", 1.5, False),
    ("… 100 workers", "critical path 100 at 1000", RATIO, ".2f", 1.5, False),
    ("… 10 workers, waits as on AWS", "critical path 10 at 1", RATIO, ".2f", 1.5, False),
    ("… 100 workers, waits as on AWS", "critical path 100 at 1", RATIO, ".2f", 1.5, False),
    ("no-op plan, 100 workers: CPU, s", "no-op plan at 100", field("cpu_s"), ".2f", 0.3, True),
    ("peak memory at 100 workers, MB: apply", "apply 100", field("peak_mb"), ",.0f", 60, False),
    ("… no-op plan", "no-op plan at 100", field("peak_mb"), ",.0f", 60, False),
    ("… destroy", "destroy 100", field("peak_mb"), ",.0f", 60, False),
    ("plan of 10,000 resources, no API, from the file to the text, the slowest account: CPU, s", "graph 10000",
     field("cpu_s"), ".2f", 0.1, True),
    ("… of 100,000", "graph 100000", field("cpu_s"), ".2f", 1.5, True),
    ("left over after kill -9 as the K-th creating call arrives, apply again, destroy: objects at the worst K",
     "killed", field("left_over"), ",.0f", 0, False),
    ("… doubled after the second apply", "killed", field("doubled"), ",.0f", 0, False),
)  # fmt: skip


def read(paths) -> dict:
    rows = {}
    for path in paths:
        for line in map(json.loads, pathlib.Path(path).read_text(encoding="utf-8").splitlines()):
            rows.setdefault(line["row"], {})[line["client"]] = line
    for by_client in [rows[row] for row in rows if row.startswith("killed at ")]:
        for client, line in by_client.items():
            worst = rows.setdefault("killed", {}).setdefault(client, {"left_over": 0, "doubled": 0})
            for what in worst:
                worst[what] = max(worst[what], line[what])
    return rows


def plans_of_graphs(path) -> dict:
    """Lines for the plans in the tables of the benchmarks' `growth`: seconds are the times of all stages, from the text
    of a stack file to the text that a person reads, for the account whose plan takes the longest."""
    compiled = {}
    planned = {}
    for found in lines_of_tables(path):
        if "compile, ms" in found:
            compiled[found["workers"]] = float(found["parse, ms"]) + float(found["compile, ms"])
        elif "all to text, ms" in found:
            size, took = found["resources"], float(found["all to text, ms"])
            slowest = planned.setdefault(size, {"cpu_s": 0, "peak_mb": 0})
            slowest["cpu_s"] = max(slowest["cpu_s"], took / 1000)
            slowest["peak_mb"] = max(slowest["peak_mb"], float(found["peak, MB"]))
    for size, line in planned.items():
        line["cpu_s"] += compiled[size] / 1000
    return {f"graph {size}": {"landfall": line} for size, line in planned.items()}


def lines_of_tables(path):
    """The lines of all tables in a text, each as a dictionary by the heads of its table."""
    heads = None
    for text in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in text.strip().strip("|").split("|")]
        if not text.startswith("|"):
            heads = None
        elif heads is None:
            heads = cells
        elif not cells[0].startswith("---"):
            yield dict(zip(heads, cells))


def print_table(heads, lines, words=1) -> None:
    """The first columns are words, the others numbers."""
    print("|", " | ".join(heads), "|")
    print("|" + "---|" * words + "---:|" * (len(heads) - words))
    for line in lines:
        print("|", " | ".join(line), "|")
    print()


def cells(terraform, landfall) -> list:
    def of(line, name, form):
        return format(line[name], form) if line else ""

    both = (terraform, landfall)
    counted = [calls(line) if line else None for line in both]
    return [
        *(f"{count:,}" if count is not None else "" for count in counted),
        f"{counted[0] / counted[1]:.1f}" if all(counted) else "",
        *(of(line, "cpu_s", ".1f") for line in both),
        *(of(line, "peak_mb", ",") for line in both),
        *(of(line, "wall_s", ".0f") for line in both),
    ]


def print_steps(rows) -> None:
    heads = ["step", "Terraform calls", "landfall calls", "ratio", "Terraform CPU s", "landfall CPU s", "Terraform MB"]
    heads += ["landfall MB", "Terraform s", "landfall s"]
    seen = [row for row in STEPS if row in rows]
    if seen:
        both = ((row, (rows[row].get(name) for name in ("terraform", "landfall"))) for row in seen)
        print_table(heads, ([row, *cells(*lines)] for row, lines in both))
    for row in seen:
        for client, line in rows[row].items():
            if line["tried"] > 1:
                print(f"- {row}: {client} had to be run {line['tried']} times, which are added up\n")


def print_goals(rows) -> None:
    def shown(line, of, form):
        if not line:
            return "not measured"
        return format(of(line), form) + ("" if line.get("finished", True) else ", not finished")

    lines = []
    missed = []
    for words, row, of, form, bound, excluded in GOALS:
        terraform, landfall = (rows.get(row, {}).get(name) for name in ("terraform", "landfall"))
        verdict = ""
        if landfall:
            reached = of(landfall) < bound if excluded else of(landfall) <= bound
            verdict = "reached" if reached else "**missed**"
            if not reached and of is calls:
                missed.append((row, bound, landfall))
        goal = f"{'<' if excluded else '≤'} {bound}" if bound else "0"
        # Of Terraform's apply the least possible was never worked out.
        of_terraform = "–" if of is RATIO else shown(terraform, of, form)
        lines.append([words, of_terraform, shown(landfall, of, form), goal, verdict])
    print_table(["what", "Terraform", "landfall", "goal", ""], lines)
    for row, bound, line in missed:
        print(f"- {row}: {calls(line)} of at most {bound}, {calls(line) - bound} too many")
        print("  " + ", ".join(f"{action} {count}" for action, count in line["calls"].items()))


def print_growth(rows) -> None:
    steps = ("apply", "no-op plan", "destroy")
    sizes = [int(row.rpartition(" ")[2]) for row in rows if row.startswith("growth: apply ")]
    lines = []
    for size in sorted(sizes):
        for step in steps:
            line = rows[f"growth: {step} {size}"]["landfall"]
            lines.append([
                step, f"{size:,}", f"{calls(line):,}", f"{line['wall_s']:.2f}", f"{line['cpu_s']:.2f}",
                f"{line['peak_mb']:,}", f"{line['state_mb']:.2f}",
            ])  # fmt: skip
    print_table(["step", "workers", "calls", "wall, s", "CPU, s", "peak, MB", "state, MB"], lines)


def print_critical_path(rows) -> None:
    lines = []
    ways = {}
    for row, by_client in rows.items():
        if line := by_client.get("landfall", {}):
            if "chain" not in line:
                continue
            workers, speed = row.removeprefix("critical path ").split(" at ")
            least, wall = line["critical_path_s"], line["wall_s"]
            lines.append([workers, speed, f"{least:.2f}", f"{wall:.2f}", f"{line['ratio']:.2f}", str(calls(line))])
            ways.setdefault(" → ".join(line["chain"]), []).append(f"{workers} at {speed}")
    print_table(["workers", "times as fast as AWS", "critical path, s", "wall, s", "ratio", "calls"], lines, words=0)
    for way, of in ways.items():
        print(f"- {', '.join(of)}: {way}")


def print_throttled(rows, speed) -> None:
    heads = ["workers", "calls", "throttled", "wall, s", "smallest, not throttled, s", "the bucket's own, s", "ratio", "CPU, s"]
    lines = []
    refusals = []
    free = {int(row.rpartition(" ")[2]): line for row, line in rows.items() if row.startswith("not throttled: ")}
    alone = free[min(free)]["landfall"]["wall_s"]
    for row, by_client in rows.items():
        if row.startswith("throttled: apply "):
            line = by_client["landfall"]
            workers = int(row.removeprefix("throttled: apply "))
            throttled = sum(count for code, count in line["refused"].items() if code.endswith(THROTTLED))
            bucket = max(0, workers + 1 - BUCKET) / REFILL / speed
            lines.append([
                f"{workers:,}", f"{calls(line):,}", f"{throttled:,}", f"{line['wall_s']:.2f}",
                f"{alone:.2f}", f"{bucket:.2f}", f"{line['wall_s'] / (alone + bucket):.2f}", f"{line['cpu_s']:.2f}",
            ])  # fmt: skip
            by_code = ", ".join(f"{code} {count}" for code, count in line["refused"].items())
            refusals.append(f"- {workers:,} workers: {by_code or 'none'}")
    print_table(heads, lines, words=0)
    print("Refused, by status and code:\n", *refusals, sep="\n")


# By exit code; 137 is that of a process that was killed.
ENDS = {0: "done", 137: "did not end"}


def print_killed(rows) -> None:
    heads = ["client", "killed at", "left over", "of it instances", "doubled", "missing", "second apply", "destroy"]
    lines = []
    for client in ("landfall", "Terraform"):
        for row, by_client in rows.items():
            line = by_client.get(client.lower(), {})
            if "killed_at" in line:
                lines.append([
                    client, f"{line['killed_at']} of {line['of']}, {line['action']}",
                    *(str(line[what]) for what in ("left_over", "left_instances", "doubled", "missing")),
                    *(ENDS.get(line[what], "failed") for what in ("apply_code", "destroy_code")),
                ])  # fmt: skip
    print_table(heads, lines, words=2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--graph", metavar="TABLE.md")
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--growth", dest="show", action="store_const", const=print_growth)
    shown.add_argument("--critical-path", dest="show", action="store_const", const=print_critical_path)
    shown.add_argument("--killed", dest="show", action="store_const", const=print_killed)
    shown.add_argument("--throttled", type=float, metavar="SPEED")
    parser.add_argument("measured", nargs="+", metavar="MEASURED.jsonl")
    options = parser.parse_args()
    rows = read(options.measured)
    if options.throttled:
        print_throttled(rows, options.throttled)
        return
    if options.show:
        options.show(rows)
        return
    if options.graph:
        for row, by_client in plans_of_graphs(options.graph).items():
            rows.setdefault(row, {}).update(by_client)
    print_steps(rows)
    print_goals(rows)


if __name__ == "__main__":
    main()
