"""`reclaimed.jsonl` in a session folder: what was deleted there, and where it is now. Rows to lines and back. Pure.

A file is named before it is deleted. So a line counts only while the file is not there, and a later line that says
"kept" takes it back. A line that a power cut tore is passed over: what it was about to name was not deleted.
"""

from __future__ import annotations

import json
from typing import Any

from cagelab_bridge.models import File, Reclaim, ReclaimStage

NAME = "reclaimed.jsonl"
FORMAT = "cagelab-bridge manifest of reclaimed files"
VERSION = 1
HEAD = 4096  # bytes at the beginning that tell whose file it is
ABOUT = (
    "Files of this session that cagelab-bridge deleted from this computer because somebody asked for it, after the "
    "store had proven twice that it holds them. One per line; each was written before its file was deleted. "
    "`cagelab-bridge download` brings them back. Do not edit it."
)


def begin(session_id: str) -> bytes:
    """The first line."""
    return _line({"about": ABOUT, "format": FORMAT, "version": VERSION, "session_id": session_id})


def owner(head: bytes) -> str:
    """The id of the session whose manifest begins like that; "" when it is not ours."""
    first = _read(head.partition(b"\n")[0])
    return str(first.get("session_id") or "") if first.get("format") == FORMAT else ""


def entry(file: File, reclaim: Reclaim) -> bytes:
    """What is about to be deleted, without the end of the line."""
    return _line(
        {
            "path": file.relative_path,
            "size": file.size,
            "md5": file.md5,
            "sha256": file.sha256,
            "store": file.endpoint,
            "bucket": file.bucket,
            "key": file.key,
            "dataset_id": file.dataset_id,
            "file_id": file.id,
            "verified_at": reclaim.verified_at,
            "verified_by": reclaim.verified_by,
            "verified_again_at": reclaim.again_at,
            "verified_again_by": reclaim.again_by,
            "deleted_at": reclaim.deleted_at,
        }
    )


def kept(reclaim: Reclaim) -> bytes:
    """That a file was not deleted after all."""
    return _line({"kept": reclaim.relative_path, "file_id": reclaim.file_id, "deleted_at": reclaim.deleted_at})


def read(data: bytes) -> dict[str, Reclaim]:
    """What a manifest says was deleted, by the ids of the files; {} for a file that is not ours."""
    session_id = owner(data)
    found: dict[str, Reclaim] = {}
    for line in data.splitlines()[1:] if session_id else ():
        told = _read(line)
        if "kept" in told:
            found.pop(str(told.get("file_id")), None)
        elif "path" in told:
            row = _reclaim(told, session_id)
            found[row.file_id] = row
    return found


def _reclaim(told: dict[str, Any], session_id: str) -> Reclaim:
    def text(name: str) -> str:
        return str(told.get(name) or "")

    return Reclaim(
        file_id=text("file_id"),
        session_id=session_id,
        relative_path=text("path"),
        verified_at=text("verified_at"),
        verified_by=text("verified_by"),
        again_at=text("verified_again_at"),
        again_by=text("verified_again_by"),
        stage=ReclaimStage.DELETED,
        deleted_at=text("deleted_at"),
    )


def _line(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, ensure_ascii=False).encode(errors="backslashreplace")


def _read(line: bytes) -> dict[str, Any]:
    """The object of a line, {} for a torn one."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
