"""Keeps other programs of the same account out of this process, and its memory out of files."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping

PR_SET_DUMPABLE = 4
# Read once, when their library is loaded: gRPC's trace writes metadata, and with it tokens, to stderr, its roots and
# ciphers weaken TLS; the key log holds the keys of every TLS connection.
DROPPED_PREFIX, DROPPED = "GRPC_", ("SSLKEYLOGFILE",)
log = logging.getLogger(__name__)


def drop_tracing(environ: MutableMapping[str, str]) -> None:
    """Take out of the environment what makes libraries write secrets down. Call it before gRPC is imported."""
    for name in [name for name in environ if name.startswith(DROPPED_PREFIX) or name in DROPPED]:
        del environ[name]


def shut() -> None:
    """No core dump, and no look from other processes of this account (ptrace, /proc/<pid>/mem, environ). Linux only.

    Root still can; `execve` undoes it, so programs this one starts are as they were.
    """
    if sys.platform != "linux":
        return
    import ctypes
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    # The limit does not hold where a program takes the dump (apport, systemd-coredump); this does.
    if libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        log.warning("This process can be looked into by others of the account: prctl failed (%d).", ctypes.get_errno())
