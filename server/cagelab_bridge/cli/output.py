"""What is printed: tables for people, JSON for programs."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from rich.console import Console

# Text from Alyx or a file name must not steer the terminal.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
PIPE_WIDTH = 500  # columns where the output is no terminal: wide enough that nothing is cut before `grep` sees it


def clean(text: object) -> str:
    """The text with control characters shown as "�"."""
    return _CONTROL.sub("\ufffd", str(text))


def say(text: str = "") -> None:
    """Print a sentence for people."""
    click.echo(clean(text))


def console(*, on_stderr: bool = False) -> Console:
    """A rich console for stdout or stderr, made when it is needed: `serve` never loads rich."""
    from rich.console import Console

    stream = sys.stderr if on_stderr else sys.stdout
    return Console(file=stream, width=None if stream.isatty() else PIPE_WIDTH, highlight=False, soft_wrap=False)


def table(titles: Sequence[str], rows: Iterable[Sequence[object]], *, on_stderr: bool = False) -> None:
    """Print rows under titles. A title that starts with ">" is that of a column of numbers."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    target = console(on_stderr=on_stderr)
    # A rule below the titles is for eyes; `grep` and `awk` get rows only.
    shown = Table(box=box.SIMPLE_HEAD if target.is_terminal else None, pad_edge=False, show_edge=False, padding=(0, 1))
    for title in titles:
        numbers = title.startswith(">")
        shown.add_column(title.lstrip(">"), justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        shown.add_row(*(Text(clean(cell)) for cell in row))
    if target.is_terminal:
        target.print(shown)
    else:
        with target.capture() as text:
            target.print(shown)
        click.echo("".join(f"{line.rstrip()}\n" for line in text.get().splitlines()), err=on_stderr, nl=False)


def facts(pairs: Iterable[tuple[str, object]]) -> None:
    """Print names and values below each other; empty values are left out."""
    known = [(name, clean(value)) for name, value in pairs if value not in ("", None)]
    width = max((len(name) for name, _ in known), default=0)
    for name, value in known:
        click.echo(f"{name:<{width}}  {value}")


def as_dict(message: Message) -> dict[str, Any]:
    """A message as JSON values with the contract's field names, empty fields too; whole numbers are numbers."""
    from google.protobuf.json_format import MessageToDict

    document = MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
    _whole_numbers(message, document)
    return document


def _whole_numbers(message: Message, document: dict[str, Any]) -> None:
    """Proto JSON writes 64-bit numbers as text; `jq` and its kin would compare them wrongly."""
    for field in message.DESCRIPTOR.fields:
        value = document.get(field.name)
        if field.cpp_type in (field.CPPTYPE_INT64, field.CPPTYPE_UINT64) and isinstance(value, str):
            document[field.name] = int(value)
        elif field.message_type is not None and value:
            inner = getattr(message, field.name)
            pairs = zip(inner, value, strict=True) if isinstance(value, list) else [(inner, value)]
            for part, shown in pairs:
                _whole_numbers(part, shown)


def print_json(message: Message, *, line: bool = False) -> None:
    """Print a message as one JSON document, or as one line."""
    click.echo(json.dumps(as_dict(message), ensure_ascii=False, indent=None if line else 2))


def size(count: float) -> str:
    """Bytes as people read them; -1 (not known) is "?"."""
    if count < 0:
        return "?"
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def since(text: str) -> str:
    """How long ago an RFC 3339 time was: "5 min"."""
    from cagelab_bridge.services.lab_time import age

    return age(text, datetime.now(UTC))


def moment(text: str) -> str:
    """An RFC 3339 time as the local time of this computer, to the second."""
    if not text:
        return ""
    try:
        return datetime.fromisoformat(text).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return text
