"""Tales of keeping house: an old folder is brought in, a file leaves the disk."""

from __future__ import annotations

import asyncio

from cagelab_bridge.models import Spec
from cagelab_bridge.services.backfill.order import BackfillOrder
from cagelab_bridge.services.reclaiming.standing import Stand
from tests.durability.tales import NAME, START, OneSession, end_of
from tests.simulation.world import ALYX, Untrue

OLD = "/archive/CogLab/Subjects/TestSubject/2026-11-03/002"
DAY = 86400.0  # seconds


class OldFolder(OneSession):
    """A folder that was recorded before there was a bridge: the same call is given in each life."""

    async def live(self) -> None:
        """All of it."""
        self.write(f"{OLD}/{NAME}")
        self.world.files.folders.add(OLD)
        house = await self.enter()
        order = BackfillOrder(
            folder=OLD,
            spec=Spec(subject="TestSubject"),
            start_time="2026-11-03T10:00:00",
            end_time="2026-11-03T11:00:00",
            alyx_url=ALYX,
            account="admin",
        )
        told = await house.backfills.take(order)
        session = told.session
        assert session is not None  # it was accepted, now or in an earlier life
        await self.until(lambda: house.journal.sessions.get(session.id).completed)

    def require(self) -> None:
        """Complete, stored once, and nothing was written into the folder."""
        super().require()
        if (found := self.world.files.walk(OLD)) != [f"{OLD}/{NAME}"]:
            raise Untrue(f"the old folder holds {found}")


class Reclaimed(OneSession):
    """A file that was delivered leaves the disk a month later."""

    async def live(self) -> None:
        """All of it."""
        house = await self.enter()
        house.reclaims.start()
        session = await house.sessions.start(START)
        path = f"{session.folder}/{NAME}"
        if not house.journal.transfers.of_session(session.id):
            self.write(path)
            house.sessions.end(end_of(session))
        await self.until(lambda: house.journal.sessions.get(session.id).completed)
        await asyncio.sleep(31 * DAY)
        [file] = house.journal.files.page(house.journal.transfers.of_session(session.id)[0].id)
        await house.reclaims.look(session.id)
        await asyncio.sleep(2 * DAY)
        [told] = await house.reclaims.delete(session.id, {file.id: file.md5})
        if told.stand is not Stand.RECLAIMED or path in self.world.files.files:
            raise Untrue(f"{told.stand}: {told.reason}")
        await house.reclaims.stop()
