"""What a restart takes away."""

from __future__ import annotations

import signal
from pathlib import Path

import grpc
import pytest

from cagelab_bridge._gen.cagelab.bridge.v1 import status_pb2
from tests.acceptance.bridge import Bridge


def test_attack_61_a_restart_makes_the_old_token_worthless(tmp_path: Path) -> None:
    """Whoever copied endpoint.json yesterday has nothing today, also at the same port."""
    bridge = Bridge(tmp_path)
    bridge.start()
    try:
        old = bridge.metadata
        bridge.call("GetStatus", status_pb2.GetStatusRequest())
        bridge.end()
        bridge.start()
        assert bridge.metadata != old
        with pytest.raises(grpc.RpcError) as refused:
            bridge.stub.GetStatus(status_pb2.GetStatusRequest(), metadata=old, timeout=10)
        assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
        bridge.call("GetStatus", status_pb2.GetStatusRequest())
    finally:
        bridge.end(signal.SIGKILL)
