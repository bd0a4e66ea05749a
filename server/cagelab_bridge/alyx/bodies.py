"""Reading what a server sent: JSON, and the sentence inside a failure."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

LONGEST = 500  # characters of a sentence; Alyx lists all fields of a table when a filter is wrong
LONGEST_PAGE = 200  # characters of the text of an HTML page
LONGEST_FAILURE = 256 * 1024  # bytes of a failed answer that are taken for JSON
PAGE_READ = 16 * 1024  # bytes of an HTML page that are looked at: taking out its tags gets slow


@dataclass(frozen=True, kw_only=True)
class Document:
    """A JSON document: decoded, and as text. `exact` says that the text is valid as the server wrote it."""

    value: Any
    text: str
    exact: bool


def parse(body: bytes) -> Document:
    """Decode a JSON body. Raises ValueError for anything else.

    Alyx 3.6.1 prints NaN and Infinity (its setting STRICT_JSON is false), which are not JSON: they become null.
    """
    odd: list[str] = []
    text = body.decode("utf-8").strip()
    try:
        value = json.loads(text, parse_constant=odd.append)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return Document(value=value, text=json.dumps(value) if odd else text, exact=not odd)


def fields(value: Any) -> dict[str, str]:
    """The field errors of a failure, in order: field name → sentences. Django REST framework nests them as it likes."""
    if not isinstance(value, dict):
        return {}
    general = {"status_code", "detail", "error", "details", "non_field_errors"}
    return {str(name): " ".join(_sentences(inside)) for name, inside in value.items() if name not in general}


def sentence(body: bytes) -> str:
    """What a failed answer says, in one line; "" when it says nothing.

    JSON: `detail`, `error` and `non_field_errors` as they are, field errors as "field: sentence". With Alyx's DEBUG on,
    `detail` is a traceback, of which the last sentence is kept. HTML: the text of the page without its tags.
    """
    try:
        value = parse(body if len(body) <= LONGEST_FAILURE else b"").value
    except ValueError:
        return clean(_strip_tags(body[:PAGE_READ].decode("utf-8", "replace")), LONGEST_PAGE)
    if not isinstance(value, dict):
        return clean(" ".join(_sentences(value)), LONGEST)
    general = (part for name in ("detail", "error", "non_field_errors") for part in _sentences(value.get(name)))
    parts = [_last_words(part) for part in general]
    parts += [f"{name}: {text}" for name, text in fields(value).items()]
    return clean(" ".join(parts), LONGEST)


def clean(text: str, longest: int) -> str:
    """One line, without control characters (they would reach terminals and logs), cut at `longest` characters."""
    line = " ".join("".join(mark if mark.isprintable() else " " for mark in text).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def _sentences(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inside in value.items():
            yield f"{name}: {' '.join(_sentences(inside))}"
    elif isinstance(value, list):
        for inside in value:
            yield from _sentences(inside)
    elif value is not None:
        yield json.dumps(value)


def _last_words(text: str) -> str:
    if not text.startswith("Traceback (most recent call last)"):
        return text
    raised = list(re.finditer(r"^[A-Za-z_][\w.]*: ", text, re.MULTILINE))
    return text[raised[-1].end() :] if raised else text.strip().splitlines()[-1]


def _strip_tags(text: str) -> str:
    text = re.sub(r"(?is)<!--.*?-->|<(script|style|head)\b.*?</\1\s*>", " ", text)
    return html.unescape(re.sub(r"<[^>]*>", " ", text))
