"""Fixtures: a door onto the network, web servers that are told what to answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack

import pytest

from cagelab_bridge.alyx import HttpxAlyxDoor
from cagelab_bridge.models import AccountKey
from cagelab_bridge.ports import Alyx, AlyxDoor
from cagelab_bridge.runtime import SystemRuntime
from cagelab_bridge.secret import Secret
from tests.integration.alyx.stand_in import Answer, WebServer

TOKEN = "0123456789abcdef-token"

Serve = Callable[[Answer], WebServer]
Connect = Callable[[str], Alyx]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts web servers, and stops them after the test."""
    with ExitStack() as stack:
        yield lambda answer: stack.enter_context(WebServer(answer))


@pytest.fixture
async def door() -> AsyncIterator[AlyxDoor]:
    """A door onto the real network."""
    door = HttpxAlyxDoor(SystemRuntime())
    yield door
    await door.close()


@pytest.fixture
def connect(door: AlyxDoor) -> Connect:
    """Connects anna to an address with a token."""
    return lambda url: door.connect(AccountKey(alyx_url=url, username="anna"), Secret(TOKEN))
