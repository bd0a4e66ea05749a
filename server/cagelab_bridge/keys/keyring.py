"""Secrets in the operating system's keyring."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from cagelab_bridge.errors import InvalidInput, KeyringTrouble
from cagelab_bridge.keys.backends import Backend, Choice, State, choose
from cagelab_bridge.secret import Secret

SERVICE = "cagelab-bridge"
EACH_START = "or hand the secret over with --password-stdin at each start"
HINTS = {
    State.LOCKED: f"Unlock the keyring by logging in on the desktop of this computer, {EACH_START}.",
    State.ABSENT: f"Install and unlock gnome-keyring, {EACH_START}.",
    State.REFUSED: "This backend may keep secrets as plain text and is refused; use --password-stdin at each start.",
}
SENTENCES = {
    State.LOCKED: "This computer's keyring is locked.",
    State.ABSENT: "This computer has no keyring that works.",
    State.REFUSED: "This computer offers a keyring that is not trusted",
}
# Words in the names of the exceptions that backends raise for a locked keyring or an unlock dialog nobody answered.
# They come from libraries that are not installed everywhere (SecretStorage, GLib), so the classes cannot be named.
LOCKED_WORDS = ("Locked", "Dismissed", "InitError")

T = TypeVar("T")


class SystemKeyring:
    """`ports.Keyring` on the first allowed backend of this computer. The library is imported at the first use.

    A call blocks, on a desktop possibly until somebody answers the unlock dialog: run it in a thread, with a limit.
    """

    def __init__(self, choose: Callable[[], Choice] = choose) -> None:
        """`choose`: finds the backend; called again until it finds one that may be used."""
        self._choose = choose
        self._choice: Choice | None = None

    def state(self) -> tuple[State, str]:
        """Whether it can be used, and the backend's name. Reads an account that does not exist to find out."""
        choice = self._look()
        if choice.backend is None:
            return choice.state, choice.name
        backend = choice.backend
        _, failure = _attempt(lambda: backend.get_password(SERVICE, "probe"))
        return (_state_after(failure) if failure else State.READY), choice.name

    def get(self, kind: str, endpoint: str, identity: str) -> Secret | None:
        """The secret, or None when none is kept. Raises KeyringTrouble."""
        choice, backend = self._usable()
        account = account_name(kind, endpoint, identity)
        text = self._ask(choice, lambda: backend.get_password(SERVICE, account))
        return None if text is None else Secret(text)

    def put(self, kind: str, endpoint: str, identity: str, secret: Secret) -> None:
        """Keep it, and read it back to be sure. Raises KeyringTrouble; a secret that came back wrong is forgotten."""
        choice, backend = self._usable()
        account = account_name(kind, endpoint, identity)
        self._ask(choice, lambda: backend.set_password(SERVICE, account, secret.reveal()))
        if self.get(kind, endpoint, identity) == secret:
            return
        self.remove(kind, endpoint, identity)
        raise KeyringTrouble(
            "The keyring gave back something else than it was given, and was told to forget it.",
            hint=f"Try another keyring, {EACH_START}.",
        )

    def remove(self, kind: str, endpoint: str, identity: str) -> bool:
        """Forget it; False when there was none. Raises KeyringTrouble."""
        choice, backend = self._usable()
        account = account_name(kind, endpoint, identity)
        if self._ask(choice, lambda: backend.get_password(SERVICE, account)) is None:
            return False
        self._ask(choice, lambda: backend.delete_password(SERVICE, account))
        return True

    def _look(self) -> Choice:
        if self._choice is None or self._choice.backend is None:
            self._choice = self._choose()
        return self._choice

    def _usable(self) -> tuple[Choice, Backend]:
        choice = self._look()
        if choice.backend is None:
            raise _trouble(choice.state, choice.name)
        return choice, choice.backend

    def _ask(self, choice: Choice, work: Callable[[], T]) -> T:
        value, failure = _attempt(work)
        if failure:
            raise _trouble(_state_after(failure), f"{choice.name}: {failure}")
        return cast(T, value)


def account_name(kind: str, endpoint: str, identity: str) -> str:
    """`<kind>:<endpoint>:<identity>`; a colon in the identity is escaped, so that no two accounts share a name.

    Raises InvalidInput for an empty part or a kind with a colon.
    """
    if not (kind and endpoint and identity) or ":" in kind:
        raise InvalidInput("A secret is kept for a kind, an endpoint and an identity.", about="keyring")
    return f"{kind}:{endpoint}:{identity.replace('%', '%25').replace(':', '%3A')}"


def _attempt(work: Callable[[], T]) -> tuple[T | None, str]:
    """The result, or the name of the exception's class. The exception itself ends here: it may hold the secret."""
    try:
        return work(), ""
    except Exception as problem:  # noqa: BLE001 - backends raise exceptions of libraries that need not be installed
        return None, type(problem).__name__


def _state_after(failure: str) -> State:
    return State.LOCKED if any(word in failure for word in LOCKED_WORDS) else State.ABSENT


def _trouble(state: State, detail: str) -> KeyringTrouble:
    sentence = SENTENCES[state].removesuffix(".")
    return KeyringTrouble(f"{sentence} ({detail})." if detail else f"{sentence}.", hint=HINTS[state])
