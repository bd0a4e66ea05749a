"""One thing that setup looked at, and what it would write."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Write:
    """One record for Alyx: a new one in the list `path`, or a change of the record `path`."""

    path: str
    body: dict[str, Any] = field(repr=False)
    change: bool = False


@dataclass(frozen=True, kw_only=True)
class Step:
    """`word`: "ok", "create" (is made), "offer" (somebody is asked), "info", "warning", "error"; once it was done
    "done", where nobody agreed "left"."""

    word: str
    about: str
    name: str
    message: str
    hint: str = ""
    write: Write | None = None


def ok(about: str, name: str, message: str) -> Step:
    """As it should be."""
    return Step(word="ok", about=about, name=name, message=message)


def tell(word: str, about: str, name: str, message: str, hint: str) -> Step:
    """For a person: "info", "warning" or "error"."""
    return Step(word=word, about=about, name=name, message=message, hint=hint)


def create(about: str, name: str, message: str, path: str, body: dict[str, Any]) -> Step:
    """A record that is missing, and harms nobody."""
    return Step(word="create", about=about, name=name, message=message, write=Write(path=path, body=body))


def offer(about: str, name: str, message: str, hint: str, write: Write) -> Step:
    """A repair; `hint`: what it does."""
    return Step(word="offer", about=about, name=name, message=message, hint=hint, write=write)
