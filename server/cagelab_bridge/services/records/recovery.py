"""Rebuilds what a journal lacks from the second records beside the data.

A record may be a moment older than the journal that was lost: whatever it does not call finished is taken up again in a
way that looks before it creates. The sessions' and files' markers in Alyx, and the hashes, tell what is there already.
"""

from __future__ import annotations

import dataclasses
import json
import posixpath
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum

from cagelab_bridge.errors import BridgeError, InvalidInput, NotFound
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import SETTLED, AlyxState, File, FileState, Reclaim, Session, Transfer
from cagelab_bridge.path_below import PathBelow
from cagelab_bridge.ports import Files
from cagelab_bridge.services.reclaiming import manifest
from cagelab_bridge.services.records import second_record
from cagelab_bridge.services.records.second_record import Record
from cagelab_bridge.services.sessions import folders

LARGEST_FOREIGN = 16 * 1024 * 1024  # bytes; a larger file without our head is not looked into
ALYX_ORDER = list(AlyxState)
NOT_KEPT = (
    "Writes such as weighings that were not delivered yet, and the request_ids of calls, stand only in the journal: "
    "look in Alyx which weighings are missing, and do not repeat a StartSession from before the loss."
)


class Outcome(StrEnum):
    """What became of one `session.json`."""

    RECOVERED = "recovered"  # the journal knows the session again
    ADDED = "added"  # the journal knew the session, but not all of its uploads
    KNOWN = "known"  # the journal lacks nothing of it
    COPY = "copy"  # of a record that lies where it belongs
    FOREIGN = "foreign"  # JSON of another program
    SET_ASIDE = "set aside"  # not recovered; `why` says why


@dataclass(frozen=True, kw_only=True)
class Found:
    """One `session.json`, and what was done: counts of transfers and files put into the journal."""

    path: str
    outcome: Outcome
    session_id: str = ""
    subject: str = ""
    date: str = ""
    number: int = 0
    transfers: int = 0
    files: int = 0
    why: str = ""


class Recovery:
    """Looks for records below a folder and puts their rows into the journal. Blocks; needs no bridge, no network."""

    def __init__(self, journal: Journal, files: Files, *, dry_run: bool = False) -> None:
        self._journal = journal
        self._files = files
        self._dry_run = dry_run

    def run(self, root: str) -> list[Found]:
        """Everything found below `root`, in the order of the paths. Rows the journal has stay as they are."""
        paths, closed = self._files.find(root, second_record.NAME)
        found = [Found(path=path, outcome=Outcome.SET_ASIDE, why="The folder cannot be read.") for path in closed]
        records: dict[str, Record] = {}
        for path in paths:
            told = self._read(path)
            if isinstance(told, Record):
                records[path] = told
            else:
                found.append(told)
        places: defaultdict[str, list[str]] = defaultdict(list)
        for path, record in records.items():
            if _tail(posixpath.dirname(path)) == _tail(record.session.folder):
                places[record.session.id].append(path)
        for path, record in records.items():
            why = self._misplaced(path, record, places[record.session.id])
            found.append(why or self._restore(path, record))
        return sorted(found, key=lambda one: one.path)

    # -- reading -----------------------------------------------------------------------------------------------------

    def _read(self, path: str) -> Record | Found:
        try:
            stat = self._files.stat(path)
            size = stat.size if stat else 0
            head = self._files.read(path, 0, second_record.HEAD)
            if second_record.is_ours(head):
                return second_record.read(self._files.read(path, 0, size))
            foreign = size <= LARGEST_FOREIGN and _is_json(self._files.read(path, 0, size))
        except BridgeError as error:
            return Found(path=path, outcome=Outcome.SET_ASIDE, why=error.message)
        if foreign:
            return Found(path=path, outcome=Outcome.FOREIGN, why="Another program wrote it.")
        return Found(path=path, outcome=Outcome.SET_ASIDE, why="It is damaged, or another program wrote it.")

    # -- where it lies -----------------------------------------------------------------------------------------------

    def _misplaced(self, path: str, record: Record, places: list[str]) -> Found | None:
        """Why the record is not to be used, if so: it must lie in its session's folder, which may have been moved as a
        whole, and be the only one there is."""
        session, folder = record.session, posixpath.dirname(path)
        try:
            place = folders.parse(folder)
        except InvalidInput as error:
            return _told(path, session, Outcome.SET_ASIDE, f"It lies in no session folder. {error.hint}")
        if _tail(folder) != _tail(session.folder) or (place.date, place.number) != (session.date, session.number):
            return _told(path, session, Outcome.SET_ASIDE, f"It belongs into another folder: {session.folder}.")
        if folder == session.folder:
            return None
        if self._owner(session.folder) == session.id and not self._same_file(folder, session.folder):
            return _told(path, session, Outcome.COPY, f"A copy: the session is still in {session.folder}.")
        others = [other for other in places if other != path and posixpath.dirname(other) != session.folder]
        if others:
            return _told(path, session, Outcome.SET_ASIDE, f"It is not clear which copy counts; see {others[0]}.")
        return None

    def _owner(self, folder: str) -> str:
        """Whose record lies in that folder; "" for none."""
        path = f"{folder}/{second_record.NAME}"
        if self._files.stat(path) is None:
            return ""
        return second_record.owner(self._files.read(path, 0, second_record.HEAD))

    def _same_file(self, one: str, other: str) -> bool:
        """True when both folders are the same one, seen through a link or a second mount."""
        return self._files.stat(f"{one}/{second_record.NAME}") == self._files.stat(f"{other}/{second_record.NAME}")

    # -- into the journal --------------------------------------------------------------------------------------------

    def _restore(self, path: str, record: Record) -> Found:
        session, folder = record.session, posixpath.dirname(path)
        if self._same_file(folder, session.folder):
            folder = session.folder
        known, holder = self._known(session.id), self._journal.sessions.in_folder(folder)
        if holder is not None and holder.id != session.id:
            why = f"The journal has another session in this folder: {holder.id}."
            return _told(path, session, Outcome.SET_ASIDE, why)
        if known is not None and known.folder != folder:
            return _told(path, session, Outcome.KNOWN, f"The journal has it in {known.folder}.")
        cautious = _cautious(second_record.placed(record, folder))
        transfers, files = self._missing(cautious)
        if not self._dry_run:
            self._write(cautious.session, known, transfers, files)
        outcome = Outcome.RECOVERED
        if known is not None:
            outcome = Outcome.ADDED if transfers or files else Outcome.KNOWN
        moved = f"It was moved here from {session.folder}." if session.folder != folder else ""
        found = _told(path, session, outcome, " ".join(filter(None, (moved, self._reclaimed(cautious)))))
        return dataclasses.replace(found, transfers=len(transfers), files=len(files))

    def _known(self, session_id: str) -> Session | None:
        try:
            return self._journal.sessions.get(session_id)
        except NotFound:
            return None

    def _missing(self, record: Record) -> tuple[list[Transfer], list[File]]:
        """What the journal lacks of the session's transfers and files."""
        known = {transfer.id for transfer in self._journal.transfers.of_session(record.session.id)}
        listed = {(one, path) for one in known for path in self._paths(one)}
        transfers = [transfer for transfer in record.transfers if transfer.id not in known]
        return transfers, [file for file in record.files if (file.transfer_id, file.relative_path) not in listed]

    def _paths(self, transfer_id: str) -> set[str]:
        found: list[str] = []
        while page := self._journal.files.page(transfer_id, after=found[-1] if found else ""):
            found += [file.relative_path for file in page]
        return set(found)

    def _write(self, session: Session, known: Session | None, transfers: list[Transfer], files: list[File]) -> None:
        restoring = self._journal.restoring
        with self._journal.transaction("recover"):
            if known is None:
                restoring.session(session)
            for transfer in transfers:
                restoring.transfer(transfer)
            for file in files:
                restoring.file(file)
            if known is not None:
                self._remind(session, known, bool(transfers or files))

    def _reclaimed(self, record: Record) -> str:
        """Put back that files are not here because they were deleted on request; a sentence about them."""
        path = f"{record.session.folder}/{manifest.NAME}"
        delivered = {file.id for file in record.files if file.state is FileState.DONE}
        try:
            stat = self._files.stat(path)
            named = manifest.read(self._files.read(path, 0, stat.size)) if stat else {}
            gone = [row for row in named.values() if row.file_id in delivered and self._is_gone(record.session, row)]
        except BridgeError as error:
            return f"What was reclaimed is not known: {error.message}"
        if not self._dry_run:
            for row in filter(lambda row: self._knows(row.file_id), gone):
                self._journal.reclaims.restore(row)
        return f"{len(gone)} of its files were reclaimed: the store has them." if gone else ""

    def _knows(self, file_id: str) -> bool:
        """Whether the journal has that file: a record that was edited may give another id to one it had."""
        try:
            return bool(self._journal.files.get(file_id))
        except NotFound:
            return False

    def _is_gone(self, session: Session, row: Reclaim) -> bool:
        place = PathBelow(session.folder, row.relative_path)
        if not self._dry_run:
            self._files.put_back(place)  # a bridge that was killed may have left it beside its place
        return row.session_id == session.id and self._files.stat(place) is None

    def _remind(self, session: Session, known: Session, added: bool) -> None:
        """An older journal was put back: what it does not know to be under way is looked for before it is created."""
        ahead = ALYX_ORDER.index(session.alyx) > ALYX_ORDER.index(known.alyx)
        if ahead and not known.intent:
            self._journal.sessions.intend(known.id, under_way=True)
        if added and known.completed:
            self._journal.sessions.completed(known.id, told=False)


def _cautious(record: Record) -> Record:
    """The rows to be put back: whatever is not finished looks before it creates."""
    files = tuple(_file(file) for file in record.files)
    settled = all(file.state in SETTLED for file in files)
    listed = all(transfer.listed or transfer.cancelled for transfer in record.transfers)
    completed = record.session.completed and settled and listed
    intent = record.session.intent or not completed
    session = dataclasses.replace(record.session, completed=completed, intent=intent)
    return dataclasses.replace(record, session=session, files=files)


def _file(file: File) -> File:
    if file.state in (FileState.ACCEPTED, FileState.HASHED):
        return dataclasses.replace(file, intent=True)
    if not file.md5 and file.state is FileState.REGISTERED:
        # It was being sent while it was read; it may have become PASS since, so Alyx is asked with its hashes.
        return dataclasses.replace(file, state=FileState.HASHED, intent=True)
    if file.state is FileState.REGISTERED and not file.upload_id:
        # The store is asked first: its object may have come since. If it has none, the file is sent from the start.
        # (An upload in parts that was begun is resumed, and the store is asked for it anyway.)
        return dataclasses.replace(file, state=FileState.STORED)
    if file.state in (FileState.STORED, FileState.VERIFIED, FileState.DONE):
        return dataclasses.replace(file, bytes_sent=max(file.size, 0))
    return file


def _told(path: str, session: Session, outcome: Outcome, why: str) -> Found:
    return Found(
        path=path,
        outcome=outcome,
        session_id=session.id,
        subject=session.spec.subject,
        date=session.date,
        number=session.number,
        why=why,
    )


def _tail(folder: str) -> list[str]:
    """…/<subject>/<date>/<NNN>: what stays when a whole tree is moved."""
    return folder.rstrip("/").split("/")[-3:]


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True
