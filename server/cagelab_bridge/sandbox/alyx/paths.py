"""Names of columns as Django's queries write them: `session__subject__nickname__icontains`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from .catalogue import MODELS, REVERSE
from .problems import ServerFault
from .schema import Column, Model, Row, Value
from .state import State

LOOKUPS = frozenset(
    [
        "exact",
        "iexact",
        "contains",
        "icontains",
        "in",
        "gt",
        "gte",
        "lt",
        "lte",
        "startswith",
        "istartswith",
        "endswith",
        "iendswith",
        "range",
        "isnull",
        "regex",
        "iregex",
        "has_key",
        "has_keys",
        "has_any_keys",
        "contained_by",
    ]
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


@dataclass(frozen=True)
class Step:
    """From a record to others: along its link `column`, or back from those of `model` whose `column` points to it."""

    model: str
    column: str
    back: bool = False
    several: bool = False

    def follow(self, state: State, row: Row) -> list[Row]:
        """The records it leads to."""
        if self.back:
            return state.where(self.model, self.column, row["id"])
        keys = row[self.column] if self.several else (row[self.column],)
        return [state.at(self.model, key) for key in keys if key is not None]


@dataclass(frozen=True)
class Path:
    """A way from a record to values: over links, to a column, through a transform, to a comparison."""

    steps: tuple[Step, ...]
    column: Column
    kind: str
    lookup: str
    many: bool  # whether one record can have several values
    part: str = ""  # "date", "year", … of a time; "" for the value itself
    keys: tuple[str, ...] = ()  # below a JSON column

    def value(self, state: State, row: Row) -> Value:
        """The one value of a record when `many` is False; None when a link on the way is missing."""
        for step in self.steps:
            key = row[step.column]
            if key is None:
                return None
            row = state.at(step.model, key)
        return self._value(row)

    def values(self, state: State, row: Row) -> list[Value]:
        """The values a record has there. A missing link gives one None, as SQL's LEFT JOIN does."""
        rows: list[Row | None] = [row]
        for step in self.steps:
            rows = [found for one in rows for found in (step.follow(state, one) if one is not None else ()) or (None,)]
        return [None if one is None else self._value(one) for one in rows]

    def _value(self, row: Row) -> Value:
        value = row[self.column.name]
        if value is None or not self.part:
            return value
        if self.part == "date":
            return value.date() if isinstance(value, datetime) else value
        if self.part == "week_day":
            return value.isoweekday() % 7 + 1
        return getattr(value, self.part)


class _Walk:
    """Follows the parts of a name until a column is reached."""

    def __init__(self, model: str) -> None:
        self.here = MODELS[model]
        self.steps: list[Step] = []
        self.column: Column | None = None
        self.many = False

    def take(self, name: str, following: str | None) -> None:
        """Go one part on; `following` is the part after it. Sets `column` at the end of the way."""
        name = "id" if name == "pk" else name
        last = following is None or following in LOOKUPS
        column = self.here.by_name.get(name)
        if column is None and (backwards := REVERSE.get((self.here.name, name))):
            self._go(Step(*backwards, back=True), last=last)
            self.many = True
        elif column is None:
            self.column = _by_key_name(self.here, name)
            if self.column is None:
                raise _unresolved(self.here, name, first=not self.steps)
        elif column.kind == "links":
            self._go(Step(column.target, column.name, several=True), last=last)
            self.many = True
        elif column.kind == "link" and not last:
            self._go(Step(column.target, column.name), last=False)
        else:
            self.column = column

    def _go(self, step: Step, *, last: bool) -> None:
        self.steps.append(step)
        self.here = MODELS[step.model]
        if last:
            self.column = self.here.by_name["id"]


@lru_cache(maxsize=4096)
def path(model: str, text: str) -> Path:
    """Resolve a name. Raises ServerFault with Django's sentence when there is no such column or comparison."""
    parts = text.split("__")
    walk = _Walk(model)
    at = 0
    while walk.column is None:
        walk.take(parts[at], parts[at + 1] if at + 1 < len(parts) else None)
        at += 1
    rest = parts[at:]
    if walk.column.kind == "json":
        lookup = rest.pop() if rest and rest[-1] in LOOKUPS else "exact"
        return Path(tuple(walk.steps), walk.column, "json", lookup, walk.many, keys=tuple(rest))
    kind: str = walk.column.kind
    part = ""
    if rest and kind in {"datetime", "date"} and rest[0] in _DATE_PARTS:
        part = rest.pop(0)
        kind = _DATE_PARTS[part]
    lookup = rest.pop(0) if rest and rest[0] in LOOKUPS else "exact"
    if rest:
        raise _unsupported(walk.column, rest[0])
    if kind == "link" and lookup not in _LINK_LOOKUPS:
        raise ServerFault(f"Related Field got invalid lookup: {lookup}")
    return Path(tuple(walk.steps), walk.column, kind, lookup, walk.many, part=part)


_LINK_LOOKUPS = frozenset({"exact", "in", "gt", "gte", "lt", "lte", "isnull"})


def _by_key_name(model: Model, name: str) -> Column | None:
    column = model.by_name.get(name.removesuffix("_id")) if name.endswith("_id") else None
    return column if column is not None and column.kind == "link" else None


def names(model: Model) -> list[str]:
    """All names a query may begin with, as Django lists them."""
    known = {column.name for column in model.columns}
    known |= {f"{column.name}_id" for column in model.links if column.kind == "link"}
    known |= {name for target, name in REVERSE if target == model.name}
    return sorted(known | set(model.also))


def _unresolved(model: Model, name: str, *, first: bool) -> ServerFault:
    if not first:
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
