"""Ids and tokens that look random and are the same for the same seed."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable


def derived(seed: str, number: int) -> str:
    """The UUID (version 4 in form) with this number in the series of a seed."""
    digest = hashlib.sha256(f"{seed}/{number}".encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def series(seed: str) -> Callable[[], str]:
    """A source of UUIDs, the same for the same seed."""
    count = 0

    def following() -> str:
        nonlocal count
        count += 1
        return derived(seed, count)

    return following


def token(*parts: str) -> str:
    """A token of 40 hexadecimal digits, as long as Alyx's."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:40]
