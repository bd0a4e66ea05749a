"""Carrying one file: stable → hashed → registered → stored → verified → marked."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

from cagelab_bridge.errors import (
    BridgeError,
    FileBusy,
    FileChanged,
    FileDamaged,
    FileVanished,
    NoCredentials,
    NotYet,
    RecordMissing,
    SecretInFile,
    ServerFailed,
    WrongContent,
)
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import SETTLED, File, FileState, Run
from cagelab_bridge.path_below import PathBelow
from cagelab_bridge.ports import FileStat, Hashes, Json, Runtime, Store, StoreDoor, UploadEvents, Watched
from cagelab_bridge.services.accounts.credentials import Credentials
from cagelab_bridge.services.accounts.leak_guard import LeakGuard
from cagelab_bridge.services.delivery import hdf5
from cagelab_bridge.services.delivery.registrar import Registrar, Unread
from cagelab_bridge.services.delivery.sending import Sending
from cagelab_bridge.services.delivery.uploads import upload_of
from cagelab_bridge.services.lab_time import LabTime

HASHING = 2  # files read at once
log = logging.getLogger(__name__)


class FileDelivery:
    """Looks at a file's state and does what is left. Every step may be repeated after a crash."""

    def __init__(
        self,
        journal: Journal,
        registrar: Registrar,
        credentials: Credentials,
        stores: StoreDoor,
        runtime: Runtime,
        clock: LabTime,
        quiet_seconds: float,
        guard: LeakGuard,
    ) -> None:
        self._journal = journal
        self._registrar = registrar
        self._credentials = credentials
        self._stores = stores
        self._runtime = runtime
        self._clock = clock
        self._quiet = quiet_seconds
        self._guard = guard
        self._hashing = asyncio.Semaphore(HASHING)
        self._sending = Sending()
        self._folders: dict[str, tuple[str, bool]] = {}  # of sessions, and whether a remote program started them

    async def carry(self, file_id: str) -> None:
        """Do all that can be done now. Raises what stands in the way."""
        steps = {
            FileState.ACCEPTED: self._hash,
            FileState.HASHED: self._register,
            FileState.REGISTERED: self._store,
            FileState.STORED: self._verify,
            FileState.VERIFIED: self._mark,
        }
        while (file := self._journal.files.get(file_id)).state not in SETTLED:
            await (self._recheck if file.recheck else steps[file.state])(file)
        self._guard.done_with(file_id)

    def forget(self, session_id: str) -> None:
        """Nothing of that session is under way any more."""
        self._registrar.forget(session_id)
        self._folders.pop(session_id, None)

    def _path(self, file: File) -> PathBelow:
        """Where to read it: behind no link. What a program on another computer names has no second name either."""
        if file.session_id not in self._folders:
            session = self._journal.sessions.get(file.session_id)
            self._folders[session.id] = (session.folder, bool(session.owner))
        folder, alone = self._folders[file.session_id]
        return PathBelow(folder, file.relative_path, alone=alone)

    # -- reading -----------------------------------------------------------------------------------------------------

    async def _hash(self, file: File) -> None:
        if self._journal.files.earlier_twin(file):
            raise NotYet("An earlier transfer still carries this file.", seconds=2.0)
        await self._quiet_now(self._path(file))
        partial = await self._ends_early(file)
        if partial and self._journal.sessions.get(file.session_id).run is Run.OPEN:
            raise FileBusy(f"{file.path} is not finished: its program has not closed it.")
        unread = self._stores.unread(await self._stat(self._path(file)))
        # What changes in between is noticed before it is called stored, and read anew.
        self._journal.files.hashed(file, unread or await self._measured(file), partial=partial)

    async def _read(self, file: File) -> None:
        """The hashes of a file that went ahead of them, where they are needed before it is sent."""
        hashes = await self._measured(file)
        if self._same(file, hashes.stat):
            self._journal.files.read(file, hashes)
        else:
            await self._again(file)

    async def _measured(self, file: File) -> Hashes:
        """Its hashes. Raises SecretInFile when it holds what this bridge must not let out."""
        watched = self._guard.watched()
        async with self._hashing:
            hashes = await self._runtime.in_calm_thread(self._stores.measure, self._path(file), watched)
        if hashes.leaks:
            raise SecretInFile.found(file.path, hashes.leaks)
        self._guard.searched(file.id, watched)
        return hashes

    async def _ends_early(self, file: File) -> bool:
        """True for an HDF5 file that its writer did not finish: stored all the same, but never PASS."""
        if not hdf5.is_named_so(file.path):
            return False
        size = (await self._stat(self._path(file))).size
        head = await self._runtime.in_thread(self._runtime.files.read, self._path(file), 0, hdf5.HEAD)
        return bool(hdf5.ends_early(head, size))

    async def _recheck(self, file: File) -> None:
        """The computer went down hard since the file was read. One that changed waits for somebody's decision."""
        if not await self._is_as_it_was(file):
            raise FileDamaged
        self._journal.files.rechecked(file)

    async def _is_as_it_was(self, file: File) -> bool:
        """By its hash; of a file that went ahead of its hashes only size and times are known."""
        if file.md5:
            return (await self._measured(file)).md5 == file.md5
        return self._same(file, await self._stat(self._path(file)))

    async def _quiet_now(self, path: str) -> None:
        """Return when nobody writes to the file: no writer has it open, and it did not change for a while."""
        stat = await self._stat(path)
        changed = max(stat.mtime_ns, stat.ctime_ns) / 1e9
        age = self._runtime.now().timestamp() - changed
        if not age >= self._quiet:  # young, or from the future of a clock that was set back
            await self._runtime.sleep(self._quiet)
            if await self._stat(path) != stat:
                raise FileBusy(f"{path} still changes.")
        if await self._runtime.in_thread(self._runtime.files.being_written, path):
            raise FileBusy(f"{path} is still open for writing.")

    async def _stat(self, path: str) -> FileStat:
        stat = await self._runtime.in_thread(self._runtime.files.stat, path)
        if stat is None:
            raise FileVanished(f"The file {path} is no longer there.")
        return stat

    def _same(self, file: File, stat: FileStat) -> bool:
        return (stat.size, stat.mtime_ns, stat.inode) == (file.size, file.mtime_ns, file.inode)

    async def _register(self, file: File) -> None:
        try:
            await self._registrar.register(file)
        except Unread:
            await self._read(file)

    # -- the store ---------------------------------------------------------------------------------------------------

    async def _store(self, file: File) -> None:
        try:
            await self._send(file)
        except SecretInFile:
            await self._forget_parts(file)  # nothing of it stays in the store, whenever the secret was found
            raise

    async def _send(self, file: File) -> None:
        store = await self._credentials.store_of(file)
        if not file.md5 and file.upload_id:
            await self._read(file)  # what arrived in an earlier attempt is compared with what it must be
            return
        if file.md5 and self._guard.not_yet_searched(file.id):
            await self._measured(file)
        async with self._sending.turn(file.size):
            if self._same(file, await self._stat(self._path(file))):
                try:
                    with self._credentials.pace.watch(file.endpoint):
                        await self._put(store, file)
                except FileChanged:
                    await self._again(file)
                    return
        # Asked after the last byte went: a file that changed under way is read anew.
        if self._same(file, await self._stat(self._path(file))):
            self._journal.files.moved(file, FileState.STORED)
        else:
            await self._again(file)

    async def _put(self, store: Store, file: File) -> None:
        """Send it; one that was not read yet, while it is read."""
        path, watched = self._path(file), self._guard.watched()
        events = UploadEvents(
            begun=lambda upload_id: self._begun(file, upload_id),
            sent=lambda count: self._sent(file, count) if file.part_size else None,
            read=lambda hashes: self._were_read(file, hashes, watched),
        )
        if file.md5:
            await store.put(upload_of(file, path), events)
            return
        async with self._stores.reading(path, watched) as reading:
            await store.put(replace(upload_of(file, path), reading=reading), events)

    def _were_read(self, file: File, hashes: Hashes, watched: tuple[Watched, ...]) -> None:
        """All of it was read, and is not an object yet."""
        if not self._same(file, hashes.stat):
            raise FileChanged(f"{file.path} changed before it was sent.")
        self._journal.files.read(file, hashes)
        self._guard.searched(file.id, watched)
        if self._guard.not_yet_searched(file.id):
            raise NotYet("A secret came while the file was read: it is searched once more.", seconds=0.0)

    def _begun(self, file: File, upload_id: str) -> None:
        self._journal.files.begun(file, upload_id)
        self._stop_if_dismissed(file)

    def _sent(self, file: File, count: int) -> None:
        self._stop_if_dismissed(file)
        self._journal.files.sent(file, count)

    def _stop_if_dismissed(self, file: File) -> None:
        if self._journal.files.get(file.id).state is FileState.DISMISSED:
            raise NotYet("The file was dismissed while it was sent.", seconds=0.0)

    async def _again(self, file: File) -> None:
        """Its bytes changed: it is read anew. Its dataset is not PASS, so it takes the new content."""
        await self._forget_parts(file)
        self._journal.files.again(file, FileState.ACCEPTED)
        self._registrar.look_again(file.session_id)

    async def _forget_parts(self, file: File) -> None:
        """Remove what arrived of an upload that is not to be completed, while somebody knows of it."""
        upload_id = self._journal.files.get(file.id).upload_id
        if upload_id:
            store = await self._credentials.store_of(file)
            try:
                with self._credentials.pace.watch(file.endpoint):
                    await store.abandon(file.bucket, file.key, upload_id)
            except BridgeError as error:
                if error.retryable or isinstance(error, NoCredentials):  # what was lent may have ended just now
                    raise
                log.warning("parts of %s/%s stay in the store: %s", file.bucket, file.key, error)
            self._journal.files.forgotten(file)

    async def _verify(self, file: File) -> None:
        store = await self._credentials.store_of(file)
        try:
            with self._credentials.pace.watch(file.endpoint):
                proof = await store.verify(upload_of(file, self._path(file)))
        except (RecordMissing, WrongContent) as error:
            # Not there, or not what was read: send it (again), after a pause, for a store may answer so for ever.
            self._journal.files.again(file, FileState.REGISTERED)
            raise WrongContent(error.message) from error
        self._journal.files.moved(file, FileState.VERIFIED, proof)

    async def _mark(self, file: File) -> None:
        """Exists, then PASS: so PASS means stored, verified and marked as existing. The answer is the read-back.

        A file that its writer did not finish is stored and verified as well, but it is FAIL.
        """
        alyx, datasets = await self._registrar.connected(file)
        facts = datasets.facts(file.dataset_id) | {
            "sha256": file.sha256,
            "sha1": file.sha1,
            "cagelab": {
                "op": file.id,
                "bridge_session": file.session_id,
                "verified_by": file.verified_by,
                "verified_at": self._clock.stamp(),
            }
            | ({"partial": True} if file.partial else {}),
        }
        qc = "FAIL" if file.partial else "PASS"
        body: Json = {"json": facts, "qc": qc}
        told = datasets.digest(file.dataset_id)
        if not told:
            # It was registered before it was read. Alyx must know its content before it exists: who lost the journal in
            # between could not tell it from what another program stored, and would store it once more.
            await alyx.change(f"datasets/{file.dataset_id}", {"hash": file.md5})
        if told == file.sha1:
            body["hash"] = file.md5  # ONE wants the MD5: with an older program's SHA-1 it fetches the file each time
        await alyx.change(f"files/{file.record_id}", {"exists": True})
        record = await alyx.change(f"datasets/{file.dataset_id}", body)
        entry = next((entry for entry in record["file_records"] if entry["id"] == file.record_id), None)
        if record["hash"] != file.md5 or record["qc"] != qc or not entry or not entry["exists"]:
            raise ServerFailed(f"Alyx did not keep what was written for {file.relative_path}.")
        datasets.note(file.dataset_id, record)
        self._journal.files.moved(file, FileState.DONE)
