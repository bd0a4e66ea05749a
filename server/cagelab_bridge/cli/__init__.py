"""The command line `cagelab-bridge`: for people without MATLAB, and for scripts."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper

from cagelab_bridge.cli.hardening import drop_tracing

__all__ = ["main"]


def main() -> None:
    """Run the command line with the arguments of this process; leaves with an exit code of `cli/exits.py`."""
    drop_tracing(os.environ)
    # Both are read once, when gRPC is loaded. Its notes about sockets are not for people; errors reach them as our own.
    os.environ["GRPC_VERBOSITY"] = "NONE"
    # gRPC's own resolver takes 14 s for a name in /etc/hosts where no DNS server answers, as in a lab's closed network.
    os.environ["GRPC_DNS_RESOLVER"] = "native"
    from cagelab_bridge.cli.group import cagelab_bridge

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal in a narrow encoding shows "?" and does not stop the work
            stream.reconfigure(errors="replace")
    cagelab_bridge(prog_name="cagelab-bridge")
