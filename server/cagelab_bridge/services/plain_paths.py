"""Paths that a program on another computer may name: pure.

A path that is odd on any system is refused on each: what is harmless here may be a device, a stream or another folder
where the file is looked at later, and nobody has to think about which decoding came first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from cagelab_bridge.errors import InvalidInput

LONGEST = 1024  # characters
PART = re.compile(r"[A-Za-z0-9_#]([A-Za-z0-9_#.+=@(), -]{0,198}[A-Za-z0-9_#+=@)-])?")
DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)  # whatever stands behind the dot
HINT = "Name files relative to the session folder, with letters, digits and . _ - # + = @ ( ) in the names."


def checked(paths: Iterable[str]) -> tuple[str, ...]:
    """The same paths, if each is relative, plain and means the same everywhere. Raises InvalidInput."""
    found = tuple(paths)
    for path in found:
        parts = path.split("/")
        if len(path) > LONGEST or not all(PART.fullmatch(part) and not DEVICES.fullmatch(part) for part in parts):
            raise InvalidInput(f"{path[:200]!a} is no plain path below the session folder.", about="path", hint=HINT)
    return found
