"""What register-file is sent: pure functions."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from cagelab_bridge.models import File, Session
from cagelab_bridge.ports import Json
from cagelab_bridge.services.delivery import dataset_names
from cagelab_bridge.services.delivery.session_datasets import Plan


def folder(session: Session) -> str:
    """The session as register-file names it: zero-padded, because /1 would make a second file record beside /001."""
    return f"{session.spec.subject}/{session.date}/{session.alyx_number:03d}"


def body(session: Session, files: Sequence[tuple[File, Plan]], repository: str) -> Json:
    """Files that are not yet stored, and not yet judged."""
    assert session.account is not None  # a started session has one
    return {
        # Alyx adds created_by to the session's users: an experimenter is there already.
        "created_by": (session.spec.experimenters or (session.account.username,))[0],
        "name": repository,
        "labs": session.spec.lab,
        "path": folder(session),
        "filenames": [_path(file, plan) for file, plan in files],
        "hashes": [file.md5 for file, _ in files],
        "filesizes": [file.size for file, _ in files],
        "exists": False,
        "qc": [plan.qc for _, plan in files],  # left out, it would be reset
        "check_protected": True,
    }


def _path(file: File, plan: Plan) -> str:
    collection, name = dataset_names.split(file.relative_path)
    return posixpath.join(collection, f"#{plan.revision}#" if plan.revision else "", name)
