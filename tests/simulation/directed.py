"""Stories told on purpose, because chance tells them too rarely."""

from __future__ import annotations

import asyncio
import dataclasses
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from cagelab_bridge.api.house import House
from cagelab_bridge.models import AlyxState, Session, Spec
from cagelab_bridge.secret import Secret
from cagelab_bridge.services.records import second_record
from cagelab_bridge.services.sessions.sessions import EndOrder, StartOrder
from cagelab_bridge.services.transfers import UploadOrder
from tests.simulation.chaos import NONE, Chaos, Rates
from tests.simulation.client import PID, REST
from tests.simulation.matfile import mat_file
from tests.simulation.plan import RAW
from tests.simulation.schedule import MEMORY, lose_journal
from tests.simulation.world import ALYX, QUARANTINE, SPARE_COPY, STORE, Untrue, World, small_parts

PATIENCE = 7200  # virtual seconds
NAME = "events.table.1.tsv"
Story = Callable[[World, House, Session], Awaitable[None]]


def told(story: Story) -> World:
    """Play a story with a started session and without faults; the world as it is afterwards. Raises Untrue."""

    async def whole(world: World) -> None:
        world.processes[PID] = 1
        house = await _entered(world)
        session = await house.sessions.start(StartOrder(spec=Spec(subject="TestSubject"), client_pid=PID))
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


async def _entered(world: World) -> House:
    house = world.open()
    await house.accounts.log_in(ALYX, "admin", Secret("sandbox-admin"), remember=False)
    await house.credentials.put_store(STORE, "key", Secret("secret"), keep=False)
    house.delivery.wake_all()
    return house


async def completed(house: House, session: Session) -> None:
    """Wait until nothing of the session is left."""
    await _until(lambda: house.journal.sessions.get(session.id).completed and not house.journal.files.discards())


async def _until(look: Callable[[], bool], every: float = 1.0) -> None:
    for _ in range(PATIENCE):
        if look():
            return
        await asyncio.sleep(every)
    raise Untrue("it never comes")


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


async def torn(world: World, house: House, session: Session) -> None:
    """A program dies while it writes its MAT file: that is stored as it is, and FAIL; its spare copy goes along."""
    world.files.write(f"{session.folder}/{RAW}", mat_file(world.chaos.random, 5000, missing=4000))
    world.files.write(SPARE_COPY, b"the spare copy")
    del world.processes[PID]
    await completed(house, session)
    found = {str(row["name"]): row["qc"] for row in world.core.state.rows("dataset")}
    assert found.pop(RAW, None) == 40, found
    assert list(found.values()) == [10], found
    assert b"the spare copy" in [thing.data for thing in world.store.objects.values()]


async def torn_before_a_spare_copy(world: World, house: House, session: Session) -> None:
    """The spare copy is of a session before this one: it does not go along."""
    world.files.write(f"{session.folder}/{RAW}", mat_file(world.chaos.random, 5000, missing=4000))
    world.files.write(SPARE_COPY, b"of another day")
    world.files.files[SPARE_COPY].changed -= 86400.0
    del world.processes[PID]
    await completed(house, session)
    assert [row["name"] for row in world.core.state.rows("dataset")] == [RAW]


async def dismissed_while_sent(world: World, house: House, session: Session) -> None:
    """A file is given up between two of its parts: no more is sent, and the store forgets what it has."""
    await _dismissed(world, house, session, NONE, size=7_000)
    await completed(house, session)
    assert not world.store.uploads
    assert not world.store.objects


async def dismissed_while_sent_and_read(world: World, house: House, session: Session) -> None:
    """The same for a file that is sent while it is read."""
    await _dismissed(world, house, session, NONE)
    await completed(house, session)
    assert not world.store.uploads
    assert not world.store.objects


async def dismissed_while_the_store_is_away(world: World, house: House, session: Session) -> None:
    """The store cannot be told just then: it is told at the next start."""
    await _dismissed(world, house, session, Rates(**{**dataclasses.asdict(NONE), "store_refused": 1.0}))
    assert world.store.uploads
    world.chaos.rates = NONE
    await _stopped(house)
    await completed(await _entered(world), session)
    assert not world.store.uploads
    assert not world.store.objects


async def _dismissed(world: World, house: House, session: Session, then: Rates, *, size: int = 13_000) -> None:
    """Give a file up at its first part; the session is complete without it."""
    world.files.write(f"{session.folder}/{NAME}", b"x" * size)
    transfer = house.transfers.upload("", session.id, UploadOrder())

    def look(kind: str, identity: str) -> None:
        if (kind, identity) == ("transfer", transfer.id) and house.journal.transfers.sums(transfer.id).bytes_sent:
            stop()
            world.chaos.rates = then
            house.transfers.dismiss(house.journal.files.page(transfer.id)[0].id, "of no use")

    stop = house.journal.listen(look)
    house.sessions.end(EndOrder(session_id=session.id))
    await _until(lambda: house.journal.sessions.get(session.id).completed)


async def changed_while_sent(world: World, house: House, session: Session) -> None:
    """The bytes change between two parts: the store keeps neither the old parts nor an object of them."""
    path = f"{session.folder}/{NAME}"
    world.files.write(path, b"x" * 13_000)

    def look(kind: str, _identity: str) -> None:
        if kind == "transfer" and any(pending.parts for pending in world.store.uploads.values()):
            stop()
            world.files.write(path, b"y" * 9_000)

    stop = house.journal.listen(look)
    await delivered(house, session)
    assert [thing.data for thing in world.store.objects.values()] == [b"y" * 9_000]
    assert not world.store.uploads


async def recovered_from_an_old_record(world: World, house: House, session: Session) -> None:
    """The journal is lost, and the second record is older than the POST: recovering makes no second session."""
    world.files.write(f"{session.folder}/{NAME}", b"bytes")
    await asyncio.sleep(5.0)
    await _stopped(house)
    path = f"{session.folder}/{second_record.NAME}"
    record = second_record.read(world.files.files[path].data)
    assert record.session.alyx is AlyxState.OPEN
    older = dataclasses.replace(
        record.session, alyx=AlyxState.PENDING, alyx_id="", url="", alyx_number=0, intent=False, swept=False
    )
    world.files.files[path].data = second_record.render(dataclasses.replace(record, session=older))
    lose_journal(world)
    await asyncio.sleep(QUARANTINE)
    house = await _entered(world)
    house.sessions.end(EndOrder(session_id=session.id, upload=UploadOrder()))
    await completed(house, session)
    assert len(list(world.core.state.rows("session"))) == 1


async def undone_by_a_register_file(world: World, house: House, session: Session) -> None:
    """The end is told while a slow register-file runs, which undoes it: it is told again."""
    # Some of their register-files are still running when the first moment after the end is over.
    day = [session, *[await house.sessions.start(StartOrder(spec=Spec(subject="TestSubject"))) for _ in range(4)]]
    world.chaos.rates = Rates(**{**dataclasses.asdict(NONE), "alyx_stale": 1.0})
    for one in day:
        world.files.write(f"{one.folder}/{NAME}", b"bytes")
        house.transfers.upload("", one.id, UploadOrder())
    await _until(lambda: all(house.journal.files.registering(one.id) for one in day), every=0.05)
    for one in day:
        house.sessions.end(EndOrder(session_id=one.id, qc="PASS", n_trials=3))
    for one in day:
        await completed(house, one)
    for row in world.core.state.rows("session"):
        told_of = (row["end_time"] is None, row["n_trials"], row["json"]["cagelab"]["state"])
        assert told_of == (False, 3, "COMPLETE"), row
    assert world.chaos.counts["alyx_undone"] > 0


async def given_up_while_alyx_registers(world: World, house: House, session: Session) -> None:
    """A file is given up after its register-file was lost, which Alyx executes later: no last word is undone by it."""
    both = [session, await house.sessions.start(StartOrder(spec=Spec(subject="TestSubject")))]
    child = max(both, key=lambda one: one.alyx_id)  # Alyx hangs it on the other one, and saves it
    world.files.write(f"{child.folder}/{NAME}", b"bytes")
    transfer = house.transfers.upload("", child.id, UploadOrder())

    def look(_kind: str, _identity: str) -> None:
        if house.journal.files.registering(child.id):
            stop()
            world.chaos.rates = Rates(**{**dataclasses.asdict(NONE), "alyx_stale": 1.0, "alyx_lost": 1.0})

    stop = house.journal.listen(look)
    await _until(lambda: bool(world.network.late))
    world.chaos.rates = NONE
    ((end, finish),) = world.network.late
    world.network.late = [(end + 30.0, finish)]
    house.transfers.dismiss(house.journal.files.page(transfer.id)[0].id, "of no use")
    for one in both:
        house.sessions.end(EndOrder(session_id=one.id, qc="PASS"))
    for one in both:
        await completed(house, one)
    world.network.drain()
    for row in world.core.state.rows("session"):
        assert (row["end_time"] is None, row["json"]["cagelab"]["state"]) == (False, "COMPLETE"), row


async def _stopped(house: House) -> None:
    await house.abandonment.stop()
    await house.delivery.stop()
    await house.records.stop()
    house.journal.close()


STORIES: tuple[Story, ...] = (
    changed_after_pass,
    torn,
    torn_before_a_spare_copy,
    dismissed_while_sent,
    dismissed_while_sent_and_read,
    dismissed_while_the_store_is_away,
    changed_while_sent,
    recovered_from_an_old_record,
    undone_by_a_register_file,
    given_up_while_alyx_registers,
)
