"""Accepting files for delivery, and what became of them."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass

from cagelab_bridge.errors import InvalidInput, WrongState
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import File, FileState, Run, Session, Transfer
from cagelab_bridge.ports import Runtime
from cagelab_bridge.services.documents import digest
from cagelab_bridge.services.lab_time import LabTime

PAGE = 1000  # files per answer


@dataclass(frozen=True, kw_only=True)
class UploadOrder:
    """What is to be uploaded: files and folders, () for the whole session folder; "" for the usual repository."""

    paths: tuple[str, ...] = ()
    repository: str = ""


class Transfers:
    """Transfers on this computer."""

    def __init__(
        self,
        journal: Journal,
        runtime: Runtime,
        clock: LabTime,
        wake: Callable[[str], None],
        wake_all: Callable[[], None],
    ) -> None:
        self._journal = journal
        self._runtime = runtime
        self._clock = clock
        self._wake = wake
        self._wake_all = wake_all

    def upload(self, request_id: str, session_id: str, order: UploadOrder, owner: str = "") -> Transfer:
        """Accept files: one durable row, however many they are. Listing, hashing, sending follow. `owner`: certificate
        of the paired program that asks, for a session of its own.

        Raises NotFound, WrongState, InvalidInput (a path outside the session folder), AlreadyExists.
        """
        content = digest(session_id, order)
        made = self._journal.requests.outcome("UploadFiles", request_id, content)
        if made:
            return self._journal.transfers.get(made)
        session = self._journal.sessions.get(session_id, owner)
        if session.run is Run.RESERVED:
            raise WrongState(
                f"Session {session.id} was not started: its files have no record to belong to.",
                about="session",
                hint="Call StartSession first.",
            )
        transfer = self.accepted(session, order)
        with self._journal.transaction("upload"):
            self._journal.transfers.insert(transfer)
            if session.completed:
                self._journal.sessions.completed(session.id, told=False)
            self._journal.requests.remember("UploadFiles", request_id, content, transfer.id, transfer.accepted_at)
        self._wake(session.id)
        return transfer

    def accepted(self, session: Session, order: UploadOrder) -> Transfer:
        """The row to insert. Raises InvalidInput for a path outside the session folder."""
        return Transfer(
            id=self._runtime.new_id(),
            session_id=session.id,
            paths=tuple(_inside(session.folder, path) for path in order.paths),
            repository=order.repository,
            accepted_at=self._clock.stamp(),
        )

    def files(self, transfer_id: str, *, after: str, only_blocked: bool, limit: int) -> tuple[list[File], str]:
        """A page of files and the token of the next ("" on the last)."""
        limit = min(limit or PAGE, PAGE)
        found = self._journal.files.page(transfer_id, after=after, only_blocked=only_blocked, limit=limit + 1)
        return found[:limit], found[limit - 1].relative_path if len(found) > limit else ""

    def retry(self, transfer_id: str) -> tuple[int, int]:
        """Try blocked files again (all: ""), and blocked sessions; (files, sessions)."""
        if transfer_id:
            self._journal.transfers.get(transfer_id)  # NotFound, before anything is changed
        with self._journal.transaction("retry"):
            self._journal.files.accept_damaged(transfer_id)
            files = self._journal.files.unblock(transfer_id)
            self._journal.transfers.unblock(transfer_id)
            sessions = self._journal.sessions.unblock()
            self._journal.submissions.unblock()
        self._wake_all()
        return files, sessions

    def cancel(self, transfer_id: str, reason: str) -> Transfer:
        """Give up what is not delivered. Raises NotFound, WrongState when nothing is left."""
        transfer = self._journal.transfers.get(transfer_id)
        sums = self._journal.transfers.sums(transfer_id)
        if transfer.cancelled or (transfer.listed and sums.done + sums.dismissed == sums.total):
            raise WrongState(f"Transfer {transfer_id} has nothing left to cancel.", about="transfer")
        said = f"Cancelled: {reason}" if reason else "Cancelled."
        with self._journal.transaction("cancel"):
            self._journal.transfers.cancelled(transfer_id, said)
            self._journal.files.dismiss_rest(transfer_id, said)
        self._wake(transfer.session_id)
        return self._journal.transfers.get(transfer_id)

    def dismiss(self, file_id: str, reason: str) -> File:
        """Give up one file, for a reason that is kept; a file that was dismissed already is answered as it is.

        Its dataset, where Alyx holds one, stays as it is: not existing, NOT_SET. Bytes on disk are left alone, and an
        object that had been stored completely stays; parts of one are removed. Raises NotFound, InvalidInput without a
        reason, WrongState for a file that is delivered.
        """
        file = self._journal.files.get(file_id)
        if not reason.strip():
            raise InvalidInput(
                "Why the file is dismissed was not said.", about="reason", hint="Give a reason, for the record."
            )
        if file.state is FileState.DONE:
            raise WrongState(
                f"{file.relative_path} is delivered: it stands in Alyx and the store.",
                about="file",
                hint="Judge it in Alyx: set the QC of its dataset there.",
            )
        if file.state is FileState.DISMISSED:
            return file
        self._journal.files.dismissed(file, f"Dismissed: {reason.strip()}")
        self._wake(file.session_id)
        return self._journal.files.get(file_id)


def _inside(folder: str, path: str) -> str:
    """The absolute path, if it lies in the session folder (nothing else is ever read)."""
    absolute = posixpath.normpath(posixpath.join(folder, path))
    if "\0" in path:
        raise InvalidInput("A path holds a NUL character.", about="path", hint="Name the file as the folder lists it.")
    if absolute != folder and not absolute.startswith(folder.rstrip("/") + "/"):
        raise InvalidInput(
            f"{path} lies outside the session folder {folder}.",
            about="path",
            hint="Put the file into the session folder (or a sub-folder of it) and name it again.",
        )
    return absolute
