"""Carrying downloads: find the files, fetch them, prove them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from cagelab_bridge.errors import NotYet, Refused, WrongContent
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import SETTLED, File, FileState, Trouble
from cagelab_bridge.ports import Arrival, Arrivals, Place, Runtime, Store
from cagelab_bridge.services.accounts.accounts import Accounts
from cagelab_bridge.services.accounts.credentials import Credentials
from cagelab_bridge.services.delivery.rounds import Rounds
from cagelab_bridge.services.delivery.side_by_side import carried
from cagelab_bridge.services.downloads.dataset_search import DatasetSearch
from cagelab_bridge.services.lab_time import LabTime

AT_ONCE = 6  # files of one download under way, and of all downloads together on their way from a store
READING = 2  # files that are there already, hashed at once
MOST = 10_000  # downloads looked at when the bridge starts
BATCH = 500  # rows per commit


class DownloadDelivery:
    """One task per download; a start after a crash is the normal start."""

    def __init__(
        self,
        journal: Journal,
        accounts: Accounts,
        credentials: Credentials,
        search: DatasetSearch,
        arrivals: Arrivals,
        runtime: Runtime,
        clock: LabTime,
    ) -> None:
        self._journal = journal
        self._accounts = accounts
        self._credentials = credentials
        self._search = search
        self._arrivals = arrivals
        self._runtime = runtime
        self._rounds = Rounds(runtime, clock)
        self._reading = asyncio.Semaphore(READING)
        self._fetching = asyncio.Semaphore(AT_ONCE)
        self._under_way: dict[str, tuple[str, Arrival]] = {}
        self._given_up: set[str] = set()
        self._running = False

    def start(self) -> None:
        """Carry on whatever is open. What was blocked gets another chance."""
        self._running = True
        self._journal.downloads.unblock()
        self.wake()

    def wake(self, identity: str = "") -> None:
        """Look at a download (all: "") now."""
        if not self._running:
            return
        self._rounds.pace.reset()
        known = (
            [identity]
            if identity
            else [found.id for found in self._journal.downloads.recent(only_unfinished=True, limit=MOST)]
        )
        for name in known:
            self._rouse(name)

    def give_up(self, identity: str) -> None:
        """Stop fetching a download that was cancelled; files that are complete stay."""
        self._given_up.add(identity)

    async def stop(self) -> None:
        """Stop where it stands; what has come stays for the next start."""
        self._running = False
        await self._rounds.stop()

    def arrived(self, identity: str) -> int:
        """Bytes of files of a download that are under way just now."""
        return sum(arrival.count for download, arrival in self._under_way.values() if download == identity)

    def _rouse(self, identity: str) -> None:
        self._rounds.rouse(f"download {identity}", lambda: self._carry(identity))

    async def _carry(self, identity: str) -> float | None:
        downloads = self._journal.downloads
        download = downloads.get(identity)
        if download.trouble.blocked or download.cancelled:
            return None
        if not download.listed:
            pause = await self._rounds.attempt(
                f"download {identity}",
                self._list(identity),
                lambda trouble: downloads.trouble(identity, trouble),
                lambda: downloads.get(identity).trouble,
            )
            if not downloads.get(identity).listed:
                return pause
        return min(
            await carried(
                lambda after: self._journal.downloads.unsettled(identity, after=after), self._carry_file, AT_ONCE
            ),
            default=None,
        )

    async def _list(self, identity: str) -> None:
        downloads = self._journal.downloads
        files = await self._search.find(downloads.get(identity))
        for start in range(0, len(files), BATCH):
            # Many files must not hold up other callers; a list cut short is made again, and finds its rows.
            if downloads.get(identity).cancelled:
                return
            downloads.insert_files(files[start : start + BATCH])
            await self._runtime.sleep(0)
        downloads.listed(identity)

    async def _carry_file(self, file: File) -> float | None:
        downloads = self._journal.downloads
        if downloads.file(file.id).state in SETTLED:
            return None

        def note(trouble: Trouble) -> None:
            if downloads.file(file.id).state is FileState.ACCEPTED:
                downloads.file_trouble(file, trouble)

        return await self._rounds.attempt(
            f"file {file.id}", self._bring(file), note, lambda: downloads.file(file.id).trouble
        )

    async def _bring(self, file: File) -> None:
        async with self._reading:
            proof = await self._runtime.in_calm_thread(self._arrivals.present, file.path, file.size, file.md5)
        if proof:
            self._done(file, await self._size(file), present=True, proof=proof)
            return
        place = Place(endpoint=file.endpoint, bucket=file.bucket, key=file.key)
        if not file.endpoint:
            download = self._journal.downloads.get(file.transfer_id)
            assert download.account is not None  # a download has one
            place = await self._search.place(await self._accounts.awake(download.account), file)
        store = await self._credentials.store(place.endpoint)
        with self._credentials.pace.watch(place.endpoint):
            size = file.size if file.size >= 0 else await store.size(place)
            async with self._fetching:
                await self._fetch(file, store, place, size)

    async def _size(self, file: File) -> int:
        found = await self._runtime.in_thread(self._runtime.files.stat, file.path)
        return found.size if found else max(file.size, 0)

    async def _fetch(self, file: File, store: Store, place: Place, size: int) -> None:
        root = self._journal.downloads.get(file.transfer_id).folder
        arrival = await self._runtime.in_calm_thread(
            self._arrivals.begin, root, file.relative_path, file.dataset_id, file.md5
        )
        self._under_way[file.id] = (file.transfer_id, arrival)
        began = arrival.count
        try:
            await store.fetch(place, size, self._taking(file, arrival), began)
            proof = await self._runtime.in_calm_thread(arrival.finish, size)
        except WrongContent as problem:
            if began:
                raise  # what an earlier attempt left may be of another version: once more, from the start
            raise Refused(problem.message, about="content", hint=problem.hint) from problem
        finally:
            del self._under_way[file.id]
            arrival.close()
        self._done(file, size, present=False, proof=proof)

    def _taking(self, file: File, arrival: Arrival) -> Callable[[bytes], object]:
        def take(block: bytes) -> None:
            if file.transfer_id in self._given_up:
                raise NotYet("The download was cancelled.", seconds=0.0)
            arrival.take(block)

        return take

    def _done(self, file: File, size: int, *, present: bool, proof: str) -> None:
        self._journal.downloads.done(file, size=size, present=present, verified_by=proof)
