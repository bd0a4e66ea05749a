"""A month of normal use, one session after the other: nothing may grow but the record of what was done."""

from __future__ import annotations

import shutil
import sqlite3
import time
import uuid
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2
from tests.acceptance.bridge import Bridge
from tests.benchmarks import unthrottled
from tests.benchmarks.table import Row

FILES = 6  # per session
WARM = 5  # days until libraries are loaded and caches are as full as they become
PATIENCE = 60.0  # seconds for one session


@dataclass(frozen=True)
class Evening:
    """What one day left behind."""

    rss: float  # MB
    descriptors: int
    log: float  # MB of the write-ahead log
    journal: float  # MB in use
    session: float  # seconds, the day's mean from StartSession to COMPLETE


def rows(*, days: int, sessions: int) -> list[Row]:
    """The last day against the one on which everything was warm; every day has a subject of its own."""
    names = [f"Day{number:02d}" for number in range(days)]
    with unthrottled.opened(names) as place, TemporaryDirectory(prefix="bench-") as folder:
        bridge = Bridge(Path(folder), FILES_QUIET_SECONDS="0")
        bridge.start()
        try:
            bridge.enter(place.lab)
            evenings = [_day(bridge, Path(folder), name, sessions) for name in names]
        finally:
            bridge.end()
    warm, last = evenings[min(WARM, days - 2)], evenings[-1]
    per_file = (last.journal - warm.journal) * 1e6 / ((days - 1 - min(WARM, days - 2)) * sessions * FILES)
    month = f"{days} days of {sessions} sessions of {FILES} files"
    return [
        Row(case=f"{month}: resident size", unit="MB", ours=last.rss, peers={"day 6": warm.rss}, bound=1.05),
        Row(
            case=f"{month}: open descriptors",
            unit="",
            ours=last.descriptors,
            peers={"day 6": warm.descriptors},
            bound=1.1,
        ),
        Row(case=f"{month}: write-ahead log", unit="MB", ours=last.log, peers={"64 MB": 64.0}, bound=1.0),
        Row(
            case=f"{month}: journal", unit="MB", ours=last.journal, limit=f"{per_file:.0f} bytes for each file recorded"
        ),
        Row(case=f"{month}: one session", unit="s", ours=last.session, peers={"day 6": warm.session}, bound=1.5),
    ]


def _day(bridge: Bridge, folder: Path, subject: str, sessions: int) -> Evening:
    began = time.monotonic()
    for _ in range(sessions):
        _session(bridge, subject)
    mean = (time.monotonic() - began) / sessions
    shutil.rmtree(
        folder / "data", ignore_errors=True
    )  # finished ones are moved away; a last record may just be written
    return Evening(
        rss=_resident(bridge.pid),
        descriptors=len(list((Path("/proc") / str(bridge.pid) / "fd").iterdir())),
        log=(folder / "state" / "journal.db-wal").stat().st_size / 1e6,
        journal=_in_use(folder / "state" / "journal.db"),
        session=mean,
    )


def _session(bridge: Bridge, subject: str) -> None:
    spec = session_pb2.SessionSpec(subject=subject, lab="CogLab", task_protocol="benchmark")
    request = session_pb2.StartSessionRequest(request_id=str(uuid.uuid4()), spec=spec)
    session = bridge.call("StartSession", request).session
    for number in range(FILES):
        (Path(session.folder) / f"events.table.{number}.tsv").write_text(f"{session.session_id} {number}\n" * 50)
    end = session_pb2.EndSessionRequest(
        request_id=str(uuid.uuid4()), session_id=session.session_id, upload_folder=True, qc="PASS"
    )
    bridge.call("EndSession", end)
    asked = session_pb2.GetSessionRequest(session_id=session.session_id)
    until = time.monotonic() + PATIENCE
    while not (found := bridge.call("GetSession", asked).session).complete:
        if time.monotonic() > until:
            raise RuntimeError(f"not delivered: {found}")
        time.sleep(0.01)


def _resident(pid: int) -> float:
    for line in (Path("/proc") / str(pid) / "status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no VmRSS")


def _in_use(journal: Path) -> float:
    with closing(sqlite3.connect(journal)) as database:
        pages, free, size = (
            database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
    return float((pages - free) * size) / 1e6
