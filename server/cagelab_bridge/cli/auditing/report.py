"""What audits found, as JSON that is kept in a file, and as rows for people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cagelab_bridge.errors import InvalidInput

Told = dict[str, Any]  # an AuditSessionResponse as JSON
# Worth knowing, and not wrong.
HARMLESS = "SEVERITY_INFO"


class Report:
    """One line for each session that was audited. Without a path nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        """Raises InvalidInput for a file that is no report."""
        self._path = path
        self._lines: dict[str, Told] = {}
        if path is not None and path.exists():
            self._lines = {told["session_id"]: told for told in _read(path)}

    def __contains__(self, session_id: str) -> bool:
        return session_id in self._lines

    def earlier(self, session_id: str) -> Told:
        """What it says of a session."""
        return self._lines[session_id]

    def keep(self, told: Told) -> None:
        """Write a line, at once: what is there after an interruption is whole."""
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(told, ensure_ascii=False) + "\n")


def _read(path: Path) -> list[Told]:
    text = path.read_text(encoding="utf-8")
    lines = text[: text.rfind("\n") + 1].splitlines()  # the last one may have been cut short
    try:
        found = [json.loads(line) for line in lines]
    except ValueError:
        found = [None]
    if not all(isinstance(told, dict) and "session_id" in told and "findings" in told for told in found):
        raise InvalidInput(f"{path} is not a report of an audit.", about="report", hint="Name another file.")
    if not text.endswith("\n"):
        path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return found


def wrong(finding: Told) -> bool:
    """Whether it is left to be mended."""
    return not finding["repaired"] and finding["severity"] != HARMLESS


def row(session: Told, finding: Told) -> tuple[str, ...]:
    """A finding for people; `session`: what it is of, which may be the store."""
    word = "mended" if finding["repaired"] else str(finding["severity"]).removeprefix("SEVERITY_").lower()
    name = f"{session['subject']} {session['date']} {session['number']:03d}" if "subject" in session else "in the store"
    return (word, name, finding["kind"], finding["message"], finding["outcome"] or finding["hint"])
