"""JSON as PostgreSQL's `jsonb` keeps and compares it."""

from __future__ import annotations

import json

from .schema import Value


def normal(value: Value) -> Value:
    """The value with the keys of every object in the order jsonb gives them: shorter first, then by bytes."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return {key: normal(value[key]) for key in keys}
    if isinstance(value, list):
        return [normal(item) for item in value]
    return value


def rank(value: object) -> int:
    """The place of a value's type in jsonb's order of types."""
    if value is None:
        return 0
    if isinstance(value, str):
        return 1
    if isinstance(value, bool):
        return 3
    if isinstance(value, int | float):
        return 2
    return 4 if isinstance(value, list) else 5


def equal(one: object, other: object) -> bool:
    """Whether two values are the same for jsonb: 1 is 1.0, but not true."""
    if rank(one) != rank(other):
        return False
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(equal(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    return one == other


def contains(whole: object, part: object) -> bool:
    """jsonb's `@>`."""
    if isinstance(whole, dict) and isinstance(part, dict):
        return all(key in whole and contains(whole[key], part[key]) for key in part)
    if isinstance(whole, list):
        wanted = part if isinstance(part, list) else [part]
        return all(any(contains(item, one) for item in whole) for one in wanted)
    return equal(whole, part)


def as_text(value: object) -> str | None:
    """jsonb's `->>`: text as it is, everything else as JSON."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


MISSING = object()


def dig(value: object, keys: tuple[str, ...]) -> object:
    """The value under a path of keys and list positions, MISSING when there is none."""
    for key in keys:
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.lstrip("-").isdigit() and -len(value) <= int(key) < len(value):
            value = value[int(key)]
        else:
            return MISSING
    return value
