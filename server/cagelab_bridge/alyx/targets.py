"""What is asked of Alyx: a path below its base address, with its query, made safe to send."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote, urlsplit

from cagelab_bridge.alyx.address import DEFAULT_PORTS
from cagelab_bridge.errors import InvalidInput

HINT = "Give a path as Alyx has it, such as sessions?subject=TestSubject."
_PATH_SAFE = "/:@!$&'()*+,;=-._~%"
_QUERY_SAFE = _PATH_SAFE + "?"
_WINDOW = frozenset({"limit", "offset"})


@dataclass(frozen=True, kw_only=True)
class Target:
    """A path without a leading slash, the query's `name=value` pieces, and the window of records asked for."""

    path: str
    filters: tuple[str, ...] = ()
    limit: int | None = None
    offset: int = 0

    def window(self, limit: int, offset: int) -> str:
        """Path and query that ask for `limit` records from `offset`."""
        pieces = [*self.filters, f"limit={limit}", *([f"offset={offset}"] if offset else [])]
        return f"{self.path}?{'&'.join(pieces)}"

    def __str__(self) -> str:
        pieces = list(self.filters)
        pieces += [f"limit={self.limit}"] if self.limit is not None else []
        pieces += [f"offset={self.offset}"] if self.offset else []
        return f"{self.path}?{'&'.join(pieces)}" if pieces else self.path


@lru_cache(maxsize=256)
def parse(base: str, text: str) -> Target:
    """Read a path such as "sessions?subject=x", "/sessions", or a full URL below `base` (a canonical base address).

    Spaces and non-ASCII characters are percent-encoded, what is encoded already stays, "+" stays (Alyx reads it as a
    space). A trailing slash goes, because Alyx 3.6.1 answers 404 for it. Raises InvalidInput: another host (credentials
    go to the address they were given for, and nowhere else), "..", control characters, nothing at all, a limit that is
    no number.
    """
    text = text.strip()
    if re.search(r"[\x00-\x1f\x7f\\]", text):
        raise _invalid("The path has a control character or backslash in it.")
    path, _, query = _below(base, text).partition("?")
    segments = unquote(path).split("/")
    if any(segment in {".", ".."} for segment in segments):
        raise _invalid('The path has a "." or ".." in it.')
    path = _encode(path.removeprefix("/").removesuffix("/"), _PATH_SAFE)
    if not path or path.startswith("/"):
        raise _invalid("There is no path.")
    pieces = [_encode(piece, _QUERY_SAFE) for piece in query.split("&") if piece]
    window = {name: value for name, _, value in (piece.partition("=") for piece in pieces) if name in _WINDOW}
    return Target(
        path=path,
        filters=tuple(piece for piece in pieces if piece.partition("=")[0] not in _WINDOW),
        limit=_number("limit", window["limit"], 1) if "limit" in window else None,
        offset=_number("offset", window.get("offset", "0"), 0),
    )


def _invalid(sentence: str) -> InvalidInput:
    return InvalidInput(sentence, about="path", hint=HINT)


def _below(base: str, text: str) -> str:
    """The part of `text` below the base address.

    Only host and port are compared: behind a proxy that ends TLS, Alyx writes http:// into the URLs it answers.
    """
    if text.startswith("//"):
        raise _invalid('The path begins with "//".')
    if not re.match(r"[a-z][a-z0-9+.-]*://", text, re.IGNORECASE):
        return text
    own = urlsplit(base)
    try:
        given = urlsplit(text)
        same = "@" not in given.netloc and _origin(given.scheme, given.hostname, given.port, own.scheme) == _origin(
            own.scheme, own.hostname, own.port, own.scheme
        )
    except ValueError:
        same = False
    mount = own.path + "/"
    if not same or not given.path.startswith(mount):
        raise _invalid(f"That address is not below {base}; credentials go only to the address they were given for.")
    return given.path.removeprefix(mount) + (f"?{given.query}" if given.query else "")


def _origin(scheme: str, host: str | None, port: int | None, own_scheme: str) -> tuple[str | None, int | None]:
    if scheme.lower() not in DEFAULT_PORTS:
        raise ValueError(scheme)
    default = DEFAULT_PORTS[scheme.lower()]
    return host, DEFAULT_PORTS[own_scheme] if port in {None, default} else port


def _encode(text: str, safe: str) -> str:
    try:
        return quote(re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", text), safe=safe)
    except UnicodeEncodeError:
        pass
    raise _invalid("The path has characters in it that are no text.")


def _number(name: str, text: str, least: int) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < least:
        raise InvalidInput(f'{name}: "{text}" is not a whole number from {least} on.', about=name)
    return int(text)
