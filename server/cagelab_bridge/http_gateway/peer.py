"""Whose program is at the other end of a loopback connection: Linux tells.

Any account of this computer can connect to a loopback port. With this check another account is cut off even with a
stolen token. Asked is sock_diag(7), which looks one connection up in microseconds; where it is missing, /proc/net/tcp,
which lists them all and takes milliseconds once there are thousands.
"""

from __future__ import annotations

import os
import socket
import struct
import sys

Address = tuple[str, int]  # dotted IPv4 address, port

_TABLE = "/proc/net/tcp"
_UID_COLUMN = 7
_TRIES = 3  # the kernel hands the table out in pieces and may skip a line that moves meanwhile

# From linux/netlink.h, linux/sock_diag.h and linux/inet_diag.h.
_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_NLM_F_REQUEST = 1
_HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence, port
_QUESTION = struct.Struct("=BBBxI")  # family, protocol, extensions, states
_PORTS = struct.Struct("!HH16s16s")  # both ports and addresses in network order
_ANY = struct.Struct("=III").pack(0, 0xFFFFFFFF, 0xFFFFFFFF)  # any interface, no cookie
_ALL_STATES = 0xFFFFFFFF
_ANSWER = struct.Struct("=4x48x3II")  # four bytes, the ports and addresses, three counters, the uid


def is_foreign(peer: Address, own: Address) -> bool:
    """True when the program at `peer`, connected to `own`, is of another account.

    Fails closed: a connection the kernel does not know is foreign. On other systems than Linux nothing is.
    """
    if not sys.platform.startswith("linux"):
        return False
    uid = _uid_asked(peer, own)
    if uid is None:
        return all(_uid_listed(peer, own) != os.geteuid() for _ in range(_TRIES))
    return uid != os.geteuid()


def _uid_asked(peer: Address, own: Address) -> int | None:
    """The account, from sock_diag; None when it does not know, or is not there."""
    ports = _PORTS.pack(peer[1], own[1], socket.inet_aton(peer[0]), socket.inet_aton(own[0]))
    question = _QUESTION.pack(socket.AF_INET, socket.IPPROTO_TCP, 0, _ALL_STATES) + ports + _ANY
    header = _HEADER.pack(_HEADER.size + len(question), _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST, 1, 0)
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as kernel:
            kernel.send(header + question)
            answer = kernel.recv(4096, socket.MSG_DONTWAIT)  # the kernel has answered when send returns
    except OSError:
        return None  # no sock_diag here: the caller reads the table
    if _HEADER.unpack_from(answer)[1] != _SOCK_DIAG_BY_FAMILY:
        return None
    return int(_ANSWER.unpack_from(answer, _HEADER.size)[-1])


def _uid_listed(peer: Address, own: Address) -> int | None:
    """The account, from the table of all connections; None when it is not there."""
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
