"""How a record type is described: its columns and what they point to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias

Kind = Literal["uuid", "text", "int", "float", "bool", "datetime", "date", "json", "link", "links"]
Value: TypeAlias = Any  # a column, a parameter or a JSON field may hold anything
Row = dict[str, Value]


@dataclass(frozen=True)
class Column:
    """One column. A `link` holds the key of one record of `target`, `links` a tuple of such keys."""

    name: str
    kind: Kind = "text"
    target: str = ""
    reverse: str = ""  # the name by which queries reach back from the target; "" when none is needed
    on_delete: Literal["cascade", "null"] = "cascade"
    default: Any = None
    choices: tuple[tuple[Any, str], ...] = ()
    indexed: bool = False
    hidden: bool = False  # kept, but no filter is made from it


@dataclass(frozen=True)
class Model:
    """One record type. `label` and `verbose` are the names Alyx uses in its sentences."""

    name: str
    label: str
    verbose: str
    columns: tuple[Column, ...]
    ordering: tuple[str, ...] = ()
    also: tuple[str, ...] = ()  # further names Alyx lists as "Choices are" but that nothing here uses

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """The columns under their names."""
        return {column.name: column for column in self.columns}

    @cached_property
    def links(self) -> tuple[Column, ...]:
        """The columns that point to other records."""
        return tuple(column for column in self.columns if column.kind in {"link", "links"})

    @cached_property
    def indexed(self) -> tuple[Column, ...]:
        """The columns whose values are looked up."""
        return tuple(column for column in self.columns if column.indexed)

    def blank(self) -> Row:
        """A record with every column at its default."""
        return {column.name: () if column.kind == "links" else column.default for column in self.columns}


ID = Column("id", "uuid")
JSON = Column("json", "json")
NAME = Column("name", default="")


def base(*columns: Column) -> tuple[Column, ...]:
    """The columns every Alyx record has (id, name, json), then `columns`; those may replace `name`."""
    given = {column.name for column in columns}
    return (*(column for column in (ID, NAME, JSON) if column.name not in given), *columns)
