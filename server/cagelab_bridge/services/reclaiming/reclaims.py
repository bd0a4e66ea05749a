"""Which files may leave this computer, and their leaving."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from cagelab_bridge.errors import BridgeError, FileTrouble, JournalTrouble, NotFound, WrongState
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import File, FileState, Reclaim, Session
from cagelab_bridge.ports import Runtime
from cagelab_bridge.services.reclaiming import evidence
from cagelab_bridge.services.reclaiming.evidence import Case
from cagelab_bridge.services.reclaiming.inspection import GetCase, Inspection, advice
from cagelab_bridge.services.reclaiming.removal import Removal
from cagelab_bridge.services.reclaiming.standing import Looked, Stand, Standing

CALL = 40.0  # seconds after which a call answers with what it has; the rest goes on, and the next call finds it
FRESH = 60.0  # seconds for which what nobody waited for any more is still true enough
PAGE = 500  # rows read from the journal between two turns of the event loop


class Reclaims:
    """Lists and deletes. Whatever speaks for a file is looked at anew in each call."""

    def __init__(self, journal: Journal, runtime: Runtime, inspection: Inspection, removal: Removal) -> None:
        self._journal = journal
        self._runtime = runtime
        self._inspection = inspection
        self._removal = removal
        self._under_way: dict[tuple[str, str], asyncio.Future[Standing]] = {}
        self._finished: dict[tuple[str, str], float] = {}
        self._settling: asyncio.Future[None] | None = None

    def start(self) -> None:
        """Find out what became of what a bridge that died was deleting."""
        self._settling = asyncio.ensure_future(self._settle(self._journal.reclaims.unsettled()))

    async def stop(self) -> None:
        """Nothing new; what is being deleted just now is brought to its end."""
        tasks: list[asyncio.Future[Any]] = list(self._under_way.values())
        if self._settling is not None:
            tasks.append(self._settling)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._removal.rest()

    async def look(self, session_id: str, token: str = "") -> Looked:
        """How the delivered files of a session stand, from `token` on. Raises NotFound, NoCredentials, Unreachable …"""
        end = self._runtime.monotonic() + CALL
        session = self._journal.sessions.get(session_id)
        try:
            self._demand_complete(session)
            self._removal.place(session, "")
        except WrongState as error:
            return Looked(reason=error.message, hint=error.hint)
        await self._settle_session(session)
        case = self._cases(session)
        said: list[Standing] = []
        for path, file in sorted((await self._delivered(session)).items()):
            if path < token:
                continue
            found = await self._in_time("look", file, self._looking(session, file, case), end)
            if found is None:
                return Looked(files=tuple(said), token=path)
            said.append(found)
        return Looked(files=tuple(said))

    async def delete(self, session_id: str, wanted: Mapping[str, str]) -> tuple[Standing, ...]:
        """Delete files: ids, and the MD5s they were listed with. What is not answered in time goes on: ask again.

        Raises NotFound; WrongState where no file of the session may go; NoCredentials, Unreachable … What was said of
        other files is answered first, and the next call for the rest raises.
        """
        end = self._runtime.monotonic() + CALL
        session = self._journal.sessions.get(session_id)
        files = [self._journal.files.get(identity) for identity in wanted]
        strange = next((file.id for file in files if file.session_id != session.id), None)
        if strange is not None:
            raise NotFound(f"Session {session.id} has no file {strange}.", about="file")
        self._demand_complete(session)
        self._removal.place(session, "")
        await self._settle_session(session)
        counts = await self._delivered(session)
        case = self._cases(session)
        said: list[Standing] = []
        for file in files:
            if counts.get(file.relative_path) != file or wanted[file.id] != file.md5:
                said.append(_stays(file, None, "It is not what was listed.", "List it again."))
                continue
            try:
                found = await self._in_time("delete", file, self._deleting(session, file, case), end)
            except BridgeError:
                if not said:
                    raise
                break
            if found is None:
                break
            said.append(found)
        return tuple(said)

    # -- one file ----------------------------------------------------------------------------------------------------

    def _looking(self, session: Session, file: File, case: GetCase) -> Callable[[], Awaitable[Standing]]:
        return lambda: self._inspection.look(session, file, case)

    def _deleting(self, session: Session, file: File, case: GetCase) -> Callable[[], Awaitable[Standing]]:
        return lambda: self._delete(session, file, case)

    async def _delete(self, session: Session, file: File, case: GetCase) -> Standing:
        standing = await self._inspection.look(session, file, case)
        row = standing.reclaim
        if standing.stand is not Stand.READY or row is None:
            return standing
        try:
            stat = await self._inspection.whole(session, file)
            # An upload may have been accepted meanwhile, or the session corrected.
            self._demand_complete(self._journal.sessions.get(session.id))
            gone = await self._removal.remove(session, file, row, stat)
        except (FileTrouble, JournalTrouble, WrongState) as error:
            return _stays(file, row, error.message, advice(error))
        return dataclasses.replace(standing, stand=Stand.RECLAIMED, reclaim=gone)

    async def _in_time(
        self, verb: str, file: File, work: Callable[[], Awaitable[Standing]], end: float
    ) -> Standing | None:
        """What the work says; None when it takes longer: then it goes on, and the next call finds it."""
        key = (verb, file.id)
        task = self._under_way.get(key)
        if task is None or self._runtime.monotonic() - self._finished.get(key, self._runtime.monotonic()) > FRESH:
            task = self._under_way[key] = asyncio.ensure_future(work())
            self._finished.pop(key, None)
            task.add_done_callback(lambda done: self._note_end(key, done))
        try:
            seconds = max(0.0, end - self._runtime.monotonic())
            standing = await self._runtime.wait_for(asyncio.shield(task), seconds)
        except TimeoutError:
            return None
        finally:
            if task.done():
                self._under_way.pop(key, None)
                self._finished.pop(key, None)
        return standing

    def _note_end(self, key: tuple[str, str], task: asyncio.Future[Standing]) -> None:
        self._finished[key] = self._runtime.monotonic()
        if not task.cancelled():
            task.exception()  # whoever asks for it hears of it

    # -- the session -------------------------------------------------------------------------------------------------

    def _demand_complete(self, session: Session) -> None:
        if self._journal.backfills.has(session.id):
            raise WrongState(
                "It was recorded before this bridge: its folder is only read.",
                about="session",
                hint="Its files are yours to delete, once `cagelab-bridge audit` finds nothing wrong with it.",
            )
        unfinished = self._journal.transfers.recent(session_id=session.id, only_unfinished=True, limit=1)
        evidence.demand_complete(session, unfinished=bool(unfinished))

    def _cases(self, session: Session) -> GetCase:
        """Asks Alyx once in a call, and only where it is needed."""
        known: list[Case] = []

        async def case() -> Case:
            if not known:
                known.append(await self._inspection.case(session))
            return known[0]

        return case

    async def _delivered(self, session: Session) -> dict[str, File]:
        """The files that were delivered, by path; of several with one path the last."""
        found: dict[str, File] = {}
        for transfer in self._journal.transfers.of_session(session.id):
            after = ""
            while page := self._journal.files.page(transfer.id, after=after, limit=PAGE):
                found |= {file.relative_path: file for file in page if file.state is FileState.DONE}
                after = page[-1].relative_path
                await self._runtime.sleep(0)
        return found

    async def _settle_session(self, session: Session) -> None:
        """What is being deleted just now is waited for; then nothing is left to be told."""
        await self._removal.rest()
        await self._settle([row for row in self._journal.reclaims.unsettled() if row.session_id == session.id])

    async def _settle(self, rows: Iterable[Reclaim]) -> None:
        for row in rows:
            await self._removal.settle(row)


def _stays(file: File, row: Reclaim | None, reason: str, hint: str) -> Standing:
    return Standing(file=file, stand=Stand.STAYS, reclaim=row, reason=reason, hint=hint)
