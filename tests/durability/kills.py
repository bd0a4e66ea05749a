"""`python -m tests.durability kills --kills N --seed S`: a real bridge is killed again and again while it works.

`cagelab-bridge serve` runs between proxies that delay, cut, reset and swallow connections, an Alyx stand-in and a real
S3 server (rclone). A client runs one session after the other and repeats each call, with the same request id, until it
is answered; an operator logs in after each start. The bridge dies by SIGKILL at random moments, its own start
included, and is frozen by SIGSTOP now and then; the store's server is killed and started again, and every connection
is cut. At every change in Alyx, and at the end, `stage.Stage` looks whether anything is lost, doubled or untrue.
"""

from __future__ import annotations

import os
import random
import signal
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc

from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2
from cagelab_bridge.api.status import from_rpc_error
from cagelab_bridge.errors import Code
from tests.durability.proxy import CALM, STORM
from tests.durability.stage import Stage, Wanted

MIB = 1024 * 1024
STAMP = "2026-11-20-09-00-00"
NAMES = (f"events.table.{STAMP}.tsv", f"_matlab_diary.{STAMP}.log", f"alf/mock.table.{STAMP}.npy")
UNDELIVERED = 3  # sessions at most; then the client waits
REST = 150.0  # seconds within which all must be delivered once there is peace
PATIENCE = 120.0  # seconds until a call that is repeated and repeated counts as never answered
# What a repeated call must never be answered with.
IMPOSSIBLE = {Code.ALREADY_EXISTS, Code.NOT_FOUND, Code.INVALID_ARGUMENT, Code.INTERNAL}


class NotAnswered(Exception):
    """A call was repeated for too long."""


class Siege:
    """One bridge, its client, its operator, and what is done to it."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.stage = Stage(folder, seed)
        self.promised: list[Wanted] = []
        self.kills = 0
        self.stops = 0
        self.restarts = 0  # of the store
        self.severed = 0  # times that every connection was cut
        self.calls = 0
        self._random = random.Random(seed)
        self._over = threading.Event()
        self._strangers = True  # the bridge that runs does not know anybody yet
        self._before = 0  # the process that ran before the one that starts

    # -- people ------------------------------------------------------------------------------------------------------

    def _operate(self) -> None:
        """Log in after each start, as the control PC does."""
        while not self._over.wait(0.1):
            if self._strangers:
                try:
                    pid = self.stage.bridge.pid
                    self.stage.bridge.enter(self.stage.lab)
                    self._strangers = self.stage.bridge.pid != pid
                except (grpc.RpcError, ValueError):
                    continue  # it died, or Alyx cannot be reached: the next round tries again

    def _insist(self, method: str, request: Any) -> Any:
        """Call until it is answered."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self.calls += 1
            try:
                return self.stage.bridge.call(method, request)
            except grpc.RpcError as problem:
                error = from_rpc_error(problem)
                if error.code in IMPOSSIBLE:
                    self.stage.wrong.append(f"{method} answered {error.reason}: {error.message}")
                    break
            except ValueError:
                pass  # the connection to a bridge that died
            time.sleep(0.05)
        raise NotAnswered(method)

    def _experiment(self) -> None:
        """Session after session; the last one is ended in peace."""
        source = random.Random(self._random.random())
        try:
            while not self._over.is_set():
                request = session_pb2.ListSessionsRequest(only_unfinished=True)
                if len(self._insist("ListSessions", request).sessions) >= UNDELIVERED:
                    self._over.wait(0.2)
                else:
                    self._session(source)
        except NotAnswered as problem:
            self.stage.wrong.append(f"{problem} was never answered")

    def _session(self, source: random.Random) -> None:
        spec = session_pb2.SessionSpec(subject="TestSubject", projects=["demo"])
        start = session_pb2.StartSessionRequest(request_id=str(uuid.uuid4()), spec=spec)
        found = self._insist("StartSession", start).session
        wanted = Wanted(found.session_id, Path(found.folder))
        self.promised.append(wanted)
        for _ in range(source.choice((1, 1, 2))):
            wanted.answers.add((found.session_id, found.folder, found.date, found.number))
            found = self._insist("StartSession", start).session
        self._record(wanted.folder, source)
        end = session_pb2.EndSessionRequest(
            request_id=str(uuid.uuid4()), session_id=wanted.session_id, qc="PASS", narrative="done", upload_folder=True
        )
        told = {self._insist("EndSession", end).transfer_id for _ in range(source.choice((1, 1, 2)))}
        if len(told) != 1:
            self.stage.wrong.append(f"EndSession of {wanted.session_id} was answered with {told}")

    @staticmethod
    def _record(folder: Path, source: random.Random) -> None:
        """Some small files, and every third time one in many parts."""
        for name in NAMES[: source.choice((1, 2, 3))]:
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(os.urandom(source.choice((0, 1, 5000, 3 * MIB))))
        size = source.randrange(64 * MIB, 96 * MIB) if source.random() < 0.34 else source.randrange(12 * MIB)
        (folder / f"opticka.raw.{STAMP}.mat").write_bytes(os.urandom(size))

    # -- what is done to it ------------------------------------------------------------------------------------------

    def endure(self, kills: int) -> None:
        """All of it. What is wrong is in `stage.wrong` afterwards."""
        self._start()
        self.stage.bridge.enter(self.stage.lab)
        people = [threading.Thread(target=work, daemon=True) for work in (self._operate, self._experiment)]
        for person in people:
            person.start()
        self.stage.to_alyx.weather = self.stage.to_store.weather = STORM
        while self.kills < kills:
            self._live()
            self._batter()
            self._kill()
            self._start()
        self._make_peace(people)
        self._await_delivery()
        self.stage.require(self.promised)

    def _start(self) -> None:
        """Start the bridge; one time in five it dies on the way."""
        while True:
            self._strangers = True
            grave = None
            if self.kills and self._random.random() < 0.2:
                grave = threading.Timer(self._random.uniform(0.05, 0.7), self._strike)
                self._before = self.stage.bridge.pid
                grave.start()
            try:
                self.stage.bridge.start()
            except AssertionError:
                if grave is None:
                    raise
                self.kills += 1
                self.stage.bridge.end()
                continue
            finally:
                if grave is not None:
                    grave.cancel()
                    grave.join()
            return

    def _strike(self) -> None:
        """Kill the bridge that is just starting, if it has a process already."""
        pid = self.stage.bridge.pid
        if pid != self._before:
            os.kill(pid, signal.SIGKILL)

    def _live(self) -> None:
        """Let it live for a while, mostly a short one; now and then frozen."""
        life = self._random.uniform(0.05, 1.5) if self._random.random() < 0.7 else self._random.uniform(2.0, 6.0)
        self._over.wait(life)
        if self._random.random() < 0.2:
            self.stops += 1
            os.kill(self.stage.bridge.pid, signal.SIGSTOP)
            self._over.wait(self._random.uniform(0.1, 1.5))
            os.kill(self.stage.bridge.pid, signal.SIGCONT)
            self._over.wait(self._random.uniform(0.0, 0.5))

    def _batter(self) -> None:
        """Now and then the store's server is restarted, or all connections break; then there is a moment to go on."""
        if self._random.random() < 0.2:
            self.restarts += 1
            self.stage.restart_store(self._random.uniform(0.0, 1.0))
            self._over.wait(self._random.uniform(0.0, 2.0))
        if self._random.random() < 0.2:
            self.severed += 1
            self.stage.to_store.sever()
            self.stage.to_alyx.sever()
            self._over.wait(self._random.uniform(0.0, 1.0))

    def _kill(self) -> None:
        self.kills += 1
        self.stage.bridge.end(signal.SIGKILL)

    def _make_peace(self, people: list[threading.Thread]) -> None:
        self.stage.to_alyx.weather = self.stage.to_store.weather = CALM
        self._over.set()
        self._kill()
        self.stage.bridge.start()
        self.stage.bridge.enter(self.stage.lab)
        for person in people:
            person.join(PATIENCE)

    def _await_delivery(self) -> None:
        """Nothing is left open. A retry wakes everything, as the network coming back does."""
        end = time.monotonic() + REST
        request = session_pb2.ListSessionsRequest(only_unfinished=True)
        while left := self.stage.bridge.call("ListSessions", request).sessions:
            if time.monotonic() > end:
                self.stage.wrong += [f"not delivered: {one.session_id} {one.folder} {one.reason}" for one in left]
                return
            time.sleep(0.2)


def endured(folder: Path, kills: int, seed: int, look: Callable[[Siege], None] = lambda _siege: None) -> Siege:
    """One siege from beginning to end."""
    siege = Siege(folder, seed)
    try:
        siege.endure(kills)
        look(siege)
    finally:
        siege.stage.close()
    return siege


def report(kills: int, seed: int) -> int:
    """Run a campaign and print its figures; 0 when nothing is wrong."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        siege = endured(Path(name), kills, seed, lambda siege: print(figures(siege)))
    print(f"{time.monotonic() - began:.0f} s, seed {seed}; {len(siege.stage.wrong)} wrong")
    for text in siege.stage.wrong[:20]:
        print(text)
    return 1 if siege.stage.wrong else 0


def figures(siege: Siege) -> str:
    """What happened, in one line."""
    stage = siege.stage
    files = [path for wanted in siege.promised for path in wanted.folder.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    return (
        f"{siege.kills} kills, {siege.stops} stops, {siege.restarts} restarts of the store, {siege.severed} times all "
        f"connections cut, {stage.to_alyx.cuts + stage.to_store.cuts} broken connections: "
        f"{len(siege.promised)} sessions, {len(files)} files, {size / MIB:,.0f} MiB, {siege.calls} calls, "
        f"{stage.to_store.received / max(size, 1):.2f} x the bytes sent"
    )
