"""The store's libraries are loaded by the first request; several may come first at once."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import socket, sys, threading
from datetime import UTC, datetime
from cagelab_bridge.ports import SignOrder, StoreKeys
from cagelab_bridge.runtime import SystemRuntime
from cagelab_bridge.secret import Secret
from cagelab_bridge.store.connection import Order
from cagelab_bridge.store.door import S3Door

with socket.create_server(("127.0.0.1", 0)) as closed:
    port = closed.getsockname()[1]
keys = StoreKeys(endpoint=f"http://127.0.0.1:{port}", access_key="key", secret_key=Secret("secret"))
store = S3Door(SystemRuntime()).connect(keys)
order = Order(what="trying", method="HEAD", bucket="bucket")
asked = SignOrder(
    method="HEAD", bucket="bucket", key="", query={}, headers={}, content_sha256="", moment=datetime.now(UTC)
)
failures = []

def request() -> None:
    try:
        store._connection._exchange(order, asked, None)
    except Exception as problem:
        failures.append(type(problem).__name__)

timers = [threading.Timer(0.02 * number, request) for number in range(8)]
for timer in timers: timer.start()
for timer in timers: timer.join()
print(sorted(set(failures)))
"""
PROCESSES = 10  # one in three met the mistake


def test_first_requests_at_once_all_reach_the_network() -> None:
    """Threads that load the libraries at the same moment wait for each other: none fails for half a library."""
    for _ in range(PROCESSES):
        found = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
        assert found.stdout.strip() == "['Unreachable']"
