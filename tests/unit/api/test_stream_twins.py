"""Every stream can be had without streaming."""

from __future__ import annotations

import pytest

from cagelab_bridge.api.dispatch import Method, contract
from cagelab_bridge.http_gateway.head import STREAM_TWINS

STREAMS = [method for method in contract().values() if method.streams]


@pytest.mark.parametrize("method", STREAMS, ids=lambda method: method.short)
def test_every_stream_has_unary_twins(method: Method) -> None:
    """For each stream of the contract the gateway can name unary calls of the same service that exist."""
    service = method.name.rpartition("/")[0]
    twins = [contract()[f"{service}/{twin}"] for twin in STREAM_TWINS[method.short]]
    assert twins
    assert not any(twin.streams for twin in twins)
