"""Pages of a list: `limit` and `offset`, and the links to the pages before and after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from urllib.parse import urlencode

PAGE = 250  # Alyx 3.6.1's page when `limit` is not given
CAP = 1000  # and the most it gives
T = TypeVar("T")


def window(params: Sequence[tuple[str, str]]) -> tuple[int, int]:
    """`limit` and `offset` of a query; anything that is no number counts as not given."""
    given = dict(params)
    limit = _number(given.get("limit"))
    return min(limit, CAP) if limit else PAGE, _number(given.get("offset")) or 0


def _number(text: str | None) -> int | None:
    try:
        value = int(text or "")
    except ValueError:
        return None
    return value if value >= 0 else None


def page(url: str, params: Sequence[tuple[str, str]], found: Sequence[T]) -> tuple[dict[str, object], Sequence[T]]:
    """The envelope of the page a query asks for (without `results`) and the items on it."""
    limit, offset = window(params)
    total = len(found)
    items = found[offset : offset + limit] if offset <= total else found[:0]
    after = None if offset + limit >= total else _link(url, params, limit, offset + limit)
    before = None if offset <= 0 else _link(url, params, limit, max(offset - limit, 0))
    return {"count": total, "next": after, "previous": before}, items


def _link(url: str, params: Sequence[tuple[str, str]], limit: int, offset: int) -> str:
    given = [(name, value) for name, value in params if name not in {"limit", "offset"}]
    given.append(("limit", str(limit)))
    if offset:
        given.append(("offset", str(offset)))
    order = sorted({name for name, _ in given})
    return f"{url}?{urlencode([(name, value) for want in order for name, value in given if name == want])}"
