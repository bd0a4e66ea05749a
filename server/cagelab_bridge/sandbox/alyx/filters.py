"""The parameters a list can be narrowed by, as django-filter 25 reads them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal

from . import times
from .call import Call
from .catalogue import MODELS
from .lookups import parse_conditions
from .problems import FieldError, Invalid, ServerFault
from .query import Query
from .schema import Column, Value

Method = Callable[[Call, Query, Value], None]
Kind = Literal["text", "number", "flag", "select", "time", "date", "uuid", "uuids", "choice", "record", "records"]
EMPTY: Value = object()


@dataclass(frozen=True)
class Filter:
    """One parameter: how its text is read, and the condition it stands for or the method that applies it."""

    name: str
    kind: Kind = "text"
    condition: str = ""
    method: Method | None = None
    target: str = ""
    choices: tuple[tuple[Value, str], ...] = ()

    def apply(self, call: Call, query: Query, value: Value) -> None:
        """Narrow `query`."""
        if self.method is not None:
            self.method(call, query, value)
        elif self.kind == "records":
            # Django ORs the records chosen and shows each result once.
            query.filter(f"{self.condition or self.name}__in", value)
            query.distinct()
        else:
            query.filter(self.condition or self.name, value)

    def clean(self, call: Call, texts: list[str]) -> Value:
        """The value of the parameter, EMPTY when it narrows nothing. Raises FieldError for a wrong one."""
        if self.kind == "records":
            return _records(call, self.target, texts) if texts else EMPTY
        text = texts[-1].strip()
        if not text:
            return EMPTY
        return _CLEAN[self.kind](call, self, text)


def _text(call: Call, one: Filter, text: str) -> Value:
    del call, one
    return text


def _number(call: Call, one: Filter, text: str) -> Decimal:
    del call, one
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise FieldError("Enter a number.") from None
    if not value.is_finite():
        raise FieldError("Enter a number.")
    return value


def _flag(call: Call, one: Filter, text: str) -> Value:
    del call, one
    return {"1": True, "0": False, "true": True, "false": False}.get(text.lower(), EMPTY)


def _select(call: Call, one: Filter, text: str) -> Value:
    del call, one
    words = {"True": True, "true": True, "2": True, "False": False, "false": False, "3": False}
    return words.get(text, EMPTY)


def _time(call: Call, one: Filter, text: str) -> Value:
    del call, one
    try:
        return times.parse_datetime(text)
    except ValueError:
        raise FieldError("Enter a valid date/time.") from None


_DATE_FORMS = (r"(\d{4})-(\d{1,2})-(\d{1,2})", r"(\d{1,2})/(\d{1,2})/(\d{4})", r"(\d{1,2})/(\d{1,2})/(\d{2})")


def _date(call: Call, one: Filter, text: str) -> str:
    del call, one
    try:
        if match := re.fullmatch(_DATE_FORMS[0], text):
            return times.parse_date(text).isoformat()
        if match := re.fullmatch(_DATE_FORMS[1], text):
            return times.parse_date(f"{match[3]}-{match[1]}-{match[2]}").isoformat()
    except ValueError:
        pass
    raise FieldError("Enter a valid date.")


def _uuid(call: Call, one: Filter, text: str) -> str:
    del call, one
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise FieldError("Enter a valid UUID.") from None


def _uuids(call: Call, one: Filter, text: str) -> list[str]:
    return [_uuid(call, one, part.strip()) for part in text.split(",")]


def _choice(call: Call, one: Filter, text: str) -> Value:
    del call
    for value, _ in one.choices:
        if str(value) == text:
            return value
    raise FieldError(f"Select a valid choice. {text} is not one of the available choices.")


def _record(call: Call, one: Filter, text: str) -> Value:
    key = _key(one.target, text)
    if key is None and one.target != "brain_region":
        raise FieldError(f"“{text}” is not a valid UUID.")
    if key is None or call.state.get(one.target, key) is None:
        raise FieldError("Select a valid choice. That choice is not one of the available choices.")
    return key


def _records(call: Call, target: str, texts: list[str]) -> list[Value]:
    keys = []
    for text in texts:
        key = _key(target, text)
        if key is None:
            raise FieldError(f"“{text}” is not a valid UUID.")
        if call.state.get(target, key) is None:
            raise FieldError(f"Select a valid choice. {text} is not one of the available choices.")
        keys.append(key)
    return keys


def _key(target: str, text: str) -> Value:
    try:
        return int(text) if target == "brain_region" else str(uuid.UUID(text))
    except ValueError:
        return None


_CLEAN: dict[str, Callable[[Call, Filter, str], Value]] = {
    "text": _text,
    "number": _number,
    "flag": _flag,
    "select": _select,
    "time": _time,
    "date": _date,
    "uuid": _uuid,
    "uuids": _uuids,
    "choice": _choice,
    "record": _record,
}
_KIND_OF: dict[str, Kind] = {
    "uuid": "uuid",
    "text": "text",
    "json": "text",
    "int": "number",
    "float": "number",
    "bool": "flag",
    "datetime": "time",
    "date": "date",
    "link": "record",
    "links": "records",
}


def of_model(model: str, *declared: Filter, without: tuple[str, ...] = ()) -> tuple[Filter, ...]:
    """A filter for each column of a record type, with `declared` ones in place of and after those."""
    by_name = {one.name: one for one in declared}
    found = {
        column.name: by_name.get(column.name) or _of_column(column)
        for column in MODELS[model].columns
        if not column.hidden and column.name not in without
    }
    return tuple({**found, **by_name}.values())


def _of_column(column: Column) -> Filter:
    if column.choices:
        return Filter(column.name, "choice", choices=column.choices)
    return Filter(column.name, _KIND_OF[column.kind], target=column.target)


def _django(call: Call, query: Query, text: Value) -> None:
    del call
    for name, value in parse_conditions(text):
        if name.startswith("~"):
            query.exclude(name[1:], value)
        else:
            query.filter(name, value)
        query.distinct()


DJANGO = Filter("django", method=_django)


def json_filter(column: str) -> Filter:
    """A parameter that searches a JSON column, e.g. `json=cagelab__bridge_session,<uuid>`."""

    def search(call: Call, query: Query, text: Value) -> None:
        del call
        for name, value in parse_conditions(text):
            query.filter(f"{column}__{name}", value)

    return Filter(column, method=search)


def code_filter(column: str, choices: tuple[tuple[int, str], ...]) -> Filter:
    """A parameter that takes the name of a number, in any case."""

    def search(call: Call, query: Query, text: Value) -> None:
        del call
        codes = {label.lower(): value for value, label in choices}
        if text.lower() not in codes:
            # The missing space is Alyx's own.
            raise ServerFault(f"Invalid{column}, choices are: {', '.join(label for _, label in choices)}")
        query.filter(column, codes[text.lower()])

    return Filter(column, method=search)


def narrow(call: Call, query: Query, filters: tuple[Filter, ...]) -> None:
    """Apply every parameter of the request that is a filter. Raises Invalid when some cannot be read."""
    given: dict[str, list[str]] = {}
    for name, text in call.params:
        given.setdefault(name, []).append(text)
    values: list[tuple[Filter, Value]] = []
    wrong: dict[str, list[str]] = {}
    for one in [one for one in filters if one.name in given]:
        try:
            values.append((one, one.clean(call, given[one.name])))
        except FieldError as error:
            wrong[one.name] = error.sentences
    if wrong:
        raise Invalid(wrong)
    for one, value in values:
        if value is not EMPTY:
            one.apply(call, query, value)
