"""What a paired program on another computer may name: its own sessions, and nothing of anybody else's."""

from __future__ import annotations

from collections.abc import Iterable

from cagelab_bridge.api.dispatch import Caller
from cagelab_bridge.api.fields import request_id_from
from cagelab_bridge.api.policy import CLIENT
from cagelab_bridge.errors import Forbidden
from cagelab_bridge.services import plain_paths


def owner_of(caller: Caller) -> str:
    """The certificate whose sessions the caller is held to; "": it may see all. Raises Forbidden for a program without
    a certificate, which no door lets in."""
    if caller.role != CLIENT:
        return ""
    if not caller.fingerprint:
        raise Forbidden("It is not known which program asks.")
    return caller.fingerprint


def request_id_of(caller: Caller, text: str) -> str:
    """A request_id, apart from those of everybody else: repeating somebody's must not answer what was his."""
    owner, asked = owner_of(caller), request_id_from(text)
    return f"{owner} {asked}" if owner and asked else asked


def paths_of(caller: Caller, paths: Iterable[str]) -> tuple[str, ...]:
    """The paths to upload. Raises InvalidInput for one that is not plain, from a program on another computer."""
    return plain_paths.checked(paths) if owner_of(caller) else tuple(paths)


def refuse_place(caller: Caller, *places: str) -> None:
    """Raise Forbidden when a program on another computer names a place on the disk: the rig chooses it."""
    if owner_of(caller) and any(places):
        raise Forbidden(
            "A program on another computer does not choose where a session's files lie.",
            about="folder",
            hint="Reserve a folder with ReserveFolder, without a root, and start the session with its session_id.",
        )
