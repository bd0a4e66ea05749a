"""Lists: the first page, then all others side by side, put in order."""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from cagelab_bridge.alyx.bodies import Document
from cagelab_bridge.alyx.targets import Target
from cagelab_bridge.errors import BridgeError

PAGE = 1000  # records; Alyx 3.6.1 caps `limit` there
FIRST = 250  # records of a first page that others may follow; what Alyx gives when no limit is asked for
SIDE_BY_SIDE = 4  # pages fetched at a time
TRIES = 3  # readings of a list that changes meanwhile

Read = Callable[[str], Awaitable[Document]]  # GET of a path with its query

# As Django REST framework prints it; what follows up to the last "]}" is the records as Alyx wrote them.
_HEAD = re.compile(
    r'\{\s*"count":\s*\d+,\s*"next":\s*(?:null|"[^"\\]*"),\s*"previous":\s*(?:null|"[^"\\]*"),\s*"results":\s*\['
)
_TAIL = re.compile(r"\]\s*\}\Z")


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One page: its records, decoded and as text without the outer brackets; the list's length; if more follow."""

    records: list[Any]
    inner: str
    total: int
    more: bool


@dataclass(frozen=True, kw_only=True)
class Listing:
    """All pages asked for, in order; `truncated` when Alyx has more after them."""

    sheets: list[Sheet]
    total: int
    truncated: bool

    @property
    def records(self) -> list[Any]:
        """The records, decoded."""
        return [record for sheet in self.sheets for record in sheet.records]

    @property
    def text(self) -> str:
        """The records as one JSON array."""
        return f"[{','.join(sheet.inner for sheet in self.sheets if sheet.records)}]"


async def read(get: Read, target: Target, limit: int) -> Listing | Document:
    """At most `limit` (≥ 1) records of a list from the target's own offset, and no more than the target's own limit.

    As many as one page holds are asked for at once. Of more the first page is a short one, because nothing can be read
    beside it: only it tells how many there are. A document that is no list comes back as it is. Pages by offset do not
    hold still while others write: when the number of records changes between two pages, the list is read again, up to
    three times in all.
    """
    room = limit if target.limit is None else min(limit, target.limit)
    for _ in range(TRIES):
        width = room if room <= PAGE else FIRST
        first = await get(target.window(width, target.offset))
        sheet = as_sheet(first, target.offset, room)
        if sheet is None:
            return first
        widest = PAGE if len(sheet.records) >= width else len(sheet.records)  # a server may cap lower
        sheets = [sheet, *await _others(get, target, _cuts(target.offset, sheet, room, widest))]
        listing = _listing(sheets, target.offset)
        if _stood_still(listing, target.offset, room):
            break
    return listing


def as_sheet(document: Document, offset: int, room: int) -> Sheet | None:
    """The page a document is; None when it is one record. A list that Alyx does not page is cut here."""
    value = document.value
    if isinstance(value, list):
        records = value[offset : offset + room]
        inner = document.text[1:-1] if len(records) == len(value) else _print(records)
        return Sheet(records=records, inner=inner, total=len(value), more=False)
    if not isinstance(value, dict) or value.keys() != {"count", "next", "previous", "results"}:
        return None
    records, total = value["results"], value["count"]
    if not isinstance(records, list) or not isinstance(total, int):
        return None
    whole = len(records) <= room
    inner = _inner(document) if whole else ""
    records = records[:room]
    return Sheet(records=records, inner=inner or _print(records), total=total, more=value["next"] is not None)


def _cuts(offset: int, first: Sheet, room: int, widest: int) -> list[tuple[int, int]]:
    """Where the pages after the first begin and end: none wider than the server gives, and none much shorter than
    others: an even number of like pages keeps two workers of Alyx busy to the end. What is few is one page."""
    begin, end = offset + len(first.records), offset + min(room, first.total - offset)
    if not first.more or not first.records or begin >= end:
        return []
    pairs = math.ceil((end - begin) / (2 * widest))
    step = max(math.ceil((end - begin) / (2 * pairs)), min(FIRST, widest))
    return [(start, min(start + step, end)) for start in range(begin, end, step)]


async def _others(get: Read, target: Target, cuts: list[tuple[int, int]]) -> list[Sheet]:
    """The pages between those bounds, in order."""
    turns = asyncio.Semaphore(SIDE_BY_SIDE)

    async def fetch(begin: int, end: int) -> list[Sheet]:
        """More than one where the server gives fewer records than it was asked for."""
        sheets: list[Sheet] = []
        while not sheets or (sheets[-1].more and sheets[-1].records and begin < end):
            async with turns:
                sheet = as_sheet(await get(target.window(end - begin, begin)), 0, end - begin)
            sheets.append(sheet or Sheet(records=[], inner="", total=-1, more=False))
            begin += len(sheets[-1].records)
        return sheets

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(fetch(begin, end)) for begin, end in cuts]
    except* BridgeError as troubles:
        first_trouble = _first(troubles)
    else:
        return [sheet for task in tasks for sheet in task.result()]
    raise first_trouble


def _first(troubles: BaseExceptionGroup[BridgeError]) -> BridgeError:
    leaf = troubles.exceptions[0]
    return _first(leaf) if isinstance(leaf, BaseExceptionGroup) else leaf


def _listing(sheets: list[Sheet], offset: int) -> Listing:
    total = sheets[-1].total if sheets[-1].total >= 0 else sheets[0].total
    count = sum(len(sheet.records) for sheet in sheets)
    return Listing(sheets=sheets, total=total, truncated=offset + count < total)


def _stood_still(listing: Listing, offset: int, room: int) -> bool:
    count = sum(len(sheet.records) for sheet in listing.sheets)
    same = all(sheet.total == listing.total for sheet in listing.sheets)
    return same and count == max(0, min(room, listing.total - offset))


def _inner(document: Document) -> str:
    """The records' text, cut out of the page; "" where the page is printed in a way that does not allow it."""
    head, tail = _HEAD.match(document.text), _TAIL.search(document.text)
    return document.text[head.end() : tail.start()].strip() if document.exact and head and tail else ""


def _print(records: list[Any]) -> str:
    return json.dumps(records)[1:-1]
