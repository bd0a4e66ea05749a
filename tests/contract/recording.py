"""The recorded exchanges with a live Alyx 3.6.1, and how an answer is held against a recorded one.

What no two servers share stands in the recording as a placeholder: `<base>`, `<uuid>`, `<datetime>`, `<token>`, the
name of a captured id such as `<session>`, and, in answers of which only the shape counts, the name of a type.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
_PLACEHOLDER = re.compile(r"<(\w+)>")
_PATTERNS = {
    "uuid": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "datetime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?",
    "token": r"[0-9a-f]{40}",
}
_TYPES = {"str": str, "int": int, "float": float, "bool": bool}


def exchanges() -> list[dict[str, Any]]:
    """The recorded exchanges in the order they were made."""
    found = json.loads((HERE / "exchanges.json").read_text(encoding="utf-8"))["exchanges"]
    assert isinstance(found, list)
    return found


def seed() -> dict[str, Any]:
    """What the server held before the first exchange."""
    found = json.loads((HERE / "seed.json").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def fill(value: Any, captured: dict[str, str]) -> Any:
    """A recorded request with `{name}` replaced by what this run captured."""
    if isinstance(value, str):
        return re.sub(r"\{(\w+)\}", lambda match: captured.get(match[1], match[0]), value)
    if isinstance(value, dict):
        return {name: fill(one, captured) for name, one in value.items()}
    if isinstance(value, list):
        return [fill(one, captured) for one in value]
    return value


def dig(value: Any, path: str) -> str:
    """The value under a dotted path such as `0.file_records.0.id`."""
    for part in path.split("."):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return str(value)


class Comparison:
    """Holds answers against recorded ones and collects every place in which they differ."""

    def __init__(self, base: str, captured: dict[str, str], *, shape_only: bool) -> None:
        self._known = {name: key for name, key in captured.items() if not name.startswith("token")} | {"base": base}
        self._shape_only = shape_only
        self.differences: list[str] = []

    def compare(self, want: Any, got: Any, where: str = "") -> None:
        """Note where `got` is not what `want` says."""
        if isinstance(want, dict) and isinstance(got, dict):
            for name in sorted(want.keys() | got.keys()):
                self._compare_entry(want, got, name, where)
        elif isinstance(want, list) and isinstance(got, list):
            items = got[: len(want)] if self._shape_only else got
            if len(want) != len(items):
                self._note(where, f"{len(want)} items", f"{len(got)} items")
            for at, (one, other) in enumerate(zip(want, items, strict=False)):
                self.compare(one, other, f"{where}[{at}]")
        elif not self._same(want, got):
            self._note(where, want, got)

    def _compare_entry(self, want: dict[str, Any], got: dict[str, Any], name: str, where: str) -> None:
        if name not in want or name not in got:
            self._note(f"{where}.{name}", want.get(name, "nothing"), got.get(name, "nothing"))
        elif want[name] != f"<{name}>" or name == "token":
            self.compare(want[name], got[name], f"{where}.{name}")

    def _same(self, want: Any, got: Any) -> bool:
        if self._shape_only and isinstance(want, str) and want.strip("<>") in _TYPES:
            return type(got) is _TYPES[want.strip("<>")]
        if self._shape_only and want == "<null>":
            return got is None
        if isinstance(want, str) and isinstance(got, str):
            return re.fullmatch(self._pattern(want), got) is not None
        return bool(want == got) and isinstance(want, bool) == isinstance(got, bool)

    def _pattern(self, text: str) -> str:
        at, pattern = 0, ""
        for match in _PLACEHOLDER.finditer(text):
            pattern += re.escape(text[at : match.start()])
            known = self._known.get(match[1])
            pattern += _PATTERNS.get(match[1], re.escape(match[0])) if known is None else re.escape(known)
            at = match.end()
        return pattern + re.escape(text[at:])

    def _note(self, where: str, want: object, got: object) -> None:
        self.differences.append(f"{where or 'answer'}: recorded {want!r}, got {got!r}")
