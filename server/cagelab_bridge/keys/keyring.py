"""Secrets in the operating system's keyring."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import TypeVar, cast

from cagelab_bridge.errors import InvalidInput, KeyringTrouble
from cagelab_bridge.keys.backends import Backend, Choice, choose
from cagelab_bridge.keys.views import EACH_START, NOT_ANSWERING, trouble, view
from cagelab_bridge.ports import KeyringState, KeyringView
from cagelab_bridge.secret import Secret

SERVICE = "cagelab-bridge"
READ_SECONDS = 5.0  # a keyring that does not answer must not hold up anybody
WRITE_SECONDS = 25.0  # somebody may have to answer a dialog, and waits for it; callers wait 30 s
# Windows' credential store takes 2,560 bytes of UTF-16, and answers more with "the stub received bad data".
WINDOWS, WINDOWS_UNITS = "keyring.backends.Windows.WinVaultKeyring", 1280
# Words in the names of the exceptions that backends raise for a locked keyring or an unlock dialog nobody answered.
# They come from libraries that are not installed everywhere (SecretStorage, GLib), so the classes cannot be named.
LOCKED_WORDS = ("Locked", "Dismissed", "InitError")

T = TypeVar("T")


class SystemKeyring:
    """`ports.Keyring` on the first allowed backend of this computer. The library is imported at the first use.

    A call that the keyring does not answer in time is left behind in its thread, and as long as it stays there, the
    keyring counts as locked and is not asked again: on a desktop it waits for somebody at the unlock dialog.
    """

    def __init__(
        self,
        threads: Executor,
        choose: Callable[[], Choice] = choose,
        *,
        read_seconds: float = READ_SECONDS,
        write_seconds: float = WRITE_SECONDS,
    ) -> None:
        """`threads`: daemon threads; `choose`: finds the backend, called again until it finds one that may be used."""
        self._threads = threads
        self._choose = choose
        self._read_seconds = read_seconds
        self._write_seconds = write_seconds
        self._choice: Choice | None = None
        self._stuck: Future[tuple[object, str]] | None = None
        self._seen: KeyringView | None = None

    def look(self) -> KeyringView:
        """How it stands now. Reads an account that does not exist to find out."""
        try:
            choice, backend = self._usable()
            self._ask(choice, lambda: backend.get_password(SERVICE, "probe"), self._read_seconds)
        except KeyringTrouble:
            return cast("KeyringView", self._seen)  # every trouble is noted before it is raised
        return self._note(view(KeyringState.READY, choice.name))

    def last_seen(self) -> KeyringView | None:
        """How it stood at the last look or call."""
        return self._seen

    def get(self, kind: str, endpoint: str, identity: str) -> Secret | None:
        """The secret, or None when none is kept. Raises KeyringTrouble."""
        choice, backend = self._usable()
        account = account_name(kind, endpoint, identity)
        text = self._ask(choice, lambda: backend.get_password(SERVICE, account), self._read_seconds)
        self._note(view(KeyringState.READY, choice.name))
        return None if text is None else Secret(text)

    def put(self, kind: str, endpoint: str, identity: str, secret: Secret) -> None:
        """Keep it, and read it back to be sure. Raises KeyringTrouble; a secret that came back wrong is forgotten.

        Raises InvalidInput for a secret that this computer's keyring cannot hold.
        """
        self._choice = None  # it may have lost its password since
        choice, backend = self._usable()
        _check_room(choice, secret)
        account = account_name(kind, endpoint, identity)
        self._ask(choice, lambda: backend.set_password(SERVICE, account, secret.reveal()), self._write_seconds)
        if self.get(kind, endpoint, identity) == secret:
            self._demand_password(lambda: backend.delete_password(SERVICE, account))
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
        if self._ask(choice, lambda: backend.get_password(SERVICE, account), self._read_seconds) is None:
            return False
        self._ask(choice, lambda: backend.delete_password(SERVICE, account), self._write_seconds)
        return True

    def _demand_password(self, forget: Callable[[], None]) -> None:
        """A keyring made just now, in the dialog that asked for its password, may have been made without one."""
        made = self._ask(Choice(KeyringState.LOCKED), self._choose, self._read_seconds)
        if made.backend is None:
            self._choice = None
            self._ask(made, forget, self._write_seconds)
            raise trouble(self._note(view(made.state, made.name)))

    def _usable(self) -> tuple[Choice, Backend]:
        if self._choice is None or self._choice.backend is None:
            # Finding one may ask the desktop's bus, which may hang as well.
            self._choice = self._ask(Choice(KeyringState.LOCKED), self._choose, self._read_seconds)
        if self._choice.backend is None:
            raise trouble(self._note(view(self._choice.state, self._choice.name)))
        return self._choice, self._choice.backend

    def _ask(self, choice: Choice, work: Callable[[], T], seconds: float) -> T:
        if self._stuck is not None and not self._stuck.done():
            raise trouble(self._note(view(KeyringState.LOCKED, choice.name, NOT_ANSWERING)))
        call: Future[tuple[T | None, str]] = self._threads.submit(_attempt, work)
        try:
            value, failure = call.result(seconds)
        except TimeoutError:
            if not call.cancel():
                self._stuck = cast("Future[tuple[object, str]]", call)
            raise trouble(self._note(view(KeyringState.LOCKED, choice.name, NOT_ANSWERING))) from None
        if failure:
            raise trouble(self._note(view(_state_after(failure), choice.name, failure)))
        return cast(T, value)

    def _note(self, seen: KeyringView) -> KeyringView:
        self._seen = seen
        return seen


def account_name(kind: str, endpoint: str, identity: str) -> str:
    """`<kind>:<endpoint>:<identity>`; a colon in the identity is escaped, so that no two accounts share a name.

    Raises InvalidInput for an empty part or a kind with a colon.
    """
    if not (kind and endpoint and identity) or ":" in kind:
        raise InvalidInput("A secret is kept for a kind, an endpoint and an identity.", about="keyring")
    return f"{kind}:{endpoint}:{identity.replace('%', '%25').replace(':', '%3A')}"


def _check_room(choice: Choice, secret: Secret) -> None:
    units = len(secret.reveal().encode("utf-16-le", "surrogatepass")) // 2
    if choice.name == WINDOWS and units > WINDOWS_UNITS:
        raise InvalidInput(
            f"The secret has {units} characters; Windows keeps no more than {WINDOWS_UNITS}.",
            about="keyring",
            hint=f"Use a shorter one, {EACH_START}.",
        )


def _attempt(work: Callable[[], T]) -> tuple[T | None, str]:
    """The result, or the name of the exception's class. The exception itself ends here: it may hold the secret."""
    try:
        return work(), ""
    except Exception as problem:  # noqa: BLE001 - backends raise exceptions of libraries that need not be installed
        return None, type(problem).__name__


def _state_after(failure: str) -> KeyringState:
    return KeyringState.LOCKED if any(word in failure for word in LOCKED_WORDS) else KeyringState.ABSENT
