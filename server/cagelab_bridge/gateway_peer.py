"""Whose program is at the other end of a loopback connection: Linux tells, in /proc/net/tcp.

Any account of this computer can connect to a loopback port. With this check another account is cut off even with a
stolen token.
"""

from __future__ import annotations

import os
import socket
import sys

Address = tuple[str, int]  # dotted IPv4 address, port
_TABLE = "/proc/net/tcp"
_UID_COLUMN = 7
_TRIES = 3  # the kernel hands the table out in pieces and may skip a line that moves meanwhile


def is_foreign(peer: Address, own: Address) -> bool:
    """True when the program at `peer`, connected to `own`, is of another account. Blocks, briefly.

    Fails closed: a connection the kernel does not list is foreign. Where there is no table (not Linux), nothing is.
    """
    if not sys.platform.startswith("linux"):
        return False
    return not any(_uid(peer, own) == os.geteuid() for _ in range(_TRIES))


def _uid(peer: Address, own: Address) -> int | None:
    needle = f" {_hexadecimal(peer)} {_hexadecimal(own)} ".encode()
    with open(_TABLE, "rb") as table:
        lines = table.read()
    at = lines.find(needle)
    if at < 0:
        return None
    line = lines[lines.rfind(b"\n", 0, at) + 1 : lines.find(b"\n", at)]
    return int(line.split()[_UID_COLUMN])


def _hexadecimal(address: Address) -> str:
    """An address as the table writes it: the four bytes as a number of this machine's byte order, the port."""
    number = int.from_bytes(socket.inet_aton(address[0]), sys.byteorder)
    return f"{number:08X}:{address[1]:04X}"
