"""A whole session end to end: a bridge, and scripts with ONE-api and each engine, on the same servers in one run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2, status_pb2
from cagelab_bridge.services.records.second_record import NAME
from tests.acceptance import lab as labs
from tests.acceptance.bridge import Bridge
from tests.acceptance.lab import Lab
from tests.acceptance.test_whole_session import started
from tests.benchmarks.engine import MEMORY
from tests.benchmarks.table import Row
from tests.benchmarks.uploaders import ENGINES, MIB

QUIET = 2.0  # seconds; what the settings say when nobody changes them
PATIENCE = 300.0  # seconds for one session
SMALL = 20_000  # bytes of a small file
SUBJECTS = 32  # one for each session: a subject has one or two a day, and Alyx takes longer where it has many
PEERS = [name for name in ENGINES if name != "ours"]


def rows(*, big_mib: int, many: int, rounds: int) -> list[Row]:
    """The best of `rounds`, us and all peers in turn."""
    cases = {
        "session, 64 MiB + 4 small": ([64 * MIB, *[SMALL] * 4], rounds + 1),
        f"session, {big_mib} MiB": ([big_mib * MIB], rounds - 1),
        f"session, {many} small files": ([SMALL] * many, 1),  # Alyx takes half a minute for each
    }
    with labs.opened() as lab, _bench(lab) as bench:
        bench.warm_up()
        return [row for name, (sizes, times) in cases.items() for row in bench.case(name, sizes, times)]


@contextmanager
def _bench(lab: Lab) -> Iterator[_Bench]:
    memory = MEMORY if MEMORY.is_dir() else None
    with TemporaryDirectory(prefix="bench-") as state, TemporaryDirectory(prefix="bench-", dir=memory) as data:
        bridge = Bridge(Path(state), LAB_ROOT=f"{data}/lab", FILES_QUIET_SECONDS=str(QUIET))
        bridge.start()
        try:
            subjects = _subjects(lab)
            bridge.enter(lab)
            yield _Bench(lab, bridge, Path(data), subjects)
        finally:
            bridge.end()


@dataclass(frozen=True)
class _Bench:
    lab: Lab
    bridge: Bridge
    data: Path
    subjects: Iterator[str]  # nobody has had a session of

    def case(self, name: str, sizes: list[int], rounds: int) -> list[Row]:
        """Wall from the first call to the last record, and how long the caller waits."""
        best: dict[str, dict[str, float]] = {}
        for _ in range(rounds):
            for run in (self._ours, self._peers):
                source = self._source(sizes)
                for who, found in run(source).items():
                    if who not in best or found["wall"] < best[who]["wall"]:
                        best[who] = found
                shutil.rmtree(source)
        mine = best.pop("ours")
        walls = {f"ONE + {peer}": values["wall"] for peer, values in best.items()}
        return [
            Row(case=f"{name}: total wall", unit="s", ours=mine["wall"], peers=walls, bound=1.0, limit=_steps(best)),
            Row(case=f"{name}: caller's wait", unit="s", ours=mine["caller"], peers=walls, bound=1.0),
        ]

    def warm_up(self) -> None:
        """Connections and libraries of the bridge; the scripts load theirs before their time counts."""
        source = self._source([SMALL, 20 * MIB])
        self._ours(source)
        shutil.rmtree(source)

    def _source(self, sizes: list[int]) -> Path:
        """Files with new content under names that ONE reads."""
        folder = self.data / "source"
        folder.mkdir()
        for number, size in enumerate(sizes):
            with (folder / f"events.table.{number:05d}.tsv").open("wb") as file:
                for start in range(0, size, MIB):
                    file.write(os.urandom(min(MIB, size - start)))
        return folder

    def _ours(self, source: Path) -> dict[str, dict[str, float]]:
        """The files were closed for as long as the bridge waits for that; only the time of our own calls counts."""
        spec = session_pb2.SessionSpec(subject=next(self.subjects), lab="CogLab", projects=["demo"])
        began = time.monotonic()
        session = started(self.bridge, spec)
        start = time.monotonic() - began
        for file in source.iterdir():
            file.rename(Path(session.folder) / file.name)
        time.sleep(QUIET + 0.1)  # the task's last seconds
        request = session_pb2.EndSessionRequest(
            request_id=str(uuid.uuid4()), session_id=session.session_id, upload_folder=True, qc="PASS"
        )
        watching = self.bridge.stub.Watch(
            status_pb2.WatchRequest(session_id=session.session_id), metadata=self.bridge.metadata, timeout=PATIENCE
        )
        next(watching)  # it is not complete yet: from here on each change is told
        began = time.monotonic()
        self.bridge.call("EndSession", request)
        waited = start + time.monotonic() - began
        if not any(event.session.complete for event in watching):
            raise RuntimeError("The session was not delivered.")
        wall = start + time.monotonic() - began
        watching.cancel()
        _emptied(Path(session.folder))
        return {"ours": {"wall": wall, "caller": waited}}

    def _peers(self, source: Path) -> dict[str, dict[str, float]]:
        lab = self.lab
        environ = {
            "CAGELAB_BENCH_LAB": json.dumps({"url": lab.alyx_url, "user": lab.user, "password": lab.password}),
            "AWS_ENDPOINT_URL": lab.s3_url,
            "S3_ENDPOINT_URL": lab.s3_url,
            "AWS_ACCESS_KEY_ID": lab.s3_key,
            "AWS_SECRET_ACCESS_KEY": lab.s3_secret,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_REGION": "us-east-1",
            "HOME": str(self.data),  # where ONE keeps what it remembers
        }
        command = [sys.executable, "-m", "tests.benchmarks.one_session", next(self.subjects), str(source), *PEERS]
        done = subprocess.run(command, env=os.environ | environ, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"ONE's script failed: {done.stderr[-2000:]}")
        figures: dict[str, dict[str, float]] = json.loads(done.stdout)
        return figures


def _subjects(lab: Lab) -> Iterator[str]:
    """New subjects, made in Alyx."""
    mark = uuid.uuid4().hex[:8]
    names = [f"Bench-{mark}-{number:02d}" for number in range(SUBJECTS)]
    with httpx.Client(base_url=lab.alyx_url) as alyx:
        answer = alyx.post("/auth-token", data={"username": lab.user, "password": lab.password}).raise_for_status()
        alyx.headers["Authorization"] = f"Token {answer.json()['token']}"
        for name in names:
            body = {"nickname": name, "lab": "CogLab", "responsible_user": lab.user, "projects": ["demo"], "sex": "M"}
            alyx.post("/subjects", json=body).raise_for_status()
    return iter(names)


def _emptied(folder: Path) -> None:
    """Without the session's files; its record, which the bridge writes once more after the end, may stay."""
    for path in folder.iterdir():
        if path.name != NAME:
            path.unlink()


def _steps(peers: dict[str, dict[str, float]]) -> str:
    """Where the best peer's time goes."""
    name, values = min(peers.items(), key=lambda pair: pair[1]["wall"])
    told = ", ".join(f"{step} {seconds:.2f}" for step, seconds in values.items() if step != "wall")
    return f"{name}: {told}"
