"""The secrets that files are searched for before they are stored."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator

from cagelab_bridge.errors import Finding, Gravity
from cagelab_bridge.ports import SHORTEST_WATCHED, Watched
from cagelab_bridge.secret import Secret

log = logging.getLogger(__name__)


class LeakGuard:
    """Remembers, in memory only, what the bridge holds; a file that holds one of it is blocked.

    It also keeps the passwords that were used to log in: for nothing but this search, and until the logout.
    """

    def __init__(self, *, on: bool = True) -> None:
        """`on`: False where the lab switched the search off; then no secret is kept for it."""
        self._on = on
        self._watched: dict[tuple[str, ...], Watched] = {}
        self._searched: dict[str, tuple[Watched, ...]] = {}

    def watch(self, key: tuple[str, ...], name: str, secret: Secret) -> None:
        """Search files for this secret; `name` is what people are told ("the Alyx password of anna").

        `key` names it for `forget`, and replaces an earlier one of that key.
        """
        if self._on and secret:
            self._watched[key] = Watched(name=name, secret=secret)

    def forget(self, *key: str) -> None:
        """Search no longer for the secrets whose keys begin so."""
        for known in [known for known in self._watched if known[: len(key)] == key]:
            del self._watched[known]

    def watched(self) -> tuple[Watched, ...]:
        """What a file is to be searched for now."""
        return tuple(secret for secret in self._watched.values() if len(secret.secret.reveal()) >= SHORTEST_WATCHED)

    def searched(self, file_id: str, watched: tuple[Watched, ...]) -> None:
        """That file was searched for these, and none was found."""
        self._searched[file_id] = watched

    def not_yet_searched(self, file_id: str) -> tuple[Watched, ...]:
        """What that file was not searched for: secrets that came after it was read, or all after a restart."""
        known = {secret.secret for secret in self._searched.get(file_id, ())}
        return tuple(secret for secret in self.watched() if secret.secret not in known)

    def done_with(self, file_id: str) -> None:
        """That file is stored or given up."""
        self._searched.pop(file_id, None)

    def findings(self) -> Iterator[Finding]:
        """Secrets too short to search for."""
        for secret in self._watched.values():
            if len(secret.secret.reveal()) < SHORTEST_WATCHED:
                yield Finding(
                    gravity=Gravity.WARNING,
                    field="secret",
                    value=secret.name,
                    message=f"No file is searched for {secret.name}: it is shorter than {SHORTEST_WATCHED} letters.",
                    hint="Choose a longer one.",
                )

    def masked(self, text: str) -> str:
        """The text without the secrets held now."""
        for secret in self.watched():
            for spelling in secret.spellings():
                text = text.replace(spelling, "…")
        return text


_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")


class MaskedFormatter(logging.Formatter):
    """Takes the secrets held now out of every line of the log, after it was put together.

    The last line of defence: nothing of ours writes one, but a library's exception or note may.
    """

    def __init__(self, inner: logging.Formatter, guard: LeakGuard) -> None:
        super().__init__()
        self._inner = inner
        self._guard = guard

    def format(self, record: logging.LogRecord) -> str:
        """The line, and the trace that belongs to it, moved in: what a rig or a server says looks like no line of its
        own, and steers no terminal."""
        first, *more = self._guard.masked(self._inner.format(record)).split("\n")
        return "\n".join(_CONTROL.sub(_shown, line) for line in (first, *(f"    {line}" for line in more)))


def _shown(control: re.Match[str]) -> str:
    return ascii(control.group())[1:-1]


def mask_log(guard: LeakGuard) -> None:
    """Let all that is written to the log of this process go through the guard, exceptions nobody caught included."""
    for handler in logging.getLogger().handlers:
        handler.setFormatter(MaskedFormatter(handler.formatter or logging.Formatter(), guard))
    sys.excepthook = lambda kind, error, trace: log.critical("the bridge ends", exc_info=(kind, error, trace))
