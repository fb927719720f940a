#!/usr/bin/env python3
"""Runs a command, and writes down what it took: calls, time of a processor, memory.

    python3 measured.py [--proxy URL] --into FILE --row ROW --client NAME [--state FILE] [--tries N] -- COMMAND...

Appends one line of JSON to FILE, and exits as the command did. The calls, and the answers that refused one, are those
that the counting proxy has seen since it was last asked; without a proxy there are none. With --state the size of that
file afterwards is written down as well. Processor time is that of the command and all of its descendants, user and
system. Memory is the most that one process of them had resident; Terraform and its provider are two. Linux only.

With --tries a command that fails is run again, up to N times in all, as a person would do; what is written down is the
sum, and how often it was run. If the command is `timeout … COMMAND...` and the time was not enough, then that is what
is written down, and no failure.
"""

import argparse
import ctypes
import json
import os
import resource
import time

# From <sys/prctl.h>: what a descendant leaves behind becomes a child of this process, and is counted.
PR_SET_CHILD_SUBREAPER = 36

# Terraform ends without waiting for its provider. Longer than this none takes to follow.
TIMEOUT_S = 20

# How coreutils' timeout ends when it has ended the command: with this code, or by KILL, which ends it as well.
TIMED_OUT = (124, -9)


def run(command) -> int:
    """Runs the command to its end, and that of its descendants; returns its exit code."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    child = os.posix_spawnp(command[0], command, os.environ)
    _, status = os.waitpid(child, 0)
    deadline = time.monotonic() + TIMEOUT_S
    while True:
        try:
            process, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return os.waitstatus_to_exitcode(status)
        if process == 0:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{command[0]} has left a process that does not end")
            time.sleep(0.01)


def counted_by(proxy) -> dict:
    # Imported late: what this process has resident when it starts the command is the least that the command is said
    # to have had.
    import urllib.request

    with urllib.request.urlopen(f"{proxy}/take", data=b"", timeout=30) as answer:
        return json.load(answer)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--into", "--row", "--client"):
        parser.add_argument(name, required=True)
    for name in ("--proxy", "--state"):
        parser.add_argument(name)
    parser.add_argument("--tries", type=int, default=1)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()

    start = time.monotonic()
    for tried in range(1, options.tries + 1):
        code = run(options.command)
        if code in (0, *TIMED_OUT):
            break
    wall = time.monotonic() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    counted = counted_by(options.proxy) if options.proxy else {"calls": {}, "refused": {}, "lost": 0}
    if lost := counted["lost"]:
        raise SystemExit(f"the proxy lost {lost} calls, which the command may have repeated: nothing was counted")
    line = {
        "row": options.row,
        "client": options.client,
        "calls": counted["calls"],
        "refused": counted["refused"],
        "cpu_s": round(used.ru_utime + used.ru_stime, 2),
        "wall_s": round(wall, 3),
        "peak_mb": round(used.ru_maxrss * 1024 / 1e6),
        "tried": tried,
        "finished": code not in TIMED_OUT,
    }
    if options.state:
        line["state_mb"] = round(os.path.getsize(options.state) / 1e6, 2)
    with open(options.into, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    if code in TIMED_OUT:
        code = 0
    raise SystemExit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
