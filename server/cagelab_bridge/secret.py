"""A secret that does not print."""

from __future__ import annotations

import hmac
from typing import NoReturn


class Secret:
    """A password, token or key. Its text leaves only through `reveal`, at the place that sends it.

    repr, str, format, pickling and copying into JSON all refuse or redact, so that a log line, a traceback or a saved
    object cannot hold it by accident.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself. Call it where the secret is used, and keep the result nowhere."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> NoReturn:
        raise TypeError("A secret is not saved or sent as part of another object.")
