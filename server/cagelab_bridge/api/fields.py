"""Fields that many requests have."""

from __future__ import annotations

from cagelab_bridge.errors import InvalidInput

LONGEST_ID = 200  # characters of a request_id
DEFAULT_LIMIT = 100  # rows of a list


def request_id_from(text: str) -> str:
    """A request_id as it came. Raises InvalidInput when it is too long."""
    if len(text) > LONGEST_ID:
        raise InvalidInput(f"A request_id has at most {LONGEST_ID} characters.", about="request_id")
    return text


def limit_from(limit: int) -> int:
    """How many rows: 100 for 0, at most 10,000. Raises InvalidInput for a negative one."""
    if limit < 0:
        raise InvalidInput("A limit is not negative.", about="limit")
    return min(limit or DEFAULT_LIMIT, 10_000)
