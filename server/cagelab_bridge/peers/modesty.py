"""How much a message may hold: two bytes can say a whole message, which takes hundreds in memory."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import DecodeError, Message

MOST_FIELDS = 100_000  # of a message and all messages in it; 500 sessions have some 20 000
_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5  # wire types
_FIXED = {_EIGHT: 8, _FOUR: 4}


def demand_modest(data: bytes, message: type[Message]) -> None:
    """Look at a message before it is read. Raises DecodeError where it holds too much, or is none."""
    todo: list[tuple[int, int, Any]] = [(0, len(data), message.DESCRIPTOR)]
    fields = 0
    while todo:
        at, end, kind = todo.pop()
        while at < end:
            fields += 1
            if fields > MOST_FIELDS:
                raise DecodeError(f"more than {MOST_FIELDS} fields")
            tag, at = _number(data, at)
            wire = tag & 7
            if wire == _VARINT:
                _, at = _number(data, at)
            elif wire == _BYTES:
                length, begin = _number(data, at)
                at = begin + length
                field = kind.fields_by_number.get(tag >> 3)
                if field is not None and field.message_type is not None:
                    todo.append((begin, min(at, end), field.message_type))
            elif wire in _FIXED:
                at += _FIXED[wire]
            else:
                raise DecodeError("groups are not in the contract")


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A varint, and where the next thing begins. Raises DecodeError at the end of the data."""
    value = shift = 0
    for place in range(at, min(at + 10, len(data))):
        value |= (data[place] & 0x7F) << shift
        if data[place] < 0x80:
            return value, place + 1
        shift += 7
    raise DecodeError("a number does not end")
