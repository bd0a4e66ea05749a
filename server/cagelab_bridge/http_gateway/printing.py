"""Messages as the plain objects that JSON prints: as the library's json_format makes them, in a third of the time.

It asks each field anew what it is; here that is found out once for each message of the contract, which has no bytes, no
single-precision numbers and none of Google's own messages. A test compares the two for every message there is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message

_Convert = Callable[[Any], Any]
_WIDE = frozenset(
    (
        FieldDescriptor.CPPTYPE_INT64,
        FieldDescriptor.CPPTYPE_UINT64,
    )
)


def plain(message: Message) -> dict[str, Any]:
    """The fields by their names in the proto files: what is set in the order of its numbers, then what has no presence
    and is not set."""
    named, absent = _plan(message.DESCRIPTOR)
    said: dict[str, Any] = {}
    for field, value in message.ListFields():
        name, convert = named[field]
        said[name] = value if convert is None else convert(value)
    for name, default in absent:
        if name not in said:
            said[name] = default
    return said


@cache
def _plan(descriptor: Descriptor) -> tuple[dict[Any, tuple[str, _Convert | None]], list[tuple[str, Any]]]:
    """Name and conversion of each field; name and default of each field without presence."""
    named: dict[Any, tuple[str, _Convert | None]] = {}
    absent: list[tuple[str, Any]] = []
    for field in descriptor.fields:
        one = _conversion(field)
        if _is_map(field):
            named[field] = field.name, _of_map(field)
            absent.append((field.name, {}))
        elif field.is_repeated:
            named[field] = field.name, _of_list(one)
            absent.append((field.name, []))
        else:
            named[field] = field.name, one
            if not field.has_presence:
                absent.append((field.name, one(field.default_value) if one else field.default_value))
    return named, absent


def _conversion(field: FieldDescriptor) -> _Convert | None:
    """How one value is told; None: as it is."""
    if field.message_type is not None:
        return plain
    if field.enum_type is not None:
        return _of_enum(field.enum_type)
    if field.cpp_type in _WIDE:
        return str
    return _number if field.cpp_type == FieldDescriptor.CPPTYPE_DOUBLE else None


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def _of_map(field: FieldDescriptor) -> _Convert:
    assert field.message_type is not None  # a map's entries are messages
    one = _conversion(field.message_type.fields_by_name["value"]) or _same

    def convert(values: Mapping[str, Any]) -> dict[str, Any]:
        return {key: one(value) for key, value in values.items()}

    return convert


def _of_list(one: _Convert | None) -> _Convert:
    if one is None:
        return list
    return lambda values: [one(value) for value in values]


def _of_enum(enum: EnumDescriptor) -> _Convert:
    names = {number: value.name for number, value in enum.values_by_number.items()}
    return lambda number: names.get(number, number)


def _number(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _same(value: Any) -> Any:
    return value
