"""Looks at one delivered file: here, in Alyx and in the store, each time anew."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from cagelab_bridge.errors import (
    BridgeError,
    FileBusy,
    FileChanged,
    FileTrouble,
    InvalidInput,
    NoCredentials,
    NotLoggedIn,
    RecordMissing,
    Refused,
    WrongContent,
    WrongState,
)
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import File, Reclaim, ReclaimStage, Session
from cagelab_bridge.path_below import PathBelow
from cagelab_bridge.ports import FileStat, Hashes, Place, Runtime, Store, StoreDoor
from cagelab_bridge.services.accounts.accounts import Accounts
from cagelab_bridge.services.accounts.choices import Choices
from cagelab_bridge.services.accounts.credentials import Credentials
from cagelab_bridge.services.delivery.session_datasets import identity
from cagelab_bridge.services.delivery.uploads import upload_of
from cagelab_bridge.services.lab_time import LabTime
from cagelab_bridge.services.reclaiming import evidence
from cagelab_bridge.services.reclaiming.evidence import Case, Patience
from cagelab_bridge.services.reclaiming.removal import Removal
from cagelab_bridge.services.reclaiming.standing import Stand, Standing

MANY = 1_000_000
READ_BACK = "read-back"  # what a proof rests on, in the words of the store
# What speaks against one file; whatever else goes wrong (no network, no keys) stops all.
AGAINST = (FileTrouble, WrongState, RecordMissing, WrongContent, Refused, InvalidInput)
GetCase = Callable[[], Awaitable[Case]]


class Inspection:
    """Looks, and has the journal remember when an object was proven again."""

    def __init__(
        self,
        journal: Journal,
        accounts: Accounts,
        choices: Choices,
        credentials: Credentials,
        stores: StoreDoor,
        runtime: Runtime,
        clock: LabTime,
        removal: Removal,
        patience: Patience,
    ) -> None:
        self._journal = journal
        self._accounts = accounts
        self._choices = choices
        self._credentials = credentials
        self._stores = stores
        self._runtime = runtime
        self._clock = clock
        self._removal = removal
        self._patience = patience

    async def case(self, session: Session) -> Case:
        """What Alyx says of the session now. Raises NotLoggedIn, Unreachable …"""
        assert session.account is not None  # a complete session has one
        alyx = await self._accounts.awake(session.account, session.id)
        record = await alyx.read(f"sessions/{session.alyx_id}")
        rows = await alyx.read_list(f"datasets?session={session.alyx_id}", limit=MANY)
        repositories = (await self._choices.read(session.account, "repositories")).records
        return Case(
            record=record,
            datasets={identity(row): row for row in rows},
            repositories=repositories,
            clock_ahead=alyx.clock_ahead,
        )

    async def look(self, session: Session, file: File, get_case: GetCase) -> Standing:
        """How the file stands. Raises NoCredentials, NotLoggedIn, Unreachable, JournalTrouble …"""
        row = self._journal.reclaims.find(file.id)
        try:
            path = self._removal.place(session, file.relative_path)
            stat = await self._runtime.in_thread(self._runtime.files.stat, path)
            if row is not None and row.stage is ReclaimStage.DELETING:
                raise WrongState("Its deletion was cut short, and its end cannot be told yet.", about="manifest")
            if stat is None:
                return _not_here(file, row)
            await self._demand_as_delivered(file, path, stat)
            accepted_at = self._journal.transfers.get(file.transfer_id).accepted_at
            # A young file stays whatever Alyx says: it is not asked.
            evidence.demand_patience(accepted_at, accepted_at, self._clock, self._patience)
            case = await get_case()
            evidence.demand_complete_in_alyx(session, case.record)
            record = evidence.demand_pass(file, case, self._stores)
            first = evidence.first_verification(file, session, record)
            evidence.demand_patience(accepted_at, first[0], self._clock, self._patience)
            assert session.account is not None  # a complete session has one
            store = await self._credentials.store_of(file)
            proof = await self._proof(store, file, path)
            # The servers have just said what time it is. A clock that jumped ages every file.
            evidence.demand_clock({session.account.alyx_url: case.clock_ahead, file.endpoint: store.clock_ahead})
            row = self._verified_again(file, row, first, proof)
        except (NoCredentials, NotLoggedIn):
            raise
        except AGAINST as error:
            return Standing(file=file, stand=Stand.STAYS, reclaim=row, reason=error.message, hint=advice(error))
        return Standing(file=file, stand=Stand.READY, reclaim=row)

    async def whole(self, session: Session, file: File) -> FileStat:
        """Read the file from beginning to end: the stat of what is, byte for byte, what was delivered. Raises
        FileTrouble, WrongState."""
        path = self._removal.place(session, file.relative_path)
        stat = await self._runtime.in_thread(self._runtime.files.stat, path)
        await self._demand_not_written(path)
        # Whoever opens it from here on and writes changes its time: only of one who has it mapped already is that not
        # sure. The deletion itself demands this very stat again, while nobody has the file open.
        hashes = await self._measured(path)
        if hashes.stat != stat:
            raise FileChanged(f"{path} changed just now.", hint="Look who writes to it.")
        _demand_same(file, hashes)
        return hashes.stat

    async def _demand_as_delivered(self, file: File, path: PathBelow, stat: FileStat) -> None:
        """As far as it can be told without reading all of it; one that was touched, or came back, is read."""
        if stat.size != file.size:
            raise _changed()
        await self._demand_not_written(path)
        if (stat.mtime_ns, stat.inode) != (file.mtime_ns, file.inode):
            _demand_same(file, await self._measured(path))

    async def _demand_not_written(self, path: PathBelow) -> None:
        if await self._runtime.in_thread(self._runtime.files.being_written, path):
            raise FileBusy("It is open for writing.", hint="Close it, then reclaim again.")

    async def _measured(self, path: PathBelow) -> Hashes:
        return await self._runtime.in_calm_thread(self._stores.measure, path)

    async def _proof(self, store: Store, file: File, path: PathBelow) -> str:
        try:
            with self._credentials.pace.watch(file.endpoint):
                proof = await store.verify(upload_of(file, path))
                if self._patience.read_back and proof != READ_BACK:
                    proof = await self._read_back(store, file)
        except RecordMissing as problem:
            message = f"The store does not have its object any more: {file.bucket}/{file.key}."
            raise RecordMissing(message, about="object") from problem
        return proof

    def _verified_again(self, file: File, seen: Reclaim | None, first: tuple[str, str], proof: str) -> Reclaim:
        row = Reclaim(
            file_id=file.id,
            session_id=file.session_id,
            relative_path=file.relative_path,
            verified_at=first[0],
            verified_by=first[1],
            again_at=self._clock.stamp(),
            again_by=proof,
        )
        self._journal.reclaims.verified(row, seen)
        return row

    async def _read_back(self, store: Store, file: File) -> str:
        """Have all of it sent, and compare."""
        contents = self._stores.contents()
        place = Place(endpoint=file.endpoint, bucket=file.bucket, key=file.key)
        await store.fetch(place, file.size, contents.take)
        if contents.md5 != file.md5:
            raise WrongContent(f"{file.bucket}/{file.key} read back from the store differs from what was delivered.")
        return READ_BACK


def _not_here(file: File, row: Reclaim | None) -> Standing:
    if row is not None and row.stage is ReclaimStage.DELETED:
        return Standing(file=file, stand=Stand.RECLAIMED, reclaim=row)
    return Standing(
        file=file,
        stand=Stand.ABSENT,
        reclaim=row,
        reason="There is no such file in its folder (a link counts as none), and this bridge did not delete it.",
    )


def _demand_same(file: File, hashes: Hashes) -> None:
    if (hashes.md5, hashes.sha256) != (file.md5, file.sha256):
        raise _changed()


def _changed() -> WrongState:
    return WrongState(
        "It is not what was delivered: it changed since.",
        about="file",
        hint="If the change is right, upload it: it becomes a new revision.",
    )


def advice(error: BridgeError) -> str:
    """What to do, for somebody who does not upload the file but wants to be rid of it."""
    if isinstance(error, RecordMissing | WrongContent | Refused):
        return f"Keep the file. {evidence.AUDIT_IT}"
    if isinstance(error, FileTrouble) and "retry" in error.hint:
        return "Keep the file, or delete it by hand once you are sure of it."
    return error.hint
