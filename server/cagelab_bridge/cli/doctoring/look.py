"""One thing that `doctor` looked at, and how it is."""

from __future__ import annotations

from dataclasses import dataclass

from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2
from cagelab_bridge.errors import BridgeError, Gravity

GRAVITIES = {
    session_pb2.SEVERITY_WARNING: Gravity.WARNING,
    session_pb2.SEVERITY_ERROR: Gravity.ERROR,
}


@dataclass(frozen=True, kw_only=True)
class Look:
    """What was looked at, and how it is; `gravity` None: all is well."""

    about: str
    message: str
    hint: str = ""
    gravity: Gravity | None = None


def fine(about: str, message: str) -> Look:
    """All is well."""
    return Look(about=about, message=message)


def info(about: str, message: str, hint: str = "") -> Look:
    """Good to know, and not wrong."""
    return Look(about=about, message=message, hint=hint, gravity=Gravity.INFO)


def warning(about: str, message: str, hint: str) -> Look:
    """It works, and is wrong all the same."""
    return Look(about=about, message=message, hint=hint, gravity=Gravity.WARNING)


def error(about: str, message: str, hint: str) -> Look:
    """Something is lost, open to strangers, or does not work."""
    return Look(about=about, message=message, hint=hint, gravity=Gravity.ERROR)


def of_finding(finding: session_pb2.Finding) -> Look:
    """What the bridge found."""
    gravity = GRAVITIES.get(finding.severity, Gravity.INFO)
    return Look(about=finding.field or "bridge", message=finding.message, hint=finding.hint, gravity=gravity)


def of_trouble(about: str, trouble: BridgeError) -> Look:
    """An error of ours."""
    return error(about, trouble.message, trouble.hint)
