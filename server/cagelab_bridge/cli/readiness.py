"""Tells systemd that the bridge takes calls, so that what is ordered after its unit starts then (sd_notify(3))."""

from __future__ import annotations

import logging
import socket
from collections.abc import MutableMapping

VARIABLE = "NOTIFY_SOCKET"
log = logging.getLogger(__name__)


def announce(environ: MutableMapping[str, str]) -> bool:
    """Say READY=1 where systemd listens; False where it does not. Programs started later are not to say it again."""
    place = environ.pop(VARIABLE, "")
    if not place.startswith(("/", "@")):
        return False
    address = f"\0{place[1:]}" if place.startswith("@") else place  # "@": an abstract socket
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notice:
            notice.sendto(b"READY=1", address)
    except OSError as problem:
        log.warning("systemd did not hear that this bridge is ready: %s", problem.strerror)
        return False
    return True
