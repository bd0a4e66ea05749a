"""Names of columns as Django's queries write them: `session__subject__nickname__icontains`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .catalogue import MODELS, REVERSE
from .problems import ServerFault
from .schema import Column, Model, Row
from .state import State

LOOKUPS = frozenset(
    "exact iexact contains icontains in gt gte lt lte startswith istartswith endswith iendswith range isnull "
    "regex iregex has_key has_keys has_any_keys contained_by".split()
)
_DATE_PARTS = {
    "date": "date",
    "year": "int",
    "month": "int",
    "day": "int",
    "hour": "int",
    "minute": "int",
    "second": "int",
    "week_day": "int",
}
Step = Callable[[State, Row], list[Row]]


@dataclass(frozen=True)
class Path:
    """A way from a record to values: over links, to a column, through a transform, to a comparison."""

    steps: tuple[Step, ...]
    column: Column
    kind: str
    part: str  # "date", "year", … of a time; "" for the value itself
    keys: tuple[str, ...]  # below a JSON column
    lookup: str
    first: str  # the first column on the way, for an index; "" when the way begins backwards
    many: bool  # whether one record can have several values

    def values(self, state: State, row: Row) -> list[Any]:
        """The values this record has there. A missing link gives one None, as SQL's LEFT JOIN does."""
        rows: list[Row | None] = [row]
        for step in self.steps:
            rows = [found for one in rows for found in (step(state, one) if one is not None else ()) or (None,)]
        return [None if one is None else self._value(one) for one in rows]

    def _value(self, row: Row) -> object:
        value = row[self.column.name]
        if value is None or not self.part:
            return value
        if self.part == "date":
            return value.date() if hasattr(value, "date") else value
        if self.part == "week_day":
            return value.isoweekday() % 7 + 1
        return getattr(value, self.part)


@lru_cache(maxsize=4096)
def path(model: str, text: str) -> Path:
    """Resolve a name. Raises ServerFault with Django's sentence when there is no such column or comparison."""
    parts = text.split("__")
    steps: list[Step] = []
    here, column, first, many, at = MODELS[model], None, "", False, 0
    while at < len(parts):
        name = "id" if parts[at] == "pk" else parts[at]
        found = here.by_name.get(name) or _by_key_name(here, name)
        backwards = REVERSE.get((here.name, name))
        if found is None and backwards is None:
            if column is not None:
                break
            raise _unresolved(here, name, text if at else "")
        at += 1
        if found is None and backwards is not None:
            steps.append(_back(*backwards))
            many, column = True, None
            here = MODELS[backwards[0]]
            if at == len(parts) or parts[at] in LOOKUPS:
                column = here.by_name["id"]
            continue
        assert found is not None
        first = first or ("" if steps else found.name)
        column = found
        if found.kind not in {"link", "links"} or name.endswith("_id"):
            break
        many = many or found.kind == "links"
        if at < len(parts) and parts[at] not in LOOKUPS:
            steps.append(_along(found))
            here, column = MODELS[found.target], None
            continue
        if found.kind == "links":
            steps.append(_along(found))
            column = MODELS[found.target].by_name["id"]
        break
    assert column is not None
    return _finish(tuple(steps), column, parts[at:], first, many=many)


def _finish(steps: tuple[Step, ...], column: Column, rest: list[str], first: str, *, many: bool) -> Path:
    kind, part, keys = column.kind, "", ()
    lookup = "exact"
    if column.kind == "json":
        if rest and rest[-1] in LOOKUPS:
            lookup, rest = rest[-1], rest[:-1]
        return Path(steps, column, "json", "", tuple(rest), lookup, first, many)
    if rest and column.kind in {"datetime", "date"} and rest[0] in _DATE_PARTS:
        part, rest = rest[0], rest[1:]
        kind = _DATE_PARTS[part]  # type: ignore[assignment]  # the table holds names of kinds only
    if rest and rest[0] in LOOKUPS:
        lookup, rest = rest[0], rest[1:]
    if rest:
        raise _unsupported(column, rest[0])
    if column.kind in {"link", "links"} and lookup not in {"exact", "in", "gt", "gte", "lt", "lte", "isnull"}:
        raise ServerFault(f"Related Field got invalid lookup: {lookup}")
    return Path(steps, column, kind, part, keys, lookup, first, many)


def _by_key_name(model: Model, name: str) -> Column | None:
    column = model.by_name.get(name.removesuffix("_id")) if name.endswith("_id") else None
    return column if column is not None and column.kind == "link" else None


def _along(column: Column) -> Step:
    def one(state: State, row: Row) -> list[Row]:
        key = row[column.name]
        return [] if key is None else [state.at(column.target, key)]

    def several(state: State, row: Row) -> list[Row]:
        return [state.at(column.target, key) for key in row[column.name]]

    return one if column.kind == "link" else several


def _back(model: str, column: str) -> Step:
    return lambda state, row: state.where(model, column, row["id"])


def names(model: Model) -> list[str]:
    """All names a query may begin with, as Django lists them."""
    known = {column.name for column in model.columns}
    known |= {f"{column.name}_id" for column in model.links if column.kind == "link"}
    known |= {name for target, name in REVERSE if target == model.name}
    return sorted(known | set(model.also))


def _unresolved(model: Model, name: str, whole: str) -> ServerFault:
    if whole:
        return ServerFault(f"Unsupported lookup '{name}' for {model.label} or join on the field not permitted.")
    return ServerFault(f"Cannot resolve keyword '{name}' into field. Choices are: {', '.join(names(model))}")


_FIELD_CLASS = {
    "uuid": "UUIDField",
    "text": "CharField",
    "int": "IntegerField",
    "float": "FloatField",
    "bool": "BooleanField",
    "datetime": "DateTimeField",
    "date": "DateField",
}


def _unsupported(column: Column, name: str) -> ServerFault:
    if column.kind in {"link", "links"}:
        return ServerFault(f"Related Field got invalid lookup: {name}")
    field = _FIELD_CLASS[column.kind]
    return ServerFault(f"Unsupported lookup '{name}' for {field} or join on the field not permitted.")
