"""A program that starts a session, writes files and never ends it. Each line on stdin makes it start another one."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import grpc
import h5py

from cagelab_bridge import endpoint
from cagelab_bridge._gen.cagelab.bridge.v1 import bridge_pb2_grpc, session_pb2


def main() -> None:
    """Arguments: the runtime folder, and where the spare copy is saved ("" for nowhere)."""
    place = endpoint.read(Path(sys.argv[1]))
    channel = grpc.insecure_channel(place.grpc, options=[("grpc.enable_http_proxy", 0)])
    stub = bridge_pb2_grpc.BridgeStub(channel)
    request = session_pb2.StartSessionRequest(
        spec=session_pb2.SessionSpec(subject="TestSubject"), client_pid=os.getpid()
    )
    metadata = (("authorization", f"Bearer {place.token.reveal()}"),)
    while True:
        session = stub.StartSession(request, metadata=metadata, timeout=30).session
        raw = write(Path(session.folder), sys.argv[2])
        print(session.session_id, flush=True)
        if not sys.stdin.readline():
            return
        raw.close()  # the task failed, and its files with it; the program lives


def write(folder: Path, spare: str) -> h5py.File:
    """A table, a MAT file that is still open for writing, and the spare copy."""
    (folder / "events.table.1.tsv").write_bytes(b"1\t2\n")
    if spare:
        with h5py.File(spare, "w", userblock_size=512) as copy:
            copy.create_dataset("dt", data=range(1000))
    raw = h5py.File(folder / "opticka.raw.1.mat", "w", userblock_size=512)
    raw.create_dataset("r", data=range(1000))
    raw.flush()
    return raw


if __name__ == "__main__":
    main()
