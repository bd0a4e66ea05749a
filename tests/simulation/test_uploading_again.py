"""What a second upload of a session costs."""

from __future__ import annotations

import asyncio
from pathlib import Path

from cagelab_bridge.api.bridge_handlers import House
from cagelab_bridge.models import Spec
from cagelab_bridge.secret import Secret
from cagelab_bridge.services.sessions import StartOrder
from cagelab_bridge.services.transfers import UploadOrder
from tests.simulation.chaos import NONE, Chaos
from tests.simulation.world import ALYX, STORE, World, small_parts


async def entered(world: World) -> House:
    house = world.open()
    await house.accounts.log_in(ALYX, "admin", Secret("sandbox-admin"), remember=False)
    await house.credentials.put_store(STORE, "key", Secret("secret"), keep=False)
    return house


async def delivered(house: House, session_id: str) -> None:
    """Upload the session folder, and wait until every file is settled."""
    transfer = house.transfers.upload("", session_id, UploadOrder())
    settled = asyncio.Event()

    def look(_kind: str, _identity: str) -> None:
        if not house.journal.transfers.recent(only_unfinished=True):
            settled.set()

    stop = house.journal.listen(look)
    await settled.wait()
    stop()
    assert house.journal.transfers.sums(transfer.id).done == 1


def test_the_same_bytes_are_not_sent_twice(tmp_path: Path) -> None:
    """A file that is stored and PASS is adopted by a later upload: looked at, not sent."""
    world = World(Chaos(1, NONE), tmp_path)

    async def story() -> tuple[int, int]:
        house = await entered(world)
        session = await house.sessions.start(StartOrder(spec=Spec(subject="TestSubject")))
        world.files.write(f"{session.folder}/events.table.1.tsv", b"once" * 5000)
        await delivered(house, session.id)
        once = world.store.bytes_received
        await delivered(house, session.id)
        return once, world.store.bytes_received

    with small_parts():
        once, twice = world.begin_life().run_until_complete(story())
    world.bury()
    assert once == twice > 0
