"""Downloads and their files in the journal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cagelab_bridge.errors import NotFound
from cagelab_bridge.journal import rows
from cagelab_bridge.journal.database import Database
from cagelab_bridge.models import File, Sums, Transfer, Trouble

AT_ONCE = 500  # rows read at a time


class DownloadTable:
    """Reads and moves accepted DownloadFiles calls."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def insert(self, download: Transfer) -> None:
        """Accept it."""
        self._change(
            "download_insert",
            download.id,
            **rows.account_columns(download.account),
            wanted=download.order,
            folder=download.folder,
            accepted_at=download.accepted_at,
        )

    def find(self, identity: str) -> Transfer | None:
        """The download with that id; None when it is none of ours (it may be an upload)."""
        row = self._db.run("download_get", {"id": identity}).fetchone()
        return None if row is None else rows.download(row)

    def get(self, identity: str) -> Transfer:
        """The download with that id. Raises NotFound."""
        found = self.find(identity)
        if found is None:
            raise NotFound(f"This bridge knows no download {identity}.", about="transfer")
        return found

    def recent(self, *, only_unfinished: bool = False, limit: int = 100) -> list[Transfer]:
        """Downloads, newest first."""
        wanted = {"only_unfinished": int(only_unfinished), "limit": limit}
        return [rows.download(row) for row in self._db.run("download_list", wanted)]

    def insert_files(self, files: Sequence[File]) -> None:
        """What was found in Alyx; a path that the download has already is left as it is."""
        with self._db.transaction("download_file_insert"):
            for file in files:
                self._db.run("download_file_insert", rows.download_file_columns(file))
                self._db.touch("transfer", file.transfer_id)

    def listed(self, identity: str) -> None:
        """All that was found are its files now."""
        self._change("download_listed", identity)

    def cancelled(self, identity: str, reason: str) -> None:
        """Nobody wants the rest of it any more."""
        with self._db.transaction("download_cancelled"):
            self._db.run("download_cancelled", {"id": identity, "reason": reason})
            self._db.run("download_file_dismiss_rest", {"transfer_id": identity, "reason": reason})
            self._db.touch("transfer", identity)

    def trouble(self, identity: str, trouble: Trouble) -> None:
        """Why its files cannot be found; an empty Trouble clears it."""
        self._change("download_trouble", identity, **rows.trouble_columns(trouble))

    def unblock(self, identity: str = "") -> int:
        """Let a blocked download (all: "") and its blocked files be tried again; how many files."""
        with self._db.transaction("download_unblock"):
            self._db.run("download_unblock", {"id": identity})
            return self._db.run("download_file_unblock", {"transfer_id": identity}).rowcount

    def sums(self, identity: str) -> Sums:
        """What its files add up to."""
        return Sums(**dict(self._db.run("download_sums", {"id": identity}).fetchone()))

    # -- files -------------------------------------------------------------------------------------------------------

    def file(self, identity: str) -> File:
        """One file; it exists, because its id came from the journal."""
        return rows.download_file(self._db.run("download_file_get", {"id": identity}).fetchone())

    def page(self, identity: str, *, after: str = "", only_blocked: bool = False, limit: int = AT_ONCE) -> list[File]:
        """Files of a download behind the relative path `after`, in its order."""
        wanted = {"transfer_id": identity, "after": after, "only_blocked": int(only_blocked), "limit": limit}
        return [rows.download_file(row) for row in self._db.run("download_file_page", wanted)]

    def unsettled(self, identity: str, *, after: str = "") -> list[File]:
        """What is left and not blocked, behind the relative path `after`."""
        wanted = {"transfer_id": identity, "after": after, "limit": AT_ONCE}
        return [rows.download_file(row) for row in self._db.run("download_file_unsettled", wanted)]

    def done(self, file: File, *, size: int, present: bool, verified_by: str) -> None:
        """It lies in its place, proven."""
        self._file("download_file_done", file, size=size, present=int(present), verified_by=verified_by)

    def file_trouble(self, file: File, trouble: Trouble) -> None:
        """Why it does not come; an empty Trouble clears it."""
        self._file("download_file_trouble", file, **rows.trouble_columns(trouble))

    def _file(self, statement: str, file: File, **columns: Any) -> None:
        with self._db.transaction(statement):
            self._db.run(statement, {"id": file.id, **columns})
            self._db.touch("transfer", file.transfer_id)

    def _change(self, statement: str, identity: str, **columns: Any) -> None:
        with self._db.transaction(statement):
            self._db.run(statement, {"id": identity, **columns})
            self._db.touch("transfer", identity)
