"""Whether a control PC lends to a session of a rig: pure functions."""

from __future__ import annotations

from cagelab_bridge.errors import Finding, Gravity
from cagelab_bridge.models import Lend, Lending, Need

ASK = "Ask the person who looks after the control PC, or say ForwardCredentials there."


def refusal(field: str, message: str, hint: str, value: str = "") -> Finding:
    """Why nothing is lent, as the rig shows it to its people."""
    return Finding(gravity=Gravity.WARNING, field=field, value=value, message=message, hint=hint)


def forbids(lending: Lending, need: Need, *, lab: str, forwarded: bool) -> Finding | None:
    """Why the settings forbid it, or None.

    `lab`: this control PC's own; "" for any. `forwarded`: somebody said ForwardCredentials for that rig, and it lasts.
    """
    if lending.lend is Lend.NEVER:
        return refusal("policy", "The control PC lends this rig nothing.", ASK)
    if lending.lend is Lend.AFTER_FORWARD and not forwarded:
        return refusal(
            "policy",
            "The control PC lends to this rig only after somebody said so.",
            "On the control PC: `cagelab-bridge forward <rig>`, or ForwardCredentials in the GUI.",
        )
    if lending.lend is Lend.LAB and lab and need.lab != lab:
        theirs = f"one of {need.lab}" if need.lab else "of no lab"
        return refusal(
            "lab",
            f"The control PC lends to sessions of {lab}; this is {theirs}.",
            "Name the lab when the session starts, or set name under [lab] in the rig's bridge.toml.",
            need.lab,
        )
    return _outside(lending, need)


def _outside(lending: Lending, need: Need) -> Finding | None:
    """Subjects and projects that the settings for this rig do not name."""
    if lending.subjects and need.subject not in lending.subjects:
        return refusal("subject", f"The control PC lends to this rig, but not for {need.subject}.", ASK, need.subject)
    if lending.projects and not set(lending.projects) & set(need.projects):
        named = ", ".join(need.projects) or "no project"
        return refusal("projects", f"The control PC lends to this rig, but not for {named}.", ASK, named)
    return None
