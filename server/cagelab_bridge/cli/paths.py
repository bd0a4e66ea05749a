"""Paths to upload, as people name them."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2
from cagelab_bridge.cli.client import Client
from cagelab_bridge.errors import Finding, Gravity, InvalidInput


def to_upload(client: Client, session_id: str, paths: Sequence[str]) -> list[str]:
    """The paths as the bridge takes them: relative to the session folder, or absolute.

    A path is looked for in the session folder first, then in the current folder. Raises InvalidInput naming every path
    that is nowhere.
    """
    if not paths:
        return []
    answer = client.call(client.bridge.GetSession, session_pb2.GetSessionRequest(session_id=session_id))
    folder = Path(answer.session.folder)
    found = {path: _find(folder, path) for path in paths}
    missing = [path for path, place in found.items() if place is None]
    if missing:
        raise InvalidInput(
            f"{len(missing)} of {len(paths)} paths are not there." if len(paths) > 1 else f"{missing[0]} is not there.",
            about="path",
            hint=f"Name files and folders below {folder}.",
            findings=[_finding(folder, path) for path in missing],
        )
    return [place for place in found.values() if place is not None]


def _find(folder: Path, path: str) -> str | None:
    if (folder / path).exists():
        return path
    here = Path(path).expanduser().absolute()
    return str(here) if here.exists() else None


def _finding(folder: Path, path: str) -> Finding:
    names = [str(file.relative_to(folder)) for file in sorted(folder.rglob("*"))]
    return Finding(
        gravity=Gravity.ERROR,
        field="path",
        value=path,
        message="There is no such file or folder.",
        suggestions=tuple(get_close_matches(path, names, n=3)),
    )
