"""One account's view of Alyx."""

from __future__ import annotations

import json
from typing import Any

from cagelab_bridge.alyx import pages, targets
from cagelab_bridge.alyx.answers import NOT_ALYX
from cagelab_bridge.alyx.bodies import Document
from cagelab_bridge.alyx.exchange import Exchange
from cagelab_bridge.alyx.pages import Listing
from cagelab_bridge.errors import InvalidInput, RecordMissing, ServerFailed
from cagelab_bridge.models import AccountKey
from cagelab_bridge.ports import Json, Page

_PRINTER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


class HttpxAlyx:
    """`ports.Alyx` over httpx. Nothing is tried twice here: only delivery knows what may be repeated."""

    def __init__(self, key: AccountKey, base: str, exchange: Exchange) -> None:
        """`base`: the canonical address that `exchange` speaks to."""
        self.key = key
        self._base = base
        self._exchange = exchange

    def __repr__(self) -> str:
        return f"HttpxAlyx({self._base}, {self.key.username})"

    @property
    def clock_ahead(self) -> float | None:
        """Seconds this computer's clock is ahead of Alyx's, to about a second; None before the first answer."""
        return self._exchange.clock_ahead

    async def read(self, path: str) -> Json:
        """One record: "sessions/<id>". Raises InvalidInput for a path that gives something else."""
        value = (await self._get(str(targets.parse(self._base, path)))).value
        if isinstance(value, dict):
            return value
        raise InvalidInput(f"{path} is not one record.", about="path", hint=targets.HINT)

    async def read_list(self, path: str, limit: int = 5000) -> list[Json]:
        """The records of a list, all pages, decoded; a single record counts as a list of one."""
        found = await self._read_pages(path, limit)
        return found.records if isinstance(found, Listing) else [found.value]

    async def read_page(self, path: str, limit: int) -> Page:
        """The records of a list (all pages, in order, at most `limit`) or one record, as JSON text.

        A limit or offset in the path counts too. `total` is Alyx's count of the whole list.
        """
        found = await self._read_pages(path, limit)
        if not isinstance(found, Listing):
            return Page(text=found.text, is_list=False, count=1, total=1, truncated=False)
        count = len(found.records)
        return Page(text=found.text, is_list=True, count=count, total=found.total, truncated=found.truncated)

    async def create(self, path: str, body: Json) -> Json | list[Json]:
        """POST; the created record (register-file answers a list)."""
        value = await self._write("POST", path, body)
        if isinstance(value, list) and all(isinstance(record, dict) for record in value):
            return value
        return _record(value, path)

    async def change(self, path: str, body: Json) -> Json:
        """PATCH; the changed record."""
        return _record(await self._write("PATCH", path, body), path)

    async def remove(self, path: str) -> None:
        """DELETE; a record that is not there counts as removed, a path that Alyx does not have does not."""
        try:
            answer = await self._exchange.ask("DELETE", str(targets.parse(self._base, path)))
        except RecordMissing as missing:
            if missing.about != RecordMissing.about:
                raise
            return
        if answer.status != 204:  # Alyx 3.6.1's answer; a login page that says 200 has removed nothing
            self._exchange.document(answer)

    async def _get(self, path: str) -> Document:
        return self._exchange.document(await self._exchange.ask("GET", path))

    async def _read_pages(self, path: str, limit: int) -> Listing | Document:
        if limit < 1:
            raise InvalidInput(f"limit: {limit} is not a whole number from 1 on.", about="limit")
        found = await pages.read(self._get, targets.parse(self._base, path), limit)
        if isinstance(found, Document) and not isinstance(found.value, dict):
            raise ServerFailed(f"GET {path} answered neither a list nor a record.", hint=NOT_ALYX)
        return found

    async def _write(self, method: str, path: str, body: Json) -> Any:
        target = str(targets.parse(self._base, path))
        return self._exchange.document(await self._exchange.ask(method, target, _print(body))).value


def _print(body: Json) -> bytes:
    """Raises InvalidInput for what JSON does not have: NaN, infinities, broken text."""
    try:
        return _PRINTER.encode(body).encode()
    except ValueError:
        pass
    hint = "Replace NaN and infinities by null."
    raise InvalidInput("The record holds a number or text that JSON cannot carry.", about="body", hint=hint)


def _record(value: Any, path: str) -> Json:
    if isinstance(value, dict):
        return value
    raise ServerFailed(f"The answer to {path} is not a record.", hint=NOT_ALYX)
