"""JSON objects that callers hand over as text."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import Any, NoReturn

from cagelab_bridge.errors import InvalidInput


def decoded(text: str, about: str = "json") -> dict[str, Any]:
    """The object in `text`; {} for none. Raises InvalidInput for anything but an object.

    Alyx 3.6.1 stores a text in `json` as a string, which no filter finds: so only objects pass.
    """
    if not text.strip():
        return {}
    try:
        value = json.loads(text, parse_constant=_refused)
    except ValueError as problem:
        raise InvalidInput(f"{about} is not JSON: {problem}.", about=about) from problem
    if not isinstance(value, dict):
        raise InvalidInput(f"{about} is not a JSON object.", about=about, hint='Write {"name": value, …}.')
    return value


def document_of(value: Any) -> dict[str, Any] | None:
    """The object that stands in a record's `json` as text; None where it is none."""
    try:
        return decoded(value) if isinstance(value, str) and value.strip() else None
    except InvalidInput:
        return None


def _refused(name: str) -> NoReturn:
    """JSON has no NaN and no Infinity; Alyx's database refuses them, long after the caller has gone."""
    raise ValueError(f"{name} is no JSON value; write null")


def digest(*parts: object) -> str:
    """A fingerprint of a request's content, so that a repeated request id can be told from a reused one."""
    text = json.dumps(parts, sort_keys=True, default=_told, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _told(value: object) -> object:
    """A noun as its fields: as `dataclasses.asdict` tells them, which copies each of them first."""
    return vars(value) if dataclasses.is_dataclass(value) else str(value)
