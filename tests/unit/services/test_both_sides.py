"""A rig and its control PCs, the real services of both, in virtual time."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from typing import TypeVar

from cagelab_bridge import assembly
from cagelab_bridge.alyx.door import HttpxAlyxDoor
from cagelab_bridge.api.house import House
from cagelab_bridge.errors import BridgeError, Finding, PeerRefused, PeerUnreachable
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import AlyxState, FileState, Peer
from cagelab_bridge.ports.rigs import FilesWanted, Kind, Loan, NeedsNews, RigStatus, Signed, Told
from cagelab_bridge.secret import Secret
from cagelab_bridge.services.sessions.amendments import AmendOrder
from cagelab_bridge.services.transfers import UploadOrder
from cagelab_bridge.store.door import S3Door
from cagelab_bridge.store.transport import Request
from tests.simulation.world import ALYX, STORE
from tests.unit.services.control_pc import BIG, NAME, Peers, as_rig, delivered, state
from tests.unit.services.fake_rig import _no_temporary_keys
from tests.unit.services.stage import PASSWORD, SECRET_KEY, Stage, unopened

T = TypeVar("T")


class Wire:
    """`rig_ports.RigDoor` and `RigLink`: calls the rig's services as its LAN door does, until it is cut."""

    def __init__(self, stage: Stage, peer: Peer) -> None:
        """`peer`: the control PC, as the rig knows it."""
        self._stage = stage
        self._peer = peer
        self._cut = asyncio.Event()
        self.closed = False

    def connect(self, _: Peer) -> Wire:
        return self

    @contextlib.contextmanager
    def _there(self) -> Iterator[House]:
        if self.closed:
            raise PeerUnreachable("The rig cannot be reached.")
        try:
            yield self._stage.house
        except BridgeError as error:
            raise PeerRefused(error.message, code=error.code, about=error.about) from error

    async def status(self) -> RigStatus:
        with self._there():
            return RigStatus(version="1")

    async def told(self, _: Kind, __: int) -> list[Told]:
        return []

    async def transfer(self, identity: str, wanted: FilesWanted) -> tuple[str, str]:
        raise NotImplementedError

    async def changes(self) -> AsyncIterator[Told]:
        await self._cut.wait()
        yield Told(kind=Kind.SESSION, id="", message="")  # never

    async def needs(self) -> AsyncIterator[NeedsNews]:
        with self._there() as house:
            async with aclosing(house.needs.follow(self._peer.fingerprint, self._peer.name)) as news:
                async for one in news:
                    yield one

    async def push(self, loan: Loan) -> None:
        with self._there() as house:
            house.leases.push(self._peer.fingerprint, self._peer.name, loan)

    async def refuse(self, session_id: str, finding: Finding) -> None:
        with self._there() as house:
            house.leases.refuse(self._peer.fingerprint, self._peer.name, session_id, finding)

    async def sign(self, signed: Sequence[Signed]) -> None:
        with self._there() as house:
            house.signatures.answer(self._peer.fingerprint, signed)

    async def revoke(self, lease_id: str) -> None:
        with self._there() as house:
            house.leases.revoke(self._peer.fingerprint, lease_id)

    async def close(self) -> None:
        """The next call connects again."""


class Control:
    """A control PC beside the rig of the stage."""

    def __init__(self, stage: Stage, name: str) -> None:
        self._stage = stage
        self._folder = stage.world.folder / name
        peer = Peer(name=name, fingerprint=f"{name}-print", certificate_pem="", roles=frozenset({"control"}))
        assert isinstance(stage.peers, Peers)
        stage.peers.known[peer.fingerprint] = peer
        self.wire = Wire(stage, peer)
        self.house: House | None = None

    async def start(self) -> None:
        """Start it and log in there."""
        self.wire.closed = False
        stage, peers = self._stage, Peers()
        peers.known["rig"] = Peer(
            name="rig", fingerprint="rig", certificate_pem="", roles=frozenset({"rig"}), address="rig"
        )
        doors = assembly.Doors(
            runtime=stage.runtime,
            alyx=HttpxAlyxDoor(stage.runtime, stage.alyx),
            stores=S3Door(stage.runtime, stage.store),
            keyring=stage.keyring,
        )
        settings = dataclasses.replace(stage.settings, bridge_role="control", state_folder=str(self._folder))
        self.house = assembly.build(settings, Journal(self._folder), doors, peers=peers, rig_door=self.wire)
        await self.house.accounts.log_in(ALYX, "admin", Secret(PASSWORD), remember=False)
        await self.house.credentials.put_store(STORE, "key", Secret(SECRET_KEY), keep=False)
        assert self.house.rigs is not None
        self.house.rigs.start()

    def pull_the_plug(self) -> None:
        """It is off from this moment on."""
        self.wire.closed = True
        self._stopping = asyncio.ensure_future(self.stop())

    async def stop(self) -> None:
        """Switch it off."""
        self.wire.closed = True
        house, self.house = self.house, None
        if house is not None:
            assert house.rigs is not None
            await house.rigs.stop()
            await house.choices.stop()
            house.journal.close()


def opened(stage: Stage, *names: str) -> list[Control]:
    """A rig, and control PCs that are off yet."""
    as_rig(stage)
    stage.store.before = _no_temporary_keys
    controls = [Control(stage, name) for name in names]
    stage.guests += [control.stop for control in controls]
    return controls


def parts(stage: Stage) -> int:
    """How many were sent."""
    return sum("partNumber" in url for url in stage.store.sent)


def off_in_the_middle(stage: Stage, control: Control) -> None:
    """With the third part it is switched off."""

    def before(request: Request) -> None:
        _no_temporary_keys(request)
        if "partNumber" in request.url and parts(stage) == 3 and control.house is not None:
            control.pull_the_plug()

    stage.store.before = before


@unopened
async def test_a_session_runs_on_a_rig_that_has_no_secret(stage: Stage) -> None:
    """Started, registered, uploaded in parts that the control PC signs one by one, closed; then nothing is lent any
    more, on either side, and neither password nor key was ever there."""
    (control,) = opened(stage, "control-pc")
    await control.start()
    session = await stage.start()
    assert session.alyx is AlyxState.OPEN
    stage.write(session, NAME, data=BIG)
    stage.end(session, upload=UploadOrder())
    await delivered(stage, session.id)
    assert parts(stage) > 3
    await stage.runtime.sleep(2)
    assert control.house is not None
    assert control.house.rigs is not None
    assert control.house.rigs.lending.leases() == []
    assert list(stage.house.leases.live()) == []
    assert stage.house.credentials.held() == []


@unopened
async def test_of_two_control_pcs_with_the_same_account_either_is_enough(stage: Stage) -> None:
    """The one that signs is switched off in the middle of an upload: the other one goes on with the same upload, long
    before the lease of the first one ends."""
    first, second = opened(stage, "first", "second")
    await first.start()
    session = await stage.start()
    await second.start()
    off_in_the_middle(stage, first)
    stage.write(session, NAME, data=BIG)
    transfer = stage.upload(session)
    await stage.until(lambda: first.house is None)
    began = stage.runtime.monotonic()
    await stage.until(lambda: state(stage, transfer) is FileState.DONE, patience=200)
    assert stage.runtime.monotonic() - began < 120
    assert sum("uploads" in url for url in stage.store.sent) == 1
    await second.stop()
    await first.start()
    stage.end(session)
    await delivered(stage, session.id)


@unopened
async def test_a_control_pc_that_restarts_signs_on_at_once(stage: Stage) -> None:
    """In the middle of an upload: it lends anew, and the upload goes on with the parts that are missing."""
    (control,) = opened(stage, "control-pc")
    await control.start()
    session = await stage.start()
    off_in_the_middle(stage, control)
    stage.write(session, NAME, data=BIG)
    transfer = stage.upload(session)
    await stage.until(lambda: control.house is None)
    await stage.runtime.sleep(300)
    assert stage.rows(transfer)[NAME].trouble.waiting
    await control.start()
    await stage.until(lambda: state(stage, transfer) is FileState.DONE, patience=30)
    assert sum("uploads" in url for url in stage.store.sent) == 1


@unopened
async def test_files_registered_before_a_correction_of_the_subject_are_stored_too(stage: Stage) -> None:
    """They keep the folder of the old subject, in Alyx and in the store: both folders of the session are lent."""
    (control,) = opened(stage, "control-pc")
    await control.start()
    session = await stage.start()
    assert control.house is not None
    await control.house.credentials.remove("store", STORE, "")
    stage.write(session, NAME)
    first = stage.upload(session)
    await stage.until(lambda: state(stage, first) is FileState.REGISTERED)
    await stage.house.amendments.amend(AmendOrder(session_id=session.id, subject="Algernon"))
    await stage.until(lambda: not stage.journal.sessions.get(session.id).amended)
    stage.write(session, "mock.table.x.tsv")
    second = stage.upload(session, "mock.table.x.tsv")
    await control.house.credentials.put_store(STORE, "key", Secret(SECRET_KEY), keep=False)
    control.house.delivery.wake_all()
    await stage.until(lambda: state(stage, first) is FileState.DONE, patience=300)
    await stage.until(lambda: stage.rows(second)["mock.table.x.tsv"].state is FileState.DONE, patience=300)
    stage.end(session)
    await delivered(stage, session.id)
    keys = {row.key.split("/")[2] for transfer in (first, second) for row in stage.rows(transfer).values()}
    assert keys == {"TestSubject", "Algernon"}
    await stage.runtime.sleep(2)
    assert list(stage.house.leases.live()) == []
