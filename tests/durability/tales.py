"""Tales that pass through the commits which neither chance nor the errands reach."""

from __future__ import annotations

import asyncio
import contextlib

from cagelab_bridge.errors import BridgeError, Refused, Unreachable, WrongState
from cagelab_bridge.event_models import Event, EventKind, Receiver
from cagelab_bridge.models import FileState, Session, Spec
from cagelab_bridge.secret import Secret
from cagelab_bridge.services.downloads.downloads import Wanted
from cagelab_bridge.services.sessions.sessions import EndOrder, StartOrder
from cagelab_bridge.services.transfers import UploadOrder
from tests.durability.lives import ADMIN, Fated, Tale
from tests.simulation.chaos import Crash
from tests.simulation.world import ALYX, Untrue, World

NAME = "events.table.1.tsv"
MANY_PARTS = b"x" * 13_000
START = StartOrder(request_id="start", spec=Spec(subject="TestSubject"))
WEIGHT = 21.25


def end_of(session: Session) -> EndOrder:
    """The end of it, with the upload of its folder."""
    return EndOrder(request_id="end", session_id=session.id, upload=UploadOrder())


class OneSession(Tale):
    """One session with one file."""

    def require(self) -> None:
        """Complete, and stored once."""
        sessions = [row["json"]["cagelab"]["state"] for row in self.world.core.state.rows("session")]
        if (sessions, self.datasets()) != (["COMPLETE"], [(NAME, "PASS")]):
            raise Untrue(f"{sessions}, {self.datasets()}")
        if any(pending.parts for pending in self.world.store.uploads.values()):
            raise Untrue("parts of an upload stay in the store")


class Compact(OneSession):
    """Start, record, end, until it is complete: for what is told very often."""

    async def live(self) -> None:
        """All of it."""
        house = await self.enter()
        session = await house.sessions.start(START)
        self.write(f"{session.folder}/{NAME}", b"x" * 5000)  # two parts
        house.sessions.end(end_of(session))
        await self.until(lambda: house.journal.sessions.get(session.id).completed)


class RemoteClient(OneSession):
    """A client on another computer gives signs of life; then it logs out, and the bridge is stopped in order."""

    async def live(self) -> None:
        """All of it."""
        house = await self.enter()
        session = await house.sessions.start(START)
        for pause in (0.0, 61.0):
            await asyncio.sleep(pause)
            house.abandonment.heartbeat(session.id)
        self.write(f"{session.folder}/{NAME}")
        house.sessions.end(end_of(session))
        await self.until(lambda: house.journal.sessions.get(session.id).completed)
        house.accounts.log_out(ALYX, "admin")
        await house.abandonment.stop()
        await house.delivery.stop()
        await house.records.stop()


class PowerCut(OneSession):
    """The computer goes down each time that the bridge dies, and once while its file is on the way to the store."""

    _down = False

    async def live(self) -> None:
        """All of it."""
        self.chaos.fates = {"store_refused": lambda: not self._down}
        self.world.boot = f"boot {self.world.lives}"
        house = await self.enter()
        session = await house.sessions.start(START)
        self.write(f"{session.folder}/{NAME}", MANY_PARTS)
        _, transfer = house.sessions.end(end_of(session))
        if not self._down:
            # STORED when the dataset was adopted: its object is looked for first.
            at = (FileState.REGISTERED, FileState.STORED)
            await self.until(lambda: any(file.state in at for file in house.journal.files.page(transfer)))
            self._down = True
            raise Crash("power")
        await self.until(lambda: house.journal.sessions.get(session.id).completed)


class GivenUp(Tale):
    """A file is dismissed while its parts are sent."""

    _asked = False

    async def live(self) -> None:
        """All of it."""
        house = await self.enter()
        session = await house.sessions.start(START)
        self.write(f"{session.folder}/{NAME}", MANY_PARTS)
        _, transfer = house.sessions.end(end_of(session))

        def dismiss() -> bool:
            if not self._asked and any(pending.parts for pending in self.world.store.uploads.values()):
                house.transfers.dismiss(house.journal.files.page(transfer)[0].id, "of no use")
                self._asked = True
            return False

        self.chaos.fates = {"store_refused": dismiss}  # it is looked at before each request to the store
        await self.until(lambda: house.journal.sessions.get(session.id).completed)
        await self.until(lambda: not house.journal.files.discards())

    def require(self) -> None:
        """No parts are left, and nothing is called stored."""
        told = [(row["json"]["cagelab"]["state"]) for row in self.world.core.state.rows("session")]
        if told != ["COMPLETE"] or any(qc == "PASS" for _, qc in self.datasets()):
            raise Untrue(f"{told}, {self.datasets()}")
        if self.world.store.objects or any(pending.parts for pending in self.world.store.uploads.values()):
            raise Untrue("something of a dismissed file stays in the store")


class SecondRecords(Tale):
    """Requests that slept too long made two more records of the session: one of them has a dataset."""

    _made = False
    _lost = False
    _warnings: tuple[str, ...] = ()

    async def live(self) -> None:
        """All of it."""
        self.chaos.fates = {"alyx_lost": self._lose}
        house = await self.enter()
        session = await house.sessions.start(START)
        await self.until(lambda: bool(house.journal.sessions.get(session.id).alyx_id))
        self._make(house.journal.sessions.get(session.id).alyx_id)
        house.sessions.end(end_of(session))
        await self.until(lambda: house.journal.sessions.get(session.id).swept)
        self._warnings = house.journal.sessions.get(session.id).warnings

    def _lose(self) -> bool:
        """The answer to the first POST."""
        strikes = not self._lost and self.called("POST", "/sessions")
        self._lost = self._lost or strikes
        return strikes

    def _make(self, alyx_id: str) -> None:
        state = self.world.core.state
        if not self._made:
            row = next(row for row in state.rows("session") if str(row["id"]) == alyx_id)
            for number in (901, 902):
                state.insert("session", {**row, "id": f"ffffffff-0000-4000-8000-000000000{number}", "number": number})
            state.insert("dataset", {"id": "0" * 8, "name": "x.y.z", "session": "ffffffff-0000-4000-8000-000000000902"})
            self._made = True

    def require(self) -> None:
        """The empty one is gone; the other one was told, and left alone."""
        numbers = sorted(row["number"] for row in self.world.core.state.rows("session"))
        # The first folder belongs to nobody when the bridge died between making and noting it.
        if (
            numbers not in ([1, 902], [2, 902])
            or len(self.datasets()) != 1
            or not any("twice" in text for text in self._warnings)
        ):
            raise Untrue(f"{numbers}, {self.datasets()}, {self._warnings}")


class Downloads(Tale):
    """A session's file is brought to another folder, past some refusals; another download is cancelled."""

    _away = 2  # times that the store, and before that Alyx, cannot be reached

    async def live(self) -> None:
        """All of it."""
        self.chaos.fates = {}
        house = await self.enter()
        house.arriving.start()
        session = await house.sessions.start(START)
        self.write(f"{session.folder}/{NAME}")
        house.sessions.end(end_of(session))
        await self.until(lambda: house.journal.sessions.get(session.id).completed)
        self.chaos.fates = {"alyx_refused": lambda: self._refuse(2), "store_refused": lambda: self._refuse(1)}
        wanted = Wanted(subject="TestSubject")
        download = house.downloads.start("bring", ADMIN, wanted, f"{self.world.folder}/brought")
        await self.until(lambda: house.journal.downloads.sums(download.id).done == 1)
        other = house.downloads.start("other", ADMIN, wanted, f"{self.world.folder}/other")
        with contextlib.suppress(WrongState):
            house.downloads.cancel(other.id, "by mistake")
        await self.until(lambda: not house.journal.downloads.recent(only_unfinished=True))

    def _refuse(self, turn: int) -> bool:
        strikes = self._away == turn
        self._away -= strikes
        return strikes

    def require(self) -> None:
        """The bytes are here."""
        found = [path.read_bytes() for path in (self.world.folder / "brought").rglob(NAME)]
        if found != [b"bytes"]:
            raise Untrue(f"brought {found}")


class Weighings(Tale):
    """One that Alyx refuses, and one whose answer is a failure although it was executed."""

    _failed = False

    async def live(self) -> None:
        """All of it."""
        self.chaos.fates = {"alyx_failed_after": self._fail}
        house = await self.enter()
        with contextlib.suppress(Refused):
            await house.queries.create(ADMIN, "nobody", "weighings", '{"subject": "Nobody", "weight": 1}')
        weighing = await house.queries.create(
            ADMIN, "weighing", "weighings", f'{{"subject": "TestSubject", "weight": {WEIGHT}}}'
        )
        await self.until(lambda: house.journal.submissions.get(weighing.id).delivered)
        # Refused where the call waited, blocked where it could not.
        await self.until(lambda: all(one.trouble.blocked for one in house.journal.submissions.due()))

    def _fail(self) -> bool:
        strikes = not self._failed and self.called("POST", "/weighings")
        strikes = strikes and any(row["weight"] == WEIGHT for row in self.world.core.state.rows("weighing"))
        self._failed = self._failed or strikes
        return strikes

    def require(self) -> None:
        """The good one is there once."""
        found = [row["weight"] for row in self.world.core.state.rows("weighing") if row["weight"] in (1, WEIGHT)]
        if found != [WEIGHT]:
            raise Untrue(f"weighings {found}")


class Receivers:
    """Two receivers: one is away for some attempts, one says no to some."""

    def __init__(self, chaos: Fated) -> None:
        self._chaos = chaos
        self._failures: dict[str, list[BridgeError]] = {
            "away": [Unreachable(), Unreachable()],
            "choosy": [Refused("No.")] * 2,
        }
        self.told: list[tuple[str, EventKind, str]] = []

    async def key(self, receiver: Receiver) -> None:
        """None is needed."""

    async def tell(self, receiver: Receiver, event: Event, key: Secret | None, *, sent_at: int) -> None:
        """Note it."""
        if failures := self._failures[receiver.name]:
            raise failures.pop()
        self._chaos.edge("before receiver")
        self.told.append((receiver.name, event.kind, event.id))
        self._chaos.edge("after receiver")

    async def close(self) -> None:
        """Nothing is open."""


class Told(OneSession):
    """Receivers hear that a session is partial (one of its files is blocked), and then that it is complete."""

    def __init__(self, world: World, chaos: Fated) -> None:
        super().__init__(world, chaos)
        self._receivers = Receivers(chaos)
        world.receivers, world.rules = self._receivers, (Receiver(name="away"), Receiver(name="choosy"))

    async def live(self) -> None:
        """All of it."""
        house = await self.enter()
        session = await house.sessions.start(START)
        self.write(f"{session.folder}/{NAME}")
        self.write(f"{session.folder}/notype.zzz")
        _, transfer = house.sessions.end(end_of(session))
        await self.until(lambda: self._heard(EventKind.PARTIAL))
        for file in house.journal.files.page(transfer):
            if file.relative_path == "notype.zzz" and file.state is not FileState.DISMISSED:
                house.transfers.dismiss(file.id, "of no use")
        await self.until(lambda: self._heard(EventKind.COMPLETE) and not house.events.listed(only_unfinished=True))
        first = house.events.listed()[0]
        house.events.resend(first.event_id, first.receiver)
        await self.until(lambda: not house.events.listed(only_unfinished=True))

    def _heard(self, kind: EventKind) -> bool:
        return {name for name, what, _ in self._receivers.told if what is kind} == {"away", "choosy"}

    def require(self) -> None:
        """Each heard each event, of one id, and nothing else happened."""
        super().require()
        events = {(kind, identity) for _, kind, identity in self._receivers.told}
        if sorted(kind for kind, _ in events) != [EventKind.COMPLETE, EventKind.PARTIAL]:
            raise Untrue(f"told {self._receivers.told}")
