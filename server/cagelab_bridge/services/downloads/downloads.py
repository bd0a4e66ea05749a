"""Bringing datasets to this computer: accepted at once, found and fetched behind."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cagelab_bridge.errors import InvalidInput, WrongState
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import AccountKey, Direction, File, Transfer
from cagelab_bridge.ports import Runtime
from cagelab_bridge.services.documents import digest
from cagelab_bridge.services.lab_time import LabTime, checked_day


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which datasets: all conditions that are given must hold."""

    session_ids: tuple[str, ...] = ()
    subject: str = ""
    lab: str = ""
    first_date: str = ""
    last_date: str = ""
    task_protocol: str = ""
    dataset_types: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    dataset_ids: tuple[str, ...] = ()
    all_revisions: bool = False

    @staticmethod
    def read(text: str) -> Wanted:
        """From the journal's JSON object."""
        fields: dict[str, Any] = json.loads(text)
        lists = {name: tuple(value) for name, value in fields.items() if isinstance(value, list)}
        return Wanted(**(fields | lists))


class Downloads:
    """Downloads on this computer."""

    def __init__(
        self,
        journal: Journal,
        runtime: Runtime,
        clock: LabTime,
        wake: Callable[[str], None],
        give_up: Callable[[str], None],
        *,
        folder: str,
    ) -> None:
        """`folder`: where files go when the caller names none."""
        self._journal = journal
        self._runtime = runtime
        self._clock = clock
        self._wake = wake
        self._give_up = give_up
        self._folder = folder

    def start(self, request_id: str, key: AccountKey, wanted: Wanted, folder: str) -> Transfer:
        """Accept it: one durable row. Raises InvalidInput (nothing to look for, a folder that is not absolute),
        AlreadyExists."""
        content = digest(dataclasses.asdict(wanted), dataclasses.asdict(key), folder)
        made = self._journal.requests.outcome("DownloadFiles", request_id, content)
        if made:
            return self._journal.downloads.get(made)
        download = Transfer(
            id=self._runtime.new_id(),
            session_id="",
            repository="",
            paths=(),
            direction=Direction.DOWNLOAD,
            account=key,
            folder=_absolute(folder or self._folder),
            order=json.dumps(dataclasses.asdict(_checked(wanted))),
            accepted_at=self._clock.stamp(),
        )
        with self._journal.transaction("download"):
            self._journal.downloads.insert(download)
            self._journal.requests.remember("DownloadFiles", request_id, content, download.id, download.accepted_at)
        self._wake(download.id)
        return download

    def files(self, identity: str, *, after: str, only_blocked: bool, limit: int) -> tuple[list[File], str]:
        """A page of files and the token of the next ("" on the last)."""
        found = self._journal.downloads.page(identity, after=after, only_blocked=only_blocked, limit=limit + 1)
        return found[:limit], found[limit - 1].relative_path if len(found) > limit else ""

    def retry(self, identity: str) -> int:
        """Try blocked files again (all: ""); how many. Raises NotFound."""
        if identity:
            self._journal.downloads.get(identity)
        files = self._journal.downloads.unblock(identity)
        self._wake(identity)
        return files

    def cancel(self, identity: str, reason: str) -> Transfer:
        """Give up what has not come. Files that are here stay. Raises NotFound, WrongState when nothing is left."""
        download = self._journal.downloads.get(identity)
        sums = self._journal.downloads.sums(identity)
        if download.cancelled or (download.listed and sums.done + sums.dismissed == sums.total):
            raise WrongState(f"Download {identity} has nothing left to cancel.", about="transfer")
        self._journal.downloads.cancelled(identity, f"Cancelled: {reason}" if reason else "Cancelled.")
        self._give_up(identity)
        return self._journal.downloads.get(identity)


def _checked(wanted: Wanted) -> Wanted:
    if not (wanted.session_ids or wanted.subject or wanted.first_date or wanted.last_date or wanted.dataset_ids):
        raise InvalidInput(
            "What to download was not said.",
            about="download",
            hint="Name sessions, a subject, a day, or datasets; the rest narrows that down.",
        )
    first, last = (checked_day(day) if day else "" for day in (wanted.first_date, wanted.last_date))
    if first and last and last < first:
        raise InvalidInput(f"The last day {last} lies before the first, {first}.", about="date")
    return wanted


def _absolute(folder: str) -> str:
    if not folder.startswith("/"):
        raise InvalidInput(f"The folder {folder!r} is not absolute.", about="folder", hint="Write it from / on.")
    return folder.rstrip("/") or "/"
