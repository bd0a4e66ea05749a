"""A program that uploads and hangs in the middle, so that a test can kill it. Its order comes on stdin."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from cagelab_bridge.ports import StoreKeys, UploadEvents
from cagelab_bridge.runtime import SystemRuntime
from cagelab_bridge.secret import Secret
from cagelab_bridge.store.door import S3Door
from cagelab_bridge.store.http_transport import HttpTransport
from tests.integration.store.recording import RecordingTransport
from tests.integration.store.uploads import make_upload


async def main() -> None:
    order = json.loads(sys.stdin.readline())
    keys = StoreKeys(endpoint=order["endpoint"], access_key=order["access_key"], secret_key=Secret(order["secret_key"]))
    upload = make_upload(Path(order["path"]), key=order["key"], part_size=order["part_size"])

    runtime = SystemRuntime()
    transport = RecordingTransport(HttpTransport(runtime.monotonic))

    def hang(acknowledged: int) -> None:
        if acknowledged >= order["hang_at"]:
            if order["settle"]:
                transport.settle()
            print(transport.names.count("UploadPart"), flush=True)
            sys.stdin.read()  # until it is killed

    events = UploadEvents(begun=lambda upload_id: print(upload_id, flush=True), sent=hang)
    await S3Door(runtime, transport).connect(keys).put(upload, events)


asyncio.run(main())
