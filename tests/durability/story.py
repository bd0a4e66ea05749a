"""A seeded story on the journal: what services commit for sessions, files, submissions and lists."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from pathlib import Path

from cagelab_bridge.errors import JournalTrouble
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import (
    AccountKey,
    AlyxState,
    File,
    FileState,
    Run,
    Session,
    Spec,
    Submission,
    Transfer,
    Trouble,
)
from cagelab_bridge.ports import FileStat, Hashes

ANN = AccountKey(alyx_url="http://127.0.0.1:8000", username="ann")
AT = "2026-11-20T10:00:00.000000Z"


class Story:
    """Carries `sessions` sessions through the journal in `folder`, closing it now and then as a bridge that restarts.

    `trouble` is called before each commit; a JournalTrouble that comes of it ends that session's story only.
    """

    def __init__(self, folder: Path, seed: int, trouble: Callable[[random.Random], None] | None = None) -> None:
        self._folder = folder
        self._random = random.Random(seed)
        self._trouble = trouble or (lambda _source: None)
        self.refused = 0
        self.journal = self._open()

    def _open(self) -> Journal:
        return Journal(self._folder, edge=lambda name: self._trouble(self._random) if name[:6] == "before" else None)

    def tell(self, sessions: int) -> None:
        """All of it; the journal is closed at the end."""
        self._try(lambda: self.journal.accounts.proved(ANN, AT))
        for number in range(1, sessions + 1):
            self._try(lambda number=number: self._session(number))  # type: ignore[misc]  # binds this round's number
            if self._random.random() < 0.3:
                self.journal.close()
                self.journal = self._open()
        self.journal.close()

    def _try(self, what: Callable[[], None]) -> None:
        try:
            what()
        except JournalTrouble:
            self.refused += 1

    def _name(self) -> str:
        return f"{self._random.getrandbits(128):032x}"

    def _session(self, number: int) -> None:
        journal, session = self.journal, self._reserved(number)
        with journal.transaction("reserve"):
            journal.sessions.insert(session)
            journal.requests.remember("ReserveFolder", self._name(), self._name() * 2, session.id, AT)
        started = dataclasses.replace(session, run=Run.OPEN, alyx=AlyxState.PENDING, start_time=AT[:-1])
        with journal.transaction("start"):
            journal.sessions.start(started)
            journal.requests.remember("StartSession", self._name(), self._name() * 2, session.id, AT)
        self._choices()
        journal.sessions.intend(session.id, under_way=True)
        if self._random.random() < 0.3:
            journal.sessions.trouble(session.id, Trouble(reason="Alyx is away. " * 9, hint="Wait.", since=AT))
        alyx_id = self._name()
        journal.sessions.registered(
            session.id, alyx_id=alyx_id, url=f"{ANN.alyx_url}/sessions/{alyx_id}", alyx_number=number, swept=False
        )
        self._submission()
        transfer = Transfer(id=self._name(), session_id=session.id, paths=(), repository="", accepted_at=AT)
        ended = dataclasses.replace(started, run=Run.ENDED, end_time=AT[:-1], end_narrative="done", n_trials=3)
        with journal.transaction("end"):
            journal.sessions.ended(ended)
            journal.transfers.insert(transfer)
            journal.requests.remember("EndSession", self._name(), self._name() * 2, session.id, AT)
        self._files(transfer)
        journal.sessions.closed(session.id)
        journal.sessions.completed(session.id, told=True)

    def _reserved(self, number: int) -> Session:
        name = self._name()
        return Session(
            id=name,
            spec=Spec(subject="Algernon", lab="CogLab", narrative="x" * self._random.choice((10, 3000, 9000))),
            account=ANN,
            date="2026-11-20",
            number=number,
            folder=f"/data/{name}",
            run=Run.RESERVED,
            alyx=AlyxState.LOCAL,
            accepted_at=AT,
        )

    def _choices(self) -> None:
        kind = self._random.choice(("subjects", "labs", "users"))
        records = [{"name": self._name()} for _ in range(self._random.choice((3, 300)))]
        self.journal.choices.put(ANN.alyx_url, kind, records, AT)

    def _submission(self) -> None:
        note = Submission(id=self._name(), account=ANN, path="weighings", body='{"weight": 1}', accepted_at=AT)
        self.journal.submissions.insert(note)
        self.journal.submissions.intend(note.id, under_way=True)
        self.journal.submissions.delivered(note.id, '{"id": 1}')

    def _files(self, transfer: Transfer) -> None:
        made = [self._file(transfer, place) for place in range(self._random.choice((1, 2, 5)))]
        with self.journal.transaction("list"):
            for file in made:
                self.journal.files.insert(file)
            self.journal.transfers.listed(transfer.id, power_safe=True, repository="store")
        for file in made:
            self._deliver(file)

    def _file(self, transfer: Transfer, place: int) -> File:
        path = f"raw.{place}.mat"
        return File(
            id=self._name(),
            transfer_id=transfer.id,
            session_id=transfer.session_id,
            path=f"/data/{path}",
            relative_path=path,
            state=FileState.ACCEPTED,
        )

    def _deliver(self, file: File) -> None:
        files = self.journal.files
        parts = tuple(self._name() for _ in range(self._random.choice((1, 20, 200))))
        stat = FileStat(size=len(parts) << 20, mtime_ns=2**60, ctime_ns=1, inode=7)
        hashes = Hashes(stat=stat, md5="0" * 32, sha256="1" * 64, sha1="2" * 40, part_size=1 << 20, part_md5s=parts)
        files.hashed(file, hashes)
        files.intend(file, "")
        files.registered(file, revision="", dataset_id=self._name(), record_id="r", endpoint="e", bucket="b", key="k")
        files.begun(file, self._name())
        for count in range(self._random.choice((1, 4))):
            files.sent(file, count << 20)
        for state in (FileState.STORED, FileState.VERIFIED, FileState.DONE):
            files.moved(files.get(file.id), state, "etag")
