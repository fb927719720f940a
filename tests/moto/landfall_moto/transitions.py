"""Time, as seen by a client that polls: a change is finished when it has been looked at often enough.

Nothing here reads a clock, so that tests neither sleep nor race. `--pending-reads N` makes a new instance
`pending` for N DescribeInstances, a terminated one `shutting-down` for as many, and the same for NAT
gateways; 0, the default, makes every change immediate.
"""

from moto.ec2.responses import EC2Response

from .calls import OBSERVER
from .repair import replaces

pending_reads = 0


def later(backend, kind, finish) -> None:
    """Call `finish` when things of this kind have been described `pending_reads` times more."""
    if pending_reads == 0:
        finish()
    else:
        _waiting(backend, kind).append([pending_reads, finish])


def counts_describes(action, kind) -> None:
    """Have time pass for things of this kind with each call of the action, but for those of an observer."""

    @replaces(EC2Response, action)
    def described(original, self):
        # Before the answer is made: the answer is the first to show a change.
        if OBSERVER not in self.headers.get("User-Agent", ""):
            _pass_time(_waiting(self.ec2_backend, kind))
        return original(self)


def _pass_time(waiting) -> None:
    due = [finish for left, finish in waiting if left == 0]
    waiting[:] = [[left - 1, finish] for left, finish in waiting if left > 0]
    for finish in due:
        finish()


def _waiting(backend, kind) -> list:
    # Kept in the backend itself, which moto empties when it is reset.
    return backend.__dict__.setdefault("landfall_waiting", {}).setdefault(kind, [])
