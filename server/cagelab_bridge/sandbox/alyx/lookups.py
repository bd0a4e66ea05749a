"""Comparisons of Django's queries, over values held in memory."""

from __future__ import annotations

import operator
import re
import uuid
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from . import jsonb, times
from .paths import Path, path
from .problems import ServerFault
from .schema import Row, Value
from .state import State

Count = Callable[[State, Row], int]
_ORDER = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}
_TEXT: dict[str, Callable[[str, str], bool]] = {
    "iexact": lambda have, want: have.lower() == want.lower(),
    "contains": lambda have, want: want in have,
    "icontains": lambda have, want: want.lower() in have.lower(),
    "startswith": lambda have, want: have.startswith(want),
    "istartswith": lambda have, want: have.lower().startswith(want.lower()),
    "endswith": lambda have, want: have.endswith(want),
    "iendswith": lambda have, want: have.lower().endswith(want.lower()),
    "regex": lambda have, want: re.search(want, have) is not None,
    "iregex": lambda have, want: re.search(want, have, re.IGNORECASE) is not None,
}


def counter(model: str, text: str, value: object) -> Count:
    """How often a record meets a condition, once for each row SQL's joins would give.

    Raises ServerFault with the sentence of the exception Alyx 3.6.1 answers 500 with.
    """
    way = path(model, text)
    test = _test(way, value)
    if not way.many:
        return lambda state, row: int(test(way.value(state, row)))
    return lambda state, row: sum(1 for have in way.values(state, row) if test(have))


def _test(way: Path, value: Value) -> Callable[[Value], bool]:
    if way.kind == "json":
        return _json_test(way, value)
    if way.lookup == "isnull":
        wanted = bool(value)
        return lambda have: (have is None) == wanted
    if value is None:
        return lambda have: have is None
    compare = _compare(way, value)
    return lambda have: have is not None and compare(have)


def _compare(way: Path, value: Value) -> Callable[[Any], bool]:
    if way.lookup in _TEXT:
        compare, text = _TEXT[way.lookup], _as_text(value)
        return lambda have: compare(_as_text(have), text)
    if way.lookup == "in":
        several = {_prepare(way, one) for one in _several(value)}
        return lambda have: have in several
    if way.lookup == "range":
        low, high = (_prepare(way, one) for one in _several(value))
        return lambda have: low <= have <= high
    wanted = _prepare(way, value)
    order = _ORDER.get(way.lookup, operator.eq)
    return lambda have: bool(order(have, wanted))


def _several(value: object) -> list[Value]:
    return list(value) if isinstance(value, list | tuple | set) else list(str(value))


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else str(value)


def _prepare(way: Path, value: Value) -> Value:
    kind = way.kind
    if kind in {"link", "links"}:
        kind = "int" if way.column.target == "brain_region" else "uuid"
    return _PREPARE[kind](way.column.name, value)


def _prepare_int(name: str, value: object) -> int:
    try:
        return int(value)  # type: ignore[call-overload,no-any-return]  # what int() refuses is answered below
    except (TypeError, ValueError):
        raise ServerFault(f"Field '{name}' expected a number but got {value!r}.") from None


def _prepare_float(name: str, value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]  # what float() refuses is answered below
    except (TypeError, ValueError):
        raise ServerFault(f"Field '{name}' expected a number but got {value!r}.") from None


def _prepare_uuid(_: str, value: object) -> str:
    try:
        return str(value if isinstance(value, uuid.UUID) else uuid.UUID(str(value)))
    except ValueError:
        raise ServerFault(f"['“{value}” is not a valid UUID.']") from None


def _prepare_bool(_: str, value: object) -> bool:
    if value in {True, False}:
        return bool(value)
    if value in {"t", "True", "1"}:
        return True
    if value in {"f", "False", "0"}:
        return False
    raise ServerFault(f"['“{value}” value must be either True or False.']")


def _prepare_datetime(_: str, value: object) -> object:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        raise ServerFault("fromisoformat: argument must be str")
    try:
        return times.parse_datetime(value)
    except ValueError:
        pass
    if times.looks_like_datetime(value):
        form = "value has the correct format (YYYY-MM-DD HH:MM[:ss[.uuuuuu]][TZ]) but it is an invalid date/time."
    elif times.looks_like_date(value):
        form = "value has the correct format (YYYY-MM-DD) but it is an invalid date."
    else:
        form = "value has an invalid format. It must be in YYYY-MM-DD HH:MM[:ss[.uuuuuu]][TZ] format."
    raise ServerFault(f"['“{value}” {form}']")


def _prepare_date(_: str, value: object) -> object:
    if isinstance(value, datetime):
        return value.date()
    if not isinstance(value, str):
        raise ServerFault("fromisoformat: argument must be str")
    try:
        return times.parse_date(value)
    except ValueError:
        pass
    form = "value has an invalid date format. It must be in YYYY-MM-DD format."
    if times.looks_like_date(value):
        form = "value has the correct format (YYYY-MM-DD) but it is an invalid date."
    raise ServerFault(f"['“{value}” {form}']")


_PREPARE: dict[str, Callable[[str, Any], Any]] = {
    "int": _prepare_int,
    "float": _prepare_float,
    "uuid": _prepare_uuid,
    "bool": _prepare_bool,
    "datetime": _prepare_datetime,
    "date": _prepare_date,
    "text": lambda _, value: value if isinstance(value, str) else str(value),
}


def _json_test(way: Path, value: Value) -> Callable[[Value], bool]:
    def reach(have: object) -> object:
        return jsonb.MISSING if have is None else jsonb.dig(have, way.keys)

    if way.lookup == "isnull":
        wanted = bool(value)
        return lambda have: (reach(have) is jsonb.MISSING) == wanted
    compare = _json_compare(way.lookup, value)

    def test(have: object) -> bool:
        found = reach(have)
        return found is not jsonb.MISSING and compare(found)

    return test


def _json_compare(lookup: str, value: Value) -> Callable[[Value], bool]:
    if isinstance(value, Decimal):
        value = float(value)
    if lookup in _TEXT and lookup != "contains":
        text, compare = _as_text(value), _TEXT[lookup]
        return lambda have: (shown := jsonb.as_text(have)) is not None and compare(shown, text)
    if lookup in _ORDER:
        return _json_order(_ORDER[lookup], value)
    if lookup.startswith("has_"):
        return _json_keys(lookup, value)
    tests: dict[str, Callable[[Value], bool]] = {
        "contains": lambda have: jsonb.contains(have, value),
        "contained_by": lambda have: jsonb.contains(value, have),
        "in": lambda have: any(jsonb.equal(have, one) for one in _several(value)),
    }
    return tests.get(lookup, lambda have: jsonb.equal(have, value))


def _json_order(order: Callable[[Any, Any], bool], value: Value) -> Callable[[Value], bool]:
    """jsonb orders values of one type among each other, and the types among themselves."""
    rank = jsonb.rank(value)
    return lambda have: order(have, value) if jsonb.rank(have) == rank else order(jsonb.rank(have), rank)


def _json_keys(lookup: str, value: Value) -> Callable[[Value], bool]:
    wanted = [_as_text(value)] if lookup == "has_key" else [_as_text(one) for one in _several(value)]
    whole = any if lookup == "has_any_keys" else all
    return lambda have: isinstance(have, dict) and whole(key in have for key in wanted)


def parse_conditions(text: str) -> list[tuple[str, Value]]:
    """The pairs of `field,value,field,value` as Alyx 3.6.1 reads them: digits are numbers, brackets hold lists.

    Raises ServerFault for an odd number of parts or a field given twice.
    """
    parts = _split(text)
    pairs: dict[str, Any] = {}
    for at in range(0, len(parts), 2):
        if at + 1 >= len(parts):
            raise ServerFault("list index out of range")
        if parts[at] in pairs:
            raise ServerFault(f'Duplicated fields in "{text}"')
        pairs[parts[at]] = _literal(parts[at + 1])
    return list(pairs.items())


def _split(text: str) -> list[str]:
    parts, word, closing = [], "", ""
    for letter in text:
        if letter == "," and not closing:
            parts.append(word)
            word = ""
            continue
        if letter in "[(":
            closing = "]" if letter == "[" else ")"
        elif letter == closing:
            closing = ""
        word += letter
    return [*parts, word]


def _literal(text: str) -> Value:
    if text == "None":
        return None
    if text.lower() in {"true", "false"}:
        return text.lower() == "true"
    if text.replace(".", "", 1).isdigit():
        return float(text)
    if text.startswith(("(", "[")) and text.endswith((")", "]")):
        return _list_literal(text)
    return text


def _list_literal(text: str) -> list[Value]:
    import ast

    # Alyx evaluates this text as Python; the stand-in takes literals only.
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError) as error:
        raise ServerFault(str(error)) from None
    return list(found) if isinstance(found, list | tuple | set) else [found]
