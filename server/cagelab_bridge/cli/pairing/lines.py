"""The lines of JSON that two bridges exchange while they pair."""

from __future__ import annotations

import json
from typing import Any

from cagelab_bridge.errors import PairingRefused

LONGEST = 8192  # bytes of a line
VERSION = 1
FIELDS: dict[str, dict[str, type]] = {
    "offer": {"version": int, "name": str, "certificate": str, "replace": bool, "init": bool},
    "answer": {"version": int, "name": str, "certificate": str, "port": int, "running": bool},
    "confirm": {"fingerprint": str},
    "kept": {},
    "done": {},
    "bye": {},
    "failed": {"code": str, "message": str, "about": str, "hint": str},
}


def write(step: str, **fields: Any) -> bytes:
    """One line."""
    return (json.dumps({"step": step, **fields}) + "\n").encode("ascii")


def read(line: bytes, *steps: str) -> dict[str, Any]:
    """The fields of a line, which must be one of these steps and have each field of it and no other.

    Raises PairingRefused.
    """
    if len(line) > LONGEST:
        raise PairingRefused(f"The other computer said more than {LONGEST} bytes in one line.")
    if not line.endswith(b"\n"):
        raise PairingRefused("The other computer hung up in the middle.")
    try:
        fields = json.loads(line.decode("ascii"))
    except (ValueError, RecursionError):
        raise PairingRefused(
            "The other computer answered something that is no pairing.",
            hint="Does the shell there print something at login? `ssh user@rig true` must print nothing.",
        ) from None
    step = fields.pop("step", None) if isinstance(fields, dict) else None
    if not isinstance(step, str) or step not in steps:
        raise PairingRefused(f"The other computer did not say {' or '.join(steps)}.")
    wanted = FIELDS[step]
    if set(fields) != set(wanted) or any(type(fields[name]) is not kind for name, kind in wanted.items()):
        raise PairingRefused(f"The other computer's {step} is not as it should be.")
    if fields.get("version", VERSION) != VERSION:
        raise PairingRefused("The other computer pairs in another way; install the same version on both.")
    return {"step": step, **fields}
