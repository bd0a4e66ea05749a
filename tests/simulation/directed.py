"""Stories told on purpose, because chance tells them too rarely."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from cagelab_bridge.api.house import House
from cagelab_bridge.models import Session, Spec
from cagelab_bridge.secret import Secret
from cagelab_bridge.services.sessions import StartOrder
from cagelab_bridge.services.transfers import UploadOrder
from tests.simulation.chaos import NONE, Chaos
from tests.simulation.client import REST
from tests.simulation.schedule import MEMORY
from tests.simulation.world import ALYX, STORE, Untrue, World, small_parts

NAME = "events.table.1.tsv"
Story = Callable[[World, House, Session], Awaitable[None]]


def told(story: Story) -> World:
    """Play a story with a started session and without faults; the world as it is afterwards. Raises Untrue."""

    async def whole(world: World) -> None:
        house = world.open()
        await house.accounts.log_in(ALYX, "admin", Secret("sandbox-admin"), remember=False)
        await house.credentials.put_store(STORE, "key", Secret("secret"), keep=False)
        session = await house.sessions.start(StartOrder(spec=Spec(subject="TestSubject")))
        await story(world, house, session)
        world.look()

    with small_parts(), tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        world = World(Chaos(1, NONE), Path(folder))
        try:
            world.begin_life().run_until_complete(asyncio.wait_for(whole(world), REST))
        except TimeoutError:
            raise Untrue("it never comes to its end") from None
        finally:
            world.close()
    return world


async def delivered(house: House, session: Session) -> None:
    """Upload the session folder, and wait until every file is settled."""
    transfer = house.transfers.upload("", session.id, UploadOrder())
    settled = asyncio.Event()

    def look(_kind: str, _identity: str) -> None:
        if not house.journal.transfers.recent(only_unfinished=True):
            settled.set()

    stop = house.journal.listen(look)
    await settled.wait()
    stop()
    assert house.journal.transfers.sums(transfer.id).done == 1


async def uploaded_twice(world: World, house: House, session: Session) -> None:
    """The same bytes, two times."""
    world.files.write(f"{session.folder}/{NAME}", b"once" * 5000)
    await delivered(house, session)
    once = world.store.bytes_received
    await delivered(house, session)
    assert world.store.bytes_received == once > 0


async def changed_after_pass(world: World, house: House, session: Session) -> None:
    """Other bytes under the name of a file that is PASS: each content keeps an object of its own."""
    contents = [b"first", b"second", b"third"]
    for data in contents:
        world.files.write(f"{session.folder}/{NAME}", data)
        await delivered(house, session)
    assert sorted(thing.data for thing in world.store.objects.values()) == contents
