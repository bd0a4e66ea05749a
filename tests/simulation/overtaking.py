"""What Alyx 3.6.1's register-file does to sessions that somebody changes while it runs.

It reads the day's base session and the one the files belong to, adds its user, hangs one below the other, and saves
each whole record as it had read it, before it makes the dataset: what a PATCH wrote meanwhile is undone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from cagelab_bridge.sandbox.alyx.core import AlyxCore
from cagelab_bridge.sandbox.alyx.messages import Response


class Slow:
    """A register-file that has read the sessions, and does the rest at `end` (virtual seconds)."""

    def __init__(self, core: AlyxCore, execute: Callable[[], Response], end: float, counts: Counter[str]) -> None:
        self._core = core
        self._execute = execute
        self._read = {row["id"]: row for row in core.state.rows("session")}
        self._counts = counts
        self.end = end
        self.answer: Response | None = None
        self.undone = 0  # PATCHes

    def finish(self) -> None:
        """The rest. Links to many are kept in tables of their own: saving a record leaves those alone."""
        now = {row["id"]: row for row in self._core.state.rows("session")}
        self.answer = self._execute()
        for row in list(self._core.state.rows("session")):
            present, read = now.get(row["id"]), self._read.get(row["id"])
            if present is None or read is None or row is present or read is present:
                continue  # not saved, or not changed since it was read
            saved = {
                name: value for name, value in read.items() if row[name] == present[name] and type(value) is not tuple
            }
            self._core.state.update("session", row["id"], saved)
            self._counts["alyx_undone"] += 1
