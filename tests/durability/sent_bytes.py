"""How many bytes a killed bridge sends: a kill for every 64 MiB that reach the store, and no other fault."""

from __future__ import annotations

import os
import random
import signal
import uuid
from pathlib import Path

from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2, transfer_pb2
from tests.durability.stage import Stage, Wanted, md5

MIB = 1024 * 1024
PER_KILL = 64 * MIB


def measure(folder: Path, seed: int, size: int) -> tuple[float, int]:
    """Upload one file of `size` bytes; (bytes sent / size, kills). Fails when it does not arrive as it is."""
    source = random.Random(seed)
    stage = Stage(folder, seed)
    bridge, kills = stage.bridge, size // PER_KILL
    # Somewhere in each stretch: a kill always at the same place of a part would be luck, good or bad.
    for number in range(1, kills + 1):
        stage.to_store.at(number * PER_KILL - source.randrange(16 * MIB), lambda: os.kill(bridge.pid, signal.SIGKILL))
    try:
        wanted = _begin(stage, size)
        for _ in range(kills):
            bridge.await_death()
            bridge.end()
            bridge.start()
            bridge.enter(stage.lab)
        transfer = bridge.settled(wanted.transfer_id)
        assert transfer.state == transfer_pb2.TRANSFER_STATE_DONE, transfer
        file = transfer.files[0]
        assert [md5(path) for path in stage.objects(file.dataset_id)] == [md5(wanted.folder / file.relative_path)]
        assert stage.wrong == []
    finally:
        stage.close()
    return stage.to_store.received / size, kills


def _begin(stage: Stage, size: int) -> Wanted:
    bridge = stage.bridge
    bridge.start()
    bridge.enter(stage.lab)
    spec = session_pb2.SessionSpec(subject="TestSubject", projects=["demo"])
    start = session_pb2.StartSessionRequest(request_id=str(uuid.uuid4()), spec=spec)
    session = bridge.call("StartSession", start).session
    (Path(session.folder) / "opticka.raw.2026-11-20-09-00-00.mat").write_bytes(os.urandom(size))
    order = transfer_pb2.UploadFilesRequest(request_id=str(uuid.uuid4()), session_id=session.session_id)
    transfer = bridge.call("UploadFiles", order).transfer
    return Wanted(session.session_id, Path(session.folder), transfer.transfer_id)
