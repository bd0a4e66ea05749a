"""Files of transfers in the journal."""

from __future__ import annotations

import json
from typing import Any

from cagelab_bridge.errors import InternalError, NotFound
from cagelab_bridge.journal import rows
from cagelab_bridge.journal.database import Database
from cagelab_bridge.models import FILE_MOVES, File, FileState, Trouble
from cagelab_bridge.ports import Hashes

LOOKED_AT = (
    500  # troubled files; without credentials each of 100,000 may wait, and a status must not wait for their count
)


class FileTable:
    """Reads and moves files. A move that models.FILE_MOVES does not allow is an InternalError."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def insert(self, file: File) -> bool:
        """Accept it; False when the transfer has that path already, which is left as it is."""
        with self._db.transaction("file_insert"):
            made = self._db.run(
                "file_insert",
                {
                    "id": file.id,
                    "transfer_id": file.transfer_id,
                    "session_id": file.session_id,
                    "path": file.path,
                    "relative_path": file.relative_path,
                    "size": file.size,
                    "mtime_ns": file.mtime_ns,
                    "inode": file.inode,
                },
            )
            return made.rowcount == 1

    def get(self, identity: str) -> File:
        """The file with that id. Raises NotFound."""
        found = self._db.noun("file_get", identity, rows.file)
        if found is None:
            raise NotFound(f"This bridge knows no file {identity}.", about="file")
        return found

    def page(self, transfer_id: str, *, after: str = "", only_blocked: bool = False, limit: int = 1000) -> list[File]:
        """Files of a transfer in the order of their relative paths, from the one behind `after`."""
        wanted = {"transfer_id": transfer_id, "after": after, "only_blocked": int(only_blocked), "limit": limit}
        return rows.files(self._db.run("file_page", wanted).fetchall())

    def unsettled(self, transfer_id: str, *, after: str = "", limit: int = 500) -> list[File]:
        """What is left of a transfer and not blocked, in the order of the paths, from the one behind `after`."""
        wanted = {"transfer_id": transfer_id, "after": after, "limit": limit}
        return rows.files(self._db.run("file_unsettled", wanted).fetchall())

    def earlier_twin(self, file: File) -> bool:
        """True while an older transfer carries the same path of the session."""
        wanted = {
            "session_id": file.session_id,
            "relative_path": file.relative_path,
            "id": file.id,
            "transfer_id": file.transfer_id,
        }
        return self._db.run("file_earlier_twin", wanted).fetchone() is not None

    def is_on_its_way(self, endpoint: str, bucket: str, key: str) -> bool:
        """True while a file that is not delivered yet goes to that place."""
        wanted = {"endpoint": endpoint, "bucket": bucket, "key": key}
        return self._db.run("file_on_its_way", wanted).fetchone() is not None

    def hashed(self, file: File, hashes: Hashes, *, partial: bool = False) -> None:
        """ACCEPTED → HASHED; without hashes where they come later (see `read`). `partial`: it ends before it should."""
        self._change(
            "file_hashed",
            file,
            size=hashes.stat.size,
            mtime_ns=hashes.stat.mtime_ns,
            inode=hashes.stat.inode,
            md5=hashes.md5,
            sha256=hashes.sha256,
            sha1=hashes.sha1,
            part_size=hashes.part_size,
            part_md5s=json.dumps(hashes.part_md5s),
            partial=int(partial),
        )

    def read(self, file: File, hashes: Hashes) -> None:
        """The hashes of a file that went ahead of them."""
        self._change(
            "file_read",
            file,
            md5=hashes.md5,
            sha256=hashes.sha256,
            sha1=hashes.sha1,
            part_md5s=json.dumps(hashes.part_md5s),
        )

    def rechecked(self, file: File) -> None:
        """It was read again after the computer went down, and is what it was."""
        self._change("file_rechecked", file)

    def intend(self, file: File, revision: str) -> None:
        """Commit that a register-file is about to be sent."""
        self._change("file_intend", file, revision=revision)

    def not_executed(self, file: File) -> None:
        """Commit that the register-file certainly had no effect."""
        self._change("file_not_executed", file)

    def registered(
        self, file: File, *, revision: str, dataset_id: str, record_id: str, endpoint: str, bucket: str, key: str
    ) -> None:
        """HASHED → REGISTERED: Alyx holds the dataset, and the object's place is known."""
        self._change(
            "file_registered",
            file,
            revision=revision,
            dataset_id=dataset_id,
            record_id=record_id,
            endpoint=endpoint,
            bucket=bucket,
            key=key,
        )

    def begun(self, file: File, upload_id: str) -> None:
        """A multipart upload was begun."""
        self._change("file_begun", file, upload_id=upload_id)

    def forgotten(self, file: File) -> None:
        """The parts that were sent are in the store no more."""
        self._change("file_forgotten", file)

    def sent(self, file: File, bytes_sent: int) -> None:
        """So many bytes were acknowledged."""
        self._change("file_sent", file, bytes_sent=bytes_sent)

    def moved(self, file: File, state: FileState, verified_by: str = "") -> None:
        """One step forward."""
        self._check(file, state)
        self._change("file_moved", file, state=state, was=file.state, verified_by=verified_by or file.verified_by)

    def again(self, file: File, state: FileState) -> None:
        """Back: to ACCEPTED when its bytes changed, to REGISTERED when the store lost it."""
        self._check(file, state)
        self._change("file_again", file, state=state, was=file.state)

    def trouble(self, file: File, trouble: Trouble) -> None:
        """Why it does not move; an empty Trouble clears it."""
        self._change("file_trouble", file, **rows.trouble_columns(trouble))

    def accept_damaged(self, transfer_id: str = "") -> None:
        """Take blocked files that changed when the computer went down as they are now (all: "")."""
        with self._db.transaction("file_accept_damaged"):
            self._db.run("file_accept_damaged", {"transfer_id": transfer_id})

    def unblock(self, transfer_id: str = "") -> int:
        """Let blocked files of a transfer (all: "") be tried again; how many."""
        with self._db.transaction("file_unblock"):
            for row in self._db.run("file_blocked_transfers", {"transfer_id": transfer_id}):
                self._db.touch("transfer", row["transfer_id"])
            return self._db.run("file_unblock", {"transfer_id": transfer_id}).rowcount

    def dismiss_rest(self, transfer_id: str, reason: str) -> int:
        """Give up every file of a transfer that is not DONE; how many."""
        with self._db.transaction("file_dismiss_rest"):
            count = self._db.run("file_dismiss_rest", {"transfer_id": transfer_id, "reason": reason}).rowcount
            self._db.touch("transfer", transfer_id)
            return count

    def dismissed(self, file: File, reason: str) -> None:
        """Give it up, for that reason."""
        self._check(file, FileState.DISMISSED)
        self._change("file_dismissed", file, was=file.state, reason=reason)

    def discards(self, limit: int = 100) -> list[File]:
        """Dismissed files whose upload in parts the store still holds."""
        return self._db.listed("file_discards", rows.file, {"limit": limit})

    def discarded(self, file: File) -> None:
        """The store forgot the parts."""
        self._change("file_discarded", file)

    def registering(self, session_id: str) -> list[str]:
        """Ids of a session's files whose register-file may still be executed."""
        return [row["id"] for row in self._db.run("file_registering", {"session_id": session_id})]

    def registering_on(self, subject: str, date: str) -> list[str]:
        """Ids of the files of a subject's day whose register-file may still be executed."""
        found = self._db.run("file_registering_of_day", {"subject": subject, "date": date})
        return [row["id"] for row in found]

    def at_store(self, session_id: str) -> list[dict[str, str]]:
        """Where a session's files wait for the store: endpoint, bucket, repository, the first key and the last."""
        return [dict(row) for row in self._db.run("file_at_store", {"session_id": session_id})]

    def discards_at(self, session_id: str) -> list[dict[str, str]]:
        """The same for parts that the store is to forget."""
        return [dict(row) for row in self._db.run("file_discards_at", {"session_id": session_id})]

    def discarding(self) -> list[str]:
        """Ids of the sessions whose parts the store is to forget."""
        return [row["session_id"] for row in self._db.run("file_discarding")]

    def troubles(self, limit: int, looked_at: int = LOOKED_AT) -> list[dict[str, Any]]:
        """What is blocked or waits, longest first, per transfer and reason: count, since, an example's path … Of more
        than `looked_at` files only those that stand longest are counted."""
        return [dict(row) for row in self._db.run("file_troubles", {"limit": limit, "looked_at": looked_at})]

    def counts(self) -> dict[str, Any]:
        """How many files wait and are blocked, their bytes, and when the oldest was accepted."""
        return dict(self._db.run("file_counts").fetchone())

    @staticmethod
    def _check(file: File, state: FileState) -> None:
        if state not in FILE_MOVES[file.state]:
            raise InternalError(f"A file does not move from {file.state} to {state}.")

    def _change(self, statement: str, file: File, **columns: Any) -> None:
        with self._db.transaction(statement):
            if self._db.run(statement, {"id": file.id, **columns}).rowcount != 1:
                raise InternalError(f"{statement} is not a legal move for file {file.id} ({file.state}).")
            self._db.touch("transfer", file.transfer_id)
