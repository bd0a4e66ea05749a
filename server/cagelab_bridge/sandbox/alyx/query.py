"""A list of records being narrowed, with the doubles SQL's joins give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from .catalogue import MODELS
from .lookups import counter
from .paths import path
from .schema import Row, Value
from .state import State


class Query:
    """Records of one type. Each `filter` is a join of its own, as a call of `.filter()` is in Django."""

    def __init__(self, state: State, model: str) -> None:
        self.state = state
        self.model = model
        self._rows: list[Row] | None = None
        self._least = 0

    @property
    def rows(self) -> list[Row]:
        """The records left."""
        if self._rows is None:
            self._rows = list(self.state.rows(self.model))
        return self._rows

    def filter(self, name: str, value: object) -> None:
        """Keep what meets the condition, once for each matching row of a join."""
        way = path(self.model, name)
        if self._rows is None and way.lookup == "exact" and not way.steps and way.kind not in {"json"} and not way.part:
            table = self.state.table(self.model)
            if isinstance(value, str) and table.watches(way.column.name):
                self._rows = table.where(way.column.name, value)
        count = counter(self.model, name, value)
        if way.many:
            self._rows = [row for row in self.rows for _ in range(count(self.state, row))]
        else:
            self._rows = [row for row in self.rows if count(self.state, row)]

    def exclude(self, name: str, value: object) -> None:
        """Keep what does not meet the condition in any row of a join."""
        count = counter(self.model, name, value)
        self._rows = [row for row in self.rows if not count(self.state, row)]

    def keep(self, test: Callable[[Row], bool]) -> None:
        """Keep the records for which `test` holds."""
        self._rows = [row for row in self.rows if test(row)]

    def drop_all(self) -> None:
        """Keep nothing."""
        self._rows = []

    def distinct(self) -> None:
        """Keep each record once, whatever joins are still to come: SQL's DISTINCT looks at the whole query."""
        self._least = max(self._least, 1)

    def at_least(self, times: int) -> None:
        """Keep, once, each record the joins give so often. All joins count, also those of later conditions."""
        self._least = max(self._least, times)

    def ordered(self, *keys: str) -> list[Row]:
        """The records sorted by `keys` ("-" for falling), empty values as PostgreSQL places them."""
        rows = self.rows
        if self._least:
            often = Counter(row["id"] for row in rows)
            rows = [row for row in {row["id"]: row for row in rows}.values() if often[row["id"]] >= self._least]
        return in_order(rows, keys or MODELS[self.model].ordering)


def in_order(rows: Iterable[Row], keys: tuple[str, ...]) -> list[Row]:
    """Rows sorted by column names; an empty value is the greatest, as in PostgreSQL."""
    found = list(rows)
    for key in reversed(keys):
        name = key.removeprefix("-")
        found.sort(key=lambda row: _rank(row[name]), reverse=key.startswith("-"))
    return found


def _rank(value: Value) -> tuple[bool, Value]:
    if value is None:
        return (True, 0)
    return (False, value)


def by_key(rows: Iterable[Row]) -> list[Row]:
    """Rows in the order of their keys, which is what Django's `.first()` takes from."""
    return sorted(rows, key=lambda row: row["id"])
