"""Deletes one file of a session: remembered first, named in the manifest, then gone. A start after a crash tells what
became of it."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import posixpath

from cagelab_bridge.errors import BridgeError, FileChanged, WrongState
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import File, Reclaim, ReclaimStage, Session
from cagelab_bridge.path_below import PathBelow
from cagelab_bridge.ports import FileStat, Runtime
from cagelab_bridge.services.lab_time import LabTime
from cagelab_bridge.services.reclaiming import manifest

log = logging.getLogger(__name__)


class Removal:
    """One file at a time."""

    def __init__(self, journal: Journal, runtime: Runtime, clock: LabTime, root: str) -> None:
        """`root`: the data root, outside of which nothing is ever deleted."""
        self._journal = journal
        self._runtime = runtime
        self._clock = clock
        self._root = root.rstrip("/")
        self._turn = asyncio.Lock()

    def place(self, session: Session, relative_path: str) -> PathBelow:
        """Where a file of the session lies: below the data root, behind no link, without a second name. Raises
        WrongState for a session that lies elsewhere."""
        for root in (self._root, self._runtime.files.resolved(self._root)):
            home = posixpath.relpath(session.folder, root)
            if home != "." and home.split("/")[0] != "..":
                return PathBelow(root, posixpath.join(home, relative_path), alone=True)
        raise WrongState(
            f"The session lies outside the data root {self._root}.",
            about="folder",
            hint="Only what lies below root, under [lab] in bridge.toml, is reclaimed.",
        )

    async def remove(self, session: Session, file: File, reclaim: Reclaim, stat: FileStat) -> Reclaim:
        """Delete the file, which is the very one of that stat; the row as it is then.

        Whoever called may go away meanwhile: once begun, it is brought to its end. Raises FileTrouble, JournalTrouble,
        WrongState; then the file is there, or the row stays DELETING and the next look tells. What fails once the file
        is gone is only logged.
        """
        return await asyncio.shield(asyncio.ensure_future(self._remove(session, file, reclaim, stat)))

    async def settle(self, reclaim: Reclaim) -> None:
        """Find out what became of a file that was being deleted when the bridge died. Where the folder is not there (a
        disk that is not mounted), nothing is said."""
        async with self._turn:
            if self._journal.reclaims.find(reclaim.file_id) == reclaim:  # nobody told it meanwhile
                await self._settle(reclaim)

    async def rest(self) -> None:
        """Return when nothing is being deleted."""
        async with self._turn:
            return

    async def _remove(self, session: Session, file: File, reclaim: Reclaim, stat: FileStat) -> Reclaim:
        async with self._turn:
            marked = dataclasses.replace(reclaim, stage=ReclaimStage.DELETING, deleted_at=self._clock.stamp())
            self._journal.reclaims.deleting(marked)
            try:
                await self._runtime.in_thread(self._delete, session, file, marked, stat)
            except BridgeError as error:
                await self._settle(marked)
                row = self._journal.reclaims.find(reclaim.file_id)
                if row is None or row.stage is not ReclaimStage.DELETED:
                    raise
                log.warning("%s of session %s is gone, but: %s", file.relative_path, session.id, error)
                return row
            self._journal.reclaims.gone(marked)
            return dataclasses.replace(marked, stage=ReclaimStage.DELETED)

    def _delete(self, session: Session, file: File, reclaim: Reclaim, stat: FileStat) -> None:
        """The manifest, then the file. Runs in a thread."""
        self._name(session, manifest.entry(file, reclaim))
        self._runtime.files.remove(self.place(session, file.relative_path), stat)

    def _name(self, session: Session, line: bytes) -> None:
        """Put a line into the manifest, durably. Runs in a thread."""
        files, path = self._runtime.files, self.place(session, manifest.NAME)
        if files.stat(path) is None:
            files.write_new(path, manifest.begin(session.id) + b"\n")
        if manifest.owner(files.read(path, 0, manifest.HEAD)) != session.id:
            raise WrongState(
                f"{path} was not written for this session by the bridge, and is left alone.",
                about="manifest",
                hint="Rename that file.",
            )
        files.append(path, line)

    async def _settle(self, reclaim: Reclaim) -> None:
        session = self._journal.sessions.get(reclaim.session_id)
        try:
            there, named = await self._runtime.in_thread(self._look, session, reclaim)
            if not there and named:
                self._journal.reclaims.gone(reclaim)
            elif there or self._runtime.files.is_folder(self.place(session, "")):
                if named:
                    await self._runtime.in_thread(self._name, session, manifest.kept(reclaim))
                self._journal.reclaims.kept(reclaim)
        except BridgeError as error:  # told by the next look at the file as well
            log.warning("what became of %s of session %s: %s", reclaim.relative_path, session.id, error)

    def _look(self, session: Session, reclaim: Reclaim) -> tuple[bool, bool]:
        """Whether the file is there, put back where it was moved aside already, and whether the manifest names it. Runs
        in a thread."""
        files, path = self._runtime.files, self.place(session, manifest.NAME)
        stat = files.stat(path)
        named = manifest.read(files.read(path, 0, stat.size)) if stat else {}
        row = named.get(reclaim.file_id)
        place = self.place(session, reclaim.relative_path)
        try:
            files.put_back(place)
        except FileChanged as error:  # both are there
            log.warning("the deletion of %s was cut short: %s", place, error)
        there = files.stat(place) is not None
        return there, row is not None and row.deleted_at == reclaim.deleted_at
