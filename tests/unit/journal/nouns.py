"""Rows with every field filled."""

from __future__ import annotations

from cagelab_bridge.models import (
    AccountKey,
    AlyxState,
    File,
    FileState,
    Run,
    Session,
    Spec,
    Submission,
    Transfer,
)
from cagelab_bridge.ports import FileStat, Hashes

ANN = AccountKey(alyx_url="http://127.0.0.1:8000", username="ann")
SPEC = Spec(
    subject="Müller-1",
    lab="CogLab",
    location="Box-1",
    experimenters=("ann", "bob"),
    projects=("demo", "a, b"),
    procedures=("Behavior training/tasks",),
    task_protocol="touch_2.1",
    narrative='first\nline "quoted"',
    brain_region="VISp",
    rig="box-1",
    json='{"phase": 4}',
)
HASHES = Hashes(
    stat=FileStat(size=12, mtime_ns=2**60, ctime_ns=1, inode=2**62),
    md5="0" * 32,
    sha256="1" * 64,
    sha1="2" * 40,
    part_size=5,
    part_md5s=("a" * 32, "b" * 32),
)


def session(name: str = "s", *, run: Run = Run.OPEN, alyx: AlyxState = AlyxState.PENDING, number: int = 1) -> Session:
    """A session as it is inserted."""
    return Session(
        id=name,
        spec=SPEC,
        account=ANN,
        date="2026-11-20",
        number=number,
        folder=f"/data/{name}",
        run=run,
        alyx=alyx,
        accepted_at=f"2026-11-20T10:00:00.{number:06d}Z",
        start_time="2026-11-20T10:00:00.123456",
        client_pid=4711,
        warnings=("careful", "twice"),
    )


def transfer(name: str = "t", *, of: str = "s", at: str = "2026-11-20T10:00:00.000000Z") -> Transfer:
    """A transfer as it is inserted."""
    return Transfer(id=name, session_id=of, paths=("/data/s/a", "/data/s/ü b"), repository="aws", accepted_at=at)


def file(name: str = "f", *, of: str = "t", path: str = "a.b.npy", session_id: str = "s") -> File:
    """A file as it is inserted."""
    return File(
        id=name,
        transfer_id=of,
        session_id=session_id,
        path=f"/data/{session_id}/{path}",
        relative_path=path,
        state=FileState.ACCEPTED,
        size=3_000_000_000,
        mtime_ns=2**60,
        inode=2**62,
    )


def submission(name: str = "w", at: str = "2026-11-20T10:00:00.000000Z") -> Submission:
    """A submission as it is inserted."""
    return Submission(id=name, account=ANN, path="weighings", body='{"weight": 1}', accepted_at=at)
