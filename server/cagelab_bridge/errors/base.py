"""What every error has: a code, a sentence, a hint, and whether the same call may succeed later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


class Code(Enum):
    """The kinds of mistakes a caller can tell apart; named as in gRPC and Connect."""

    INVALID_ARGUMENT = "invalid_argument"
    NOT_FOUND = "not_found"
    ALREADY_EXISTS = "already_exists"
    FAILED_PRECONDITION = "failed_precondition"
    UNAUTHENTICATED = "unauthenticated"
    PERMISSION_DENIED = "permission_denied"
    DEADLINE_EXCEEDED = "deadline_exceeded"
    RESOURCE_EXHAUSTED = "resource_exhausted"
    UNAVAILABLE = "unavailable"
    UNIMPLEMENTED = "unimplemented"
    CANCELED = "canceled"
    INTERNAL = "internal"


class Executed(Enum):
    """Whether a failed call may have had its effect on the other side."""

    NO = "no"
    MAYBE = "maybe"


class Gravity(Enum):
    """How bad a finding is."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing found wrong, or worth knowing: which field, which value, what to do, which names look alike."""

    gravity: Gravity
    field: str
    message: str
    value: str = ""
    hint: str = ""
    suggestions: tuple[str, ...] = ()


class BridgeError(Exception):
    """Something went wrong in the bridge."""

    code: Code = Code.INTERNAL
    about: str = ""
    hint: str = "Run `cagelab-bridge doctor`, and look into the bridge's log."
    retryable: bool = False

    def __init__(self, message: str = "", *, about: str = "", hint: str = "", findings: Sequence[Finding] = ()) -> None:
        """A sentence (default: the class's), what it is about (one word), what to do next, and the findings."""
        self.message = message or (type(self).__doc__ or "").strip().splitlines()[0]
        self.about = about or type(self).about
        self.hint = hint or type(self).hint
        self.findings = tuple(findings)
        super().__init__(self.message)

    @property
    def reason(self) -> str:
        """Stable name for programs, such as "notFound:subject"."""
        first, *rest = self.code.value.split("_")
        camel = first + "".join(part.capitalize() for part in rest)
        return f"{camel}:{self.about}" if self.about else camel
