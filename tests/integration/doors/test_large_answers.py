"""A thousand files in one JSON answer hold up nobody else."""

from __future__ import annotations

import threading

import pytest
from google.protobuf.message import Message

from cagelab_bridge.http_gateway import gateway, messages
from tests.integration.doors.stage import LARGE, Stage


async def test_large_answers_are_printed_beside_the_loop(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes long is printed in a thread; what is small is not worth one."""
    printed: list[threading.Thread] = []
    write = messages.write_message

    def noted(message: Message) -> bytes:
        printed.append(threading.current_thread())
        return write(message)

    monkeypatch.setattr(gateway, "write_message", noted)
    small = await stage.post("Query", {"path": "small"})
    large = await stage.post("Query", {"path": "large"})
    assert (small.status_code, large.status_code) == (200, 200)
    assert len(large.json()["json"]) == LARGE
    assert printed[0] is threading.current_thread()
    assert printed[1] is not threading.current_thread()
