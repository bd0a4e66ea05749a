"""Turns to be sent."""

from __future__ import annotations

from cagelab_bridge.services.delivery.sending import LARGE_AT_ONCE, SMALL, SMALL_AT_ONCE, Sending


async def test_small_objects_do_not_wait_for_large_ones() -> None:
    """So many of each kind are sent at once; one more of that kind waits, none of the other."""
    sending = Sending()
    for _ in range(LARGE_AT_ONCE):
        await sending.turn(SMALL + 1).acquire()
    assert sending.turn(20 * SMALL).locked()
    for _ in range(SMALL_AT_ONCE):
        assert not sending.turn(SMALL).locked()
        await sending.turn(SMALL).acquire()
    assert sending.turn(0).locked()
