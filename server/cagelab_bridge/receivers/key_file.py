"""The file that holds a receiver's key: no link is followed, and it is believed only if nobody else can read it."""

from __future__ import annotations

import os
import stat

from cagelab_bridge.errors import Forbidden, NoCredentials
from cagelab_bridge.secret import Secret

LARGEST = 4096  # bytes
SHORTEST = 16  # letters of a key that signs; shorter ones can be guessed


def read(path: str) -> Secret:
    """Its one line. Blocking. Raises NoCredentials (missing, empty, too short), Forbidden (open to others)."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as problem:
        raise NoCredentials(
            f"The key file {path} cannot be read: {problem.strerror}.",
            hint="Put the key or token there, for this account only (`umask 077`).",
        ) from problem
    try:
        _require_ours_alone(os.fstat(handle), path)
        data = os.read(handle, LARGEST + 1)
    finally:
        os.close(handle)
    text = data.decode("utf-8", "replace").strip()
    if not SHORTEST <= len(text) <= LARGEST or not text.isprintable():
        raise NoCredentials(
            f"The key file {path} does not hold one line of {SHORTEST} to {LARGEST} letters.",
            hint="Make one: `openssl rand -hex 32`.",
        )
    return Secret(text)


def _require_ours_alone(found: os.stat_result, path: str) -> None:
    if not stat.S_ISREG(found.st_mode) or found.st_uid not in (os.geteuid(), 0) or found.st_mode & 0o077:
        raise Forbidden(
            f"The key file {path} is no file of this account alone.",
            about="files",
            hint=f"Make a new key, and `chmod 0600 {path}`: somebody may know this one.",
        )
