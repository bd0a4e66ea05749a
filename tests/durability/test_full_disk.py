"""The journal's disk is full, read-only or failing: nothing acknowledged is lost, and it goes on by itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest

from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2, status_pb2
from cagelab_bridge.api.status import from_rpc_error
from cagelab_bridge.errors import JournalTrouble
from cagelab_bridge.journal import ballast
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.sandbox import Sandbox
from tests.acceptance import lab as labs
from tests.acceptance.bridge import Bridge, wait_until
from tests.durability.power_loss import recording
from tests.durability.small_disk import MIB, SmallDisk, mounted
from tests.durability.story import ANN, AT


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """64 MiB."""
    with mounted(tmp_path / "disk") as found:
        yield found


def opened(disk: SmallDisk) -> Journal:
    return Journal(disk.path / "state", ballast=ballast.SIZE)


def held(disk: SmallDisk) -> bool:
    return (disk.path / "state" / ballast.NAME).exists()


class Writer:
    """Commits choices of about 40 KiB each, and knows which were acknowledged."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.acknowledged: list[str] = []

    def write(self) -> None:
        name = f"kind-{len(self.acknowledged)}"
        self.journal.choices.put(ANN.alyx_url, name, [{"name": "x" * 40_000}], AT)
        self.acknowledged.append(name)

    def until_refused(self) -> JournalTrouble:
        while True:
            try:
                self.write()
            except JournalTrouble as trouble:
                return trouble

    def require(self) -> None:
        for name in self.acknowledged:
            assert self.journal.choices.get(ANN.alyx_url, name) is not None, name


def test_on_a_full_disk_the_room_set_aside_keeps_the_bridge_writing(disk: SmallDisk) -> None:
    """Nothing is refused, the operator is told, and the ballast is taken anew once there is room."""
    writer = Writer(opened(disk))
    writer.write()
    assert held(disk)
    disk.fill()
    for _ in range(20):
        writer.write()
    assert not held(disk)
    warning = writer.journal.warning
    assert warning is not None
    assert "Make room" in warning.hint
    disk.make_room()
    writer.write()
    assert held(disk)
    assert writer.journal.warning is None
    writer.require()
    writer.journal.close()


def test_a_commit_too_large_for_what_is_left_gets_the_ballast_next_time(disk: SmallDisk) -> None:
    """A disk that is not quite full refuses it with what to do; called again it is taken."""
    writer = Writer(opened(disk))
    disk.fill(but=3 * MIB)
    record = {"name": "x" * 5 * MIB}
    with pytest.raises(JournalTrouble) as caught:
        writer.journal.choices.put(ANN.alyx_url, "large", [record], AT)
    assert caught.value.retryable
    assert "Make room" in caught.value.hint
    writer.journal.choices.put(ANN.alyx_url, "large", [record], AT)
    assert not held(disk)
    writer.journal.close()


def test_a_disk_without_any_room_left_refuses_every_commit_and_loses_none(disk: SmallDisk) -> None:
    """Even the ballast is used up: reading goes on, writing is refused, and works again as soon as there is room."""
    writer = Writer(opened(disk))
    disk.fill()
    writer.write()
    disk.fill()
    for _ in range(3):
        writer.until_refused()
        writer.require()
    disk.make_room()
    for _ in range(30):
        writer.write()
    writer.journal.close()
    again = Writer(opened(disk))
    again.acknowledged = writer.acknowledged
    again.require()
    assert again.journal.choices.get(ANN.alyx_url, f"kind-{len(writer.acknowledged)}") is None
    again.journal.close()


@pytest.mark.parametrize("clean", [True, False], ids=["stopped", "killed"])
def test_a_bridge_starts_on_a_full_disk(disk: SmallDisk, clean: bool) -> None:
    """Opening needs room for the log's index: the ballast is given up for it."""
    state = disk.path / "state"
    if clean:
        writer = Writer(opened(disk))
        writer.write()
        writer.journal.close()
    else:
        code = (
            "import os, sys; from pathlib import Path; from tests.durability.test_full_disk import *; "
            "writer = Writer(Journal(Path(sys.argv[1]), ballast=ballast.SIZE)); writer.write(); os._exit(0)"
        )
        root = Path(__file__).resolve().parents[2]
        subprocess.run([sys.executable, "-c", code, str(state)], check=True, cwd=root)
    disk.fill()
    again = Writer(opened(disk))
    again.acknowledged = ["kind-0"]
    again.require()
    again.write()
    assert not held(disk)
    again.journal.close()


def test_a_full_disk_without_ballast_is_refused_in_words(disk: SmallDisk) -> None:
    """The hint says to make room, and afterwards the journal opens; no lock is left behind."""
    disk.fill()
    with pytest.raises(JournalTrouble) as caught:
        opened(disk)
    assert "Make room" in caught.value.hint
    disk.make_room()
    opened(disk).close()


def test_half_a_ballast_is_never_left(tmp_path: Path) -> None:
    """A disk with too little room for it gets none, and the journal works without."""
    with mounted(tmp_path / "disk", 20) as disk:
        journal = opened(disk)
        assert not held(disk)
        journal.accounts.proved(ANN, AT)
        journal.close()


class OnSmallDisk(Bridge):
    """Its journal lies on the small disk beside it, everything else elsewhere."""

    @property
    def environ(self) -> dict[str, str]:
        return super().environ | {"CAGELAB_BRIDGE_STATE": str(self.folder / "disk" / "state")}


def test_a_read_only_state_folder_is_refused_at_the_start(disk: SmallDisk, tmp_path: Path) -> None:
    """`serve` ends with one sentence, where it is, and what to do."""
    bridge = OnSmallDisk(tmp_path)
    (tmp_path / "empty.toml").touch()
    disk.mount("ro")
    done = bridge.command("serve", "--config", str(tmp_path / "empty.toml"))
    assert done.returncode != 0
    said = " ".join(done.stderr.split())
    assert str(disk.path / "state") in said
    assert "CAGELAB_BRIDGE_STATE" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("failures", [1, 2, 3, 7])
def test_after_a_failed_fsync_the_journal_is_opened_anew(tmp_path: Path, failures: int) -> None:
    """The kernel forgets what a failed fsync should have written: that connection is never used again."""
    with recording() as recorder:
        writer = Writer(Journal(tmp_path))
        writer.write()
        first = writer.journal._database._connection
        recorder.failing = failures
        trouble = writer.until_refused()
        assert "opens and checks the journal anew" in trouble.hint
        recorder.failing = 0
        writer.write()
        assert writer.journal._database._connection is not first
        writer.require()
        writer.journal.close()


def answered(call: Callable[[], object]) -> bool:
    """False when the journal refused; its error says what to do."""
    try:
        call()
    except grpc.RpcError as problem:
        error = from_rpc_error(problem)
        assert (error.reason, error.retryable) == ("resourceExhausted:journal", True)
        assert "Make room" in error.hint
        return False
    return True


def test_a_bridge_on_a_full_disk_tells_and_delivers_when_there_is_room(disk: SmallDisk, tmp_path: Path) -> None:
    """Calls are refused with what to do, status says it, and what was accepted goes on by itself."""
    bridge = OnSmallDisk(tmp_path)
    spec = session_pb2.SessionSpec(subject="TestSubject", narrative="x" * 20_000)

    def start() -> session_pb2.Session:
        session: session_pb2.Session = bridge.call("StartSession", session_pb2.StartSessionRequest(spec=spec)).session
        return session

    def notices() -> set[str]:
        return {notice.field for notice in bridge.call("GetStatus", status_pb2.GetStatusRequest()).notices}

    with Sandbox() as sandbox:
        lab = labs.of(sandbox)
        bridge.start()
        try:
            bridge.enter(lab)
            accepted = [start()]
            assert notices() == set()
            disk.fill()
            accepted += [start() for _ in range(3)]
            assert notices() == {"disk"}
            disk.fill()  # and the room that was set aside too
            while answered(lambda: accepted.append(start())):
                pass
            assert notices() == {"disk"}
            disk.make_room()
            for session in accepted:
                (Path(session.folder) / "events.table.2026-11-20-09-00-00.tsv").write_bytes(b"a\tb\n")
                end = session_pb2.EndSessionRequest(session_id=session.session_id, upload_folder=True)
                assert answered(lambda end=end: bridge.call("EndSession", end))  # type: ignore[misc]  # binds this one
            unfinished = session_pb2.ListSessionsRequest(only_unfinished=True)
            wait_until(lambda: not bridge.call("ListSessions", unfinished).sessions)
        finally:
            bridge.end()
