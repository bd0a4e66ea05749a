"""The copy of its data that a CageLab task keeps beside the session, for the day its MAT file is torn."""

from __future__ import annotations

import fnmatch
import logging
import posixpath
from dataclasses import dataclass

from cagelab_bridge.errors import BridgeError
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import Run, Session
from cagelab_bridge.ports import FileStat, Runtime
from cagelab_bridge.services.delivery import hdf5
from cagelab_bridge.services.lab_time import LabTime
from cagelab_bridge.services.reclaiming import manifest
from cagelab_bridge.services.records import second_record

RAW = "opticka.raw*.mat"  # the task's own file
# CageLab's other programs write `matlab.raw.<what>.<name>.mat`; every lab's Alyx has the dataset type matlab.raw.
PREFIX = "matlab.raw.ongoingTaskRun."
LATE = 120.0  # seconds after the last change in the folder that the spare copy may still belong to the session
log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Remains:
    """What an abandoned session left: the last change in its folder (nanoseconds since 1970; 0: no file there), and a
    sentence about its spare copy ("" when there is nothing to say)."""

    last_change_ns: int = 0
    said: str = ""


class SpareCopy:
    """Looks through an abandoned session's folder, and puts the spare copy there when it is needed."""

    def __init__(self, journal: Journal, runtime: Runtime, clock: LabTime, path: str) -> None:
        """`path`: the spare copy, absolute; "" for none."""
        self._journal = journal
        self._runtime = runtime
        self._clock = clock
        self._path = path

    async def collect(self, session: Session) -> Remains:
        """Look, and copy if need be. What cannot be read is said, and stops nothing."""
        try:
            found = await self._runtime.in_thread(self._walk, session.folder)
        except BridgeError as error:
            log.warning("session %s: %s", session.id, error)
            return Remains(said=f"Its folder could not be read: {error.message}")
        last = max((stat.mtime_ns for path, stat in found.items() if not _ours(path)), default=0)
        span = self._span(session, last)
        try:
            said = await self._runtime.in_thread(self._rescue, session, found, span)
        except BridgeError as error:
            log.warning("session %s: %s", session.id, error)
            said = f"The copy {self._path} could not be added: {error.message}"
        return Remains(last_change_ns=last, said=said)

    def _walk(self, folder: str) -> dict[str, FileStat]:
        """The session's files; hidden ones belong to editors and file managers. Runs in a thread."""
        files = self._runtime.files
        if not files.is_folder(folder):
            return {}
        shown = [path for path in files.walk(folder) if "/." not in path[len(folder) :]]
        return {path: stat for path in shown if (stat := files.stat(path)) is not None}

    def _span(self, session: Session, last_change_ns: int) -> tuple[float, float]:
        """When a spare copy that belongs to the session was saved (seconds since 1970): while it ran or a moment later,
        and before another one began."""
        began = self._clock.moment(session.start_time)
        later = [
            start
            for other in self._journal.sessions.recent(first_date=session.date, limit=1000)
            if other.run is not Run.RESERVED and (start := self._clock.moment(other.start_time)) > began
        ]
        # An older folder may be used again: then `began` lies before the session was accepted.
        first = max(began, self._clock.moment(session.accepted_at))
        return first, min([max(last_change_ns / 1e9, began) + LATE, *later])

    def _rescue(self, session: Session, found: dict[str, FileStat], span: tuple[float, float]) -> str:
        """Copy the spare copy into the folder if the task's file is torn or missing; the sentence. Runs in a thread."""
        raw = [path for path in found if fnmatch.fnmatchcase(posixpath.basename(path), RAW)]
        if session.owner:
            return ""  # its program runs on another computer: what a task saved here is none of its business
        newest = max(raw, key=lambda path: found[path].mtime_ns, default="")
        if newest and not self._torn(newest, found[newest].size):
            return ""
        spare = self._runtime.files.stat(self._path) if self._path else None
        # Sessions begin at a microsecond, files change between two of them.
        if spare is None or not span[0] <= spare.mtime_ns // 1000 / 1e6 <= span[1]:
            return ""
        name = PREFIX + (posixpath.basename(newest).removeprefix("opticka.raw.") if newest else _own_name(session))
        self._runtime.files.copy(self._path, f"{session.folder}/{name}")
        why = f"{posixpath.basename(newest)} is torn" if newest else "There is no opticka.raw file"
        return f"{why}: a copy of {self._path} was added as {name}."

    def _torn(self, path: str, size: int) -> bool:
        return size == 0 or bool(hdf5.ends_early(self._runtime.files.read(path, 0, hdf5.HEAD), size))


def _ours(path: str) -> bool:
    """True for what the bridge writes itself."""
    name = posixpath.basename(path)
    return name in (second_record.NAME, manifest.NAME) or name.startswith(PREFIX)


def _own_name(session: Session) -> str:
    """`<yyyy-mm-dd-HH-MM-SS>_<NNN>_<subject>.mat`, as CageLab names a session's files."""
    stamp = session.start_time[:19].replace("T", "-").replace(":", "-")
    return f"{stamp}_{session.number:03d}_{session.spec.subject}.mat"
