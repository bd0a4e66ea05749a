"""Which keyrings may be used: an allow-list of exact classes, so that no plain-text store can take their place.

`keyring.get_keyring()` is never asked: it obeys an environment variable and a settings file, and takes whatever package
is installed (with `keyrings.alt` it silently keeps secrets as base64 in a file).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from typing import Protocol, cast

from cagelab_bridge.ports import KeyringState

ALLOWED = (  # module below keyring.backends, class
    ("SecretService", "Keyring"),
    ("kwallet", "DBusKeyring"),
    ("libsecret", "Keyring"),
    ("macOS", "Keyring"),
    ("Windows", "WinVaultKeyring"),
)
# keyring's own names in its entry-point group; any other name comes from another package.
OWN_ENTRY_POINTS = frozenset({"Windows", "macOS", "libsecret", "SecretService", "KWallet", "chainer"})
OF_GNOME = frozenset({"SecretService", "libsecret"})  # what may be gnome-keyring behind the bus
PLAIN = b"[keyring]"  # how its files begin that have no password; the others begin with b"GnomeKeyring"
PROPERTY = "KEYRING_PROPERTY_"


class Backend(Protocol):
    """What a backend of the keyring library can do."""

    def get_password(self, service: str, username: str) -> str | None:
        """The secret, or None."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep it."""

    def delete_password(self, service: str, username: str) -> None:
        """Forget it."""


@dataclass(frozen=True)
class Choice:
    """The backend to use, or why there is none: its state and its (or the refused one's) name."""

    state: KeyringState
    name: str = ""
    backend: Backend | None = None


def choose(environ: Mapping[str, str] = os.environ) -> Choice:
    """The first allowed backend that works here; REFUSED where only others are offered, ABSENT where none is."""
    for module, name in ALLOWED:
        backend = _made(module, name, environ)
        if backend is not None and module in OF_GNOME and _without_password(environ):
            return Choice(KeyringState.REFUSED, "gnome-keyring without a password")
        if backend is not None:
            return Choice(KeyringState.READY, f"keyring.backends.{module}.{name}", backend)
    offered = next(_others(environ), "")
    return Choice(KeyringState.REFUSED, offered) if offered else Choice(KeyringState.ABSENT)


def _made(module: str, name: str, environ: Mapping[str, str]) -> Backend | None:
    """The backend, or None where it does not work on this computer."""
    found = getattr(import_module(f"keyring.backends.{module}"), name)
    # `viable` asks the backend for its priority, which raises where its daemon or its library is missing.
    if not found.viable or found.priority < 1:
        return None
    made = found()
    # The library lets the environment set any attribute of a backend, its methods included.
    for variable in environ:
        made.__dict__.pop(variable.partition(PROPERTY)[2].lower(), None)
    return cast(Backend, made)


def _without_password(environ: Mapping[str, str]) -> bool:
    """True where gnome-keyring's default collection has an empty password: its file then holds every secret as text."""
    data = environ.get("XDG_DATA_HOME") or os.path.join(environ.get("HOME", ""), ".local", "share")
    folder = os.path.join(data, "keyrings")
    default = _head(os.path.join(folder, "default"), 255).decode("utf-8", "replace").strip() or "login"
    return _head(os.path.join(folder, f"{default}.keyring"), len(PLAIN)) == PLAIN


def _head(path: str, count: int) -> bytes:
    """The first bytes of a file; none where there is no such file."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return b""
    try:
        return os.read(handle, count)
    finally:
        os.close(handle)


def _others(environ: Mapping[str, str]) -> Iterator[str]:
    """Names of backends the keyring library would take instead. They are only named, never imported."""
    named = environ.get("PYTHON_KEYRING_BACKEND", "")
    if named and not named.startswith(("keyring.backends.fail.", "keyring.backends.null.")):
        yield named
    for point in entry_points(group="keyring.backends"):
        if point.name not in OWN_ENTRY_POINTS:
            yield point.value
