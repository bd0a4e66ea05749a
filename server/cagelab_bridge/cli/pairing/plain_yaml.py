"""The part of YAML that simple inventories are written in: names within names, by indentation; plain values."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cagelab_bridge.errors import InvalidInput

_LINE = re.compile(
    r"""(?P<indent>\ *)
    (?P<key>"[^"]*"|'[^']*'|[^\s:#'"{\[\]}&*!|>%@`-](?:[^:#]|:(?=\S))*?)
    \ *:(?:\ +(?P<value>.*))?""",
    re.VERBOSE,
)
_COMMENT = re.compile(r"(?:^|\s)#.*$")


@dataclass
class _Open:
    """A mapping that may go on: where its own name stands, and where the names within it stand."""

    indent: int
    mapping: dict[str, object]
    children: int | None = None


def read_mapping(text: str, name: str) -> dict[str, object]:
    """Names and what is within them: mappings, or texts. Raises InvalidInput for anything beyond that."""
    top: dict[str, object] = {}
    open_ones = [_Open(-1, top)]
    for number, raw in enumerate(text.splitlines(), 1):
        line = _COMMENT.sub("", raw).rstrip()
        if not line or line in ("---", "..."):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise _wrong(number, name)
        indent, key, value = len(match["indent"]), match["key"].strip("\"'"), (match["value"] or "").strip()
        while indent <= open_ones[-1].indent:
            open_ones.pop()
        here = open_ones[-1]
        if here.children not in (None, indent) or key in here.mapping:
            raise _wrong(number, name)
        here.children = indent
        if value:
            here.mapping[key] = _value(value, number, name)
        else:
            nested: dict[str, object] = {}
            here.mapping[key] = nested
            open_ones.append(_Open(indent, nested))
    return top


def _value(text: str, number: int, name: str) -> object:
    if text.startswith("{") and text.endswith("}"):
        pairs = [pair.partition(":") for pair in text[1:-1].split(",") if pair.strip()]
        return {key.strip().strip("\"'"): value.strip().strip("\"'") for key, _, value in pairs}
    if text[0] in "[&*!|>%@`{" or ": " in text:
        raise _wrong(number, name)
    return text.strip("\"'")


def _wrong(number: int, name: str) -> InvalidInput:
    return InvalidInput(
        f"Line {number} of {name} is more than this reads.",
        about="inventory",
        hint="Use names within names only, or an INI inventory: `ansible-inventory --list` shows what there is.",
    )
