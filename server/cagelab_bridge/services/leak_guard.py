"""The secrets that files are searched for before they are stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cagelab_bridge.errors import Finding, Gravity, SecretInFile
from cagelab_bridge.ports import SHORTEST_WATCHED, Watched
from cagelab_bridge.secret import Secret


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

    def mask(self) -> Callable[[str], str]:
        """What takes the secrets held now out of a text, for the log."""
        secrets = [secret.secret for secret in self.watched()]

        def masked(text: str) -> str:
            for secret in secrets:
                text = text.replace(secret.reveal(), "…")
            return text

        return masked


def refuse(path: str, leaks: tuple[str, ...]) -> None:
    """Raises SecretInFile when there are leaks."""
    if leaks:
        raise SecretInFile(f"{path} holds {' and '.join(leaks)}.")
