"""A secret that does not print."""

from __future__ import annotations

import hmac
from typing import NoReturn, final


@final
class Secret:
    """A password, token or key. Its text leaves only through `reveal`, at the place that sends it.

    repr, str, format, pickling and copying into JSON all refuse or redact, so that a log line, a traceback or a saved
    object cannot hold it by accident. Its bytes are overwritten when it goes: best effort, for Python copies texts on
    its way to a server, and nobody can take those copies back.
    """

    __slots__ = ("_bytes",)

    def __init__(self, text: str) -> None:
        # A lone surrogate, as a terminal in the wrong encoding gives it, is kept as it came.
        self._bytes = bytearray(text, "utf-8", "surrogatepass")

    def reveal(self) -> str:
        """Return the text itself. Call it where the secret is used, and keep the result nowhere."""
        return self._bytes.decode("utf-8", "surrogatepass")

    def __bool__(self) -> bool:
        return bool(self._bytes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._bytes, other._bytes)

    def __hash__(self) -> int:
        return hash((Secret, bytes(self._bytes)))

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> NoReturn:
        raise TypeError("A secret is not saved or sent as part of another object.")

    def __del__(self) -> None:
        # Not there when __init__ itself failed.
        held = getattr(self, "_bytes", bytearray())
        held[:] = bytes(len(held))
