"""From an accepted transfer to the rows of its files."""

from __future__ import annotations

import logging
import posixpath

from cagelab_bridge.errors import FileTrouble, FileVanished, InvalidInput
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import AccountKey, File, FileState, Session, Transfer
from cagelab_bridge.path_below import PathBelow
from cagelab_bridge.ports import FileStat, Runtime
from cagelab_bridge.services.accounts.accounts import Accounts
from cagelab_bridge.services.accounts.choices import Choices
from cagelab_bridge.services.reclaiming import manifest
from cagelab_bridge.services.records import second_record
from cagelab_bridge.services.troubles import trouble_of

COPY_IT = "Copy the file itself into the session folder, then upload it again."
RENAME_IT = "Rename it, then upload it again."
Refusal = tuple[str, FileTrouble]
BATCH = 500  # rows per commit
log = logging.getLogger(__name__)


class Listing:
    """Lists what a transfer means, and forces those bytes to this computer's disk."""

    def __init__(
        self, journal: Journal, runtime: Runtime, accounts: Accounts, choices: Choices, repository: str
    ) -> None:
        self._journal = journal
        self._runtime = runtime
        self._accounts = accounts
        self._choices = choices
        self._repository = repository

    async def carry(self, transfer_id: str) -> None:
        """Make the rows, once. Raises FileVanished, FileUnreadable; InvalidInput when no repository can be told."""
        transfer = self._journal.transfers.get(transfer_id)
        if transfer.listed or transfer.cancelled:
            return
        session = self._journal.sessions.get(transfer.session_id)
        repository = transfer.repository or self._repository or await self._labs_repository(session)
        found, refused, safe = await self._runtime.in_calm_thread(self._walk, transfer, session)
        for start in range(0, len(found), BATCH):
            # Many files must not hold up other callers; a listing cut short is done again, and finds its rows.
            with self._journal.transaction("list some"):
                if self._journal.transfers.get(transfer_id).cancelled:
                    return
                for path, stat in found[start : start + BATCH]:
                    self._journal.files.insert(self._row(transfer, session, path, stat))
            await self._runtime.sleep(0)
        with self._journal.transaction("list"):
            if self._journal.transfers.get(transfer_id).cancelled:
                return
            for path, trouble in refused:
                self._insert_refused(transfer, session, path, trouble)
            self._journal.transfers.listed(transfer.id, power_safe=safe, repository=repository)

    def _walk(self, transfer: Transfer, session: Session) -> tuple[list[tuple[str, FileStat]], list[Refusal], bool]:
        """Every file with its stat; paths that cannot be delivered, and why; whether all bytes were forced to disk.

        Left out: hidden files, and the bridge's own `session.json` and manifest in the session folder (one that another
        program wrote is data). Runs in a thread.
        """
        files, folder = self._runtime.files, session.folder
        found: dict[str, FileStat] = {}
        refused: dict[str, FileTrouble] = {}
        safe = True
        home = files.resolved(folder)
        own = {f"{folder}/{second_record.NAME}", f"{folder}/{manifest.NAME}"}
        for path in transfer.paths or (folder,):
            if not _below(files.resolved(path), home):
                refused[path] = FileTrouble(f"{path} is a link that leads out of the session folder.", hint=COPY_IT)
                continue
            place = _behind(session, path)
            for name in files.walk(place) if files.is_folder(place) else [path]:
                # Hidden files belong to editors, file managers and network shares, not to the experiment.
                if name != path and _hidden(posixpath.relpath(name, path)):
                    continue
                if name in own and self._is_ours(name):
                    continue
                found_at = _behind(session, name)
                stat = files.stat(found_at)
                if not _sayable(name):
                    refused[_shown(name)] = FileTrouble(f"The name of {_shown(name)} is not UTF-8.", hint=RENAME_IT)
                elif stat is None:
                    refused[name] = FileVanished(f"There is no file {name}.")
                else:
                    safe = self._forced(found_at) and safe
                    found[name] = stat
        return sorted(found.items()), sorted(refused.items()), safe

    def _is_ours(self, path: str) -> bool:
        try:
            head = self._runtime.files.read(path, 0, max(second_record.HEAD, manifest.HEAD))
            return second_record.is_ours(head) or bool(manifest.owner(head))
        except FileTrouble:
            return False  # its delivery says what is wrong with it

    def _forced(self, path: str) -> bool:
        """Force a file to disk. One that cannot be read, or is gone again, stops no other: reading it says so."""
        try:
            self._runtime.files.force_to_disk(path)
        except FileTrouble as trouble:
            log.warning("not forced to disk: %s", trouble)
            return False
        return True

    def _row(self, transfer: Transfer, session: Session, path: str, stat: FileStat | None) -> File:
        return File(
            id=self._runtime.new_id(),
            transfer_id=transfer.id,
            session_id=session.id,
            path=path,
            relative_path=posixpath.relpath(path, session.folder),
            state=FileState.ACCEPTED,
            size=stat.size if stat else -1,
            mtime_ns=stat.mtime_ns if stat else 0,
            inode=stat.inode if stat else 0,
        )

    def _insert_refused(self, transfer: Transfer, session: Session, path: str, trouble: FileTrouble) -> None:
        row = self._row(transfer, session, path, None)
        if not self._journal.files.insert(row):
            return  # an earlier listing, cut short, saw it
        reclaimed_at = self._journal.reclaims.deleted(session.id).get(row.relative_path)
        if reclaimed_at and isinstance(trouble, FileVanished):
            said = f"Reclaimed from this computer on {reclaimed_at[:10]}: it is stored and verified already."
            self._journal.files.dismissed(row, said)
        else:
            self._journal.files.trouble(row, trouble_of(trouble, since=transfer.accepted_at))

    async def _labs_repository(self, session: Session) -> str:
        """The first data repository of the session's lab."""
        session = self._accounts.bound(session)
        assert session.account is not None  # bound tells it, or raises
        names = self._of_lab(session.account, session.spec.lab)
        if not names:
            await self._choices.read(session.account, "labs")
            names = self._of_lab(session.account, session.spec.lab)
        if not names:
            raise InvalidInput(
                f"The lab {session.spec.lab} has no data repository in Alyx.",
                about="repository",
                hint="Give it one in Alyx's admin page, or set repository under [store]; then `cagelab-bridge retry`.",
            )
        return names[0]

    def _of_lab(self, key: AccountKey, lab: str) -> list[str]:
        record = self._choices.known(key, "labs").records.get(lab) or {}
        return list(record.get("repositories") or [])


def _behind(session: Session, path: str) -> PathBelow:
    return PathBelow(session.folder, posixpath.relpath(path, session.folder), alone=bool(session.owner))


def _hidden(relative_path: str) -> bool:
    return any(part.startswith(".") for part in relative_path.split("/"))


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _sayable(name: str) -> bool:
    """True for what the journal and Alyx can hold: Linux takes any bytes as a name."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(name: str) -> str:
    return name.encode(errors="surrogateescape").decode(errors="backslashreplace")
