"""All records of one Alyx, in memory, cheap to copy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .catalogue import MODELS, POINTING
from .schema import Column, Model, Row


class Table:
    """The records of one type in the order they were made, with an index on each link and each indexed column.

    A stored record is never changed in place: an update stores a new dictionary. That makes a copy of a table two
    dictionary copies.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.rows: dict[Any, Row] = {}
        self._watched = tuple({c.name: c for c in (*model.links, *model.indexed)}.values())
        self._index: dict[str, dict[Any, dict[Any, None]]] = {column.name: {} for column in self._watched}

    def copy(self) -> Table:
        """A table with the same records that can be changed without touching this one."""
        twin = Table(self.model)
        twin.rows = dict(self.rows)
        twin._index = {
            name: {value: dict(keys) for value, keys in entries.items()} for name, entries in self._index.items()
        }
        return twin

    def put(self, row: Row) -> None:
        """Store a record, new or changed. A changed one moves to the end, where PostgreSQL would read it."""
        old = self.rows.pop(row["id"], None)
        for column in self._watched:
            if old is not None and old[column.name] != row[column.name]:
                self._forget(column, old)
            if old is None or old[column.name] != row[column.name]:
                for value in _values(column, row):
                    self._index[column.name].setdefault(value, {})[row["id"]] = None
        self.rows[row["id"]] = row

    def drop(self, key: object) -> None:
        """Remove a record."""
        old = self.rows.pop(key)
        for column in self._watched:
            self._forget(column, old)

    def where(self, column: str, value: object) -> list[Row]:
        """The records whose watched `column` holds (or, for links, contains) `value`."""
        return [self.rows[key] for key in self._index[column].get(value, ())]

    def watches(self, column: str) -> bool:
        """Whether `where` may be asked for this column."""
        return column in self._index

    def _forget(self, column: Column, row: Row) -> None:
        entries = self._index[column.name]
        for value in _values(column, row):
            keys = entries[value]
            del keys[row["id"]]
            if not keys:
                del entries[value]


def _values(column: Column, row: Row) -> Iterable[Any]:
    value = row[column.name]
    return dict.fromkeys(value) if column.kind == "links" else (value,)


class State:
    """The records of one Alyx. `copy()` shares tables until one side writes, so templates cost almost nothing."""

    def __init__(self) -> None:
        self._tables = {name: Table(model) for name, model in MODELS.items()}
        self._own = set(self._tables)

    def copy(self) -> State:
        """A state of its own with the same records."""
        twin = State.__new__(State)
        twin._tables = dict(self._tables)
        twin._own = set()
        self._own = set()
        return twin

    def table(self, model: str) -> Table:
        """The table of a record type, for reading."""
        return self._tables[model]

    def rows(self, model: str) -> Iterator[Row]:
        """All records of a type, oldest change first."""
        return iter(self._tables[model].rows.values())

    def get(self, model: str, key: object) -> Row | None:
        """The record with this key, if there is one."""
        return self._tables[model].rows.get(key)

    def at(self, model: str, key: object) -> Row:
        """The record a link points to; links are never broken, so it exists."""
        return self._tables[model].rows[key]

    def where(self, model: str, column: str, value: object) -> list[Row]:
        """The records of a type whose watched column holds `value`."""
        return self._tables[model].where(column, value)

    def one(self, model: str, column: str, value: object) -> Row | None:
        """The first record whose watched column holds `value`."""
        found = self._tables[model].where(column, value)
        return found[0] if found else None

    def insert(self, model: str, values: Row) -> Row:
        """Store a new record; columns not given take their default."""
        row = {**MODELS[model].blank(), **values}
        self._writable(model).put(row)
        return row

    def update(self, model: str, key: object, values: Row) -> Row:
        """Change some columns of a record and answer the changed record."""
        row = {**self.at(model, key), **values}
        self._writable(model).put(row)
        return row

    def delete(self, model: str, key: object) -> None:
        """Remove a record and, as the links say, what points to it."""
        for other, column in POINTING[model]:
            for row in self.where(other, column.name, key):
                if column.kind == "links":
                    self.update(other, row["id"], {column.name: tuple(k for k in row[column.name] if k != key)})
                elif column.on_delete == "null":
                    self.update(other, row["id"], {column.name: None})
                elif row["id"] in self._tables[other].rows:
                    self.delete(other, row["id"])
        self._writable(model).drop(key)

    def _writable(self, model: str) -> Table:
        if model not in self._own:
            self._tables[model] = self._tables[model].copy()
            self._own.add(model)
        return self._tables[model]
