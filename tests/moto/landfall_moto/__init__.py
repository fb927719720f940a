"""moto, repaired: what differs from AWS in a way that matters to landfall is mended in process.

Each module has one subject and mends moto's classes as it is imported. `install()` imports them all; a
server that never calls it is plain moto, which is how test_repairs.py shows that every repair is needed.
"""

import importlib

REPAIRS = (
    "tags",
    "filters",
    "dry_run",
    "zones",
    "images",
    "instances",
    "placement_groups",
    "interfaces",
    "security_groups",
    "network",
    "routes",
    "nat_gateways",
    "endpoints",
    "iam",
    "logs",
    "tokens",  # last: it wraps what the others have mended
)


def install(pending_reads: int = 0) -> None:
    """Mend moto. For how long things are pending: see transitions.py."""
    for name in REPAIRS:
        importlib.import_module(f"{__name__}.{name}")
    importlib.import_module(f"{__name__}.transitions").pending_reads = pending_reads
