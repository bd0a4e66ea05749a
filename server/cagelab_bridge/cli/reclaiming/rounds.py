"""Goes from session to session: what may leave this computer, and what leaves it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import click

from cagelab_bridge._gen.cagelab.bridge.v1 import reclaims_pb2, session_pb2
from cagelab_bridge.cli.client import Client
from cagelab_bridge.cli.ids import session_id, short
from cagelab_bridge.cli.options import ChosenSessions
from cagelab_bridge.cli.output import as_dict, size

SECONDS = 120.0  # of one call; the bridge answers sooner, with what it has
SESSIONS = 100_000
AT_ONCE = 200  # files in one order to delete
READY, GONE, STAYS, ABSENT = (
    reclaims_pb2.ReclaimState.Name(state)
    for state in (
        reclaims_pb2.RECLAIM_STATE_READY,
        reclaims_pb2.RECLAIM_STATE_RECLAIMED,
        reclaims_pb2.RECLAIM_STATE_STAYS,
        reclaims_pb2.RECLAIM_STATE_ABSENT,
    )
)
WORDS = {READY: "can go", GONE: "reclaimed", STAYS: "stays", ABSENT: "not here"}
Told = dict[str, Any]


class Rounds:
    """Looks, and deletes what was found; `told`: the sessions so far."""

    def __init__(self, client: Client, wanted: ChosenSessions) -> None:
        self._client = client
        self._wanted = wanted
        self._total = 0
        self.told: list[Told] = []
        self.refused = 0  # files that were ready, and were not deleted

    def look(self) -> None:
        """List. Raises CallFailed."""
        sessions = self._sessions()
        self._total = len(sessions)
        for number, session in enumerate(sessions, start=1):
            self._progress(f"session {number} of {self._total}")
            self.told.append(self._listed(session))
        self._progress("")

    def ready(self) -> tuple[int, int]:
        """Files that may go, and their bytes."""
        return self._sum(READY)

    def gone(self) -> tuple[int, int]:
        """Files that are gone, and their bytes."""
        return self._sum(GONE)

    def delete(self) -> tuple[int, int]:
        """Delete what was listed as ready; files and bytes. Raises CallFailed."""
        files = freed = 0
        for told in self.told:
            ready = [file for file in told["files"] if file["state"] == READY]
            for start in range(0, len(ready), AT_ONCE):
                for file in self._deleted(told, ready[start : start + AT_ONCE]):
                    done = file["state"] == GONE
                    files, freed = files + done, freed + done * file["size"]
                    self.refused += not done
                    self._progress(f"{files} file(s), {size(freed)}")
        self._progress("")
        return files, freed

    def _sessions(self) -> list[session_pb2.Session]:
        """Those of this bridge, oldest first."""
        wanted = self._wanted
        if wanted.session:
            full = session_id(self._client, wanted.session)
            request = session_pb2.GetSessionRequest(session_id=full)
            return [self._client.call(self._client.bridge.GetSession, request).session]
        answer = self._client.call(
            self._client.bridge.ListSessions,
            session_pb2.ListSessionsRequest(
                subject=wanted.subject, first_date=wanted.first, last_date=wanted.last, limit=SESSIONS
            ),
        )
        found = [one for one in answer.sessions if wanted.lab in ("", one.lab) and _started(one)]
        return sorted(found, key=lambda one: (one.date, one.start_time, one.session_id))

    def _listed(self, session: session_pb2.Session) -> Told:
        told: Told = {
            "session_id": session.session_id,
            "subject": session.subject,
            "date": session.date,
            "number": session.number,
            "folder": session.folder,
            "files": [],
            "reason": "",
            "hint": "",
        }
        request = reclaims_pb2.ListReclaimableRequest(session_id=session.session_id)
        while True:
            answer = as_dict(self._client.call(self._client.reclaims.ListReclaimable, request, SECONDS))
            told["files"] += answer["files"]
            told |= {name: answer[name] for name in ("reason", "hint")}
            if not answer["next_page_token"]:
                return told
            request.page_token = answer["next_page_token"]

    def _deleted(self, told: Told, files: list[Told]) -> Iterator[Told]:
        """Each file as it is afterwards; asked again until each is answered."""
        left = {file["file_id"]: file for file in files}
        while left:
            request = reclaims_pb2.ReclaimFilesRequest(session_id=told["session_id"])
            for file in left.values():
                request.files.add(file_id=file["file_id"], md5=file["md5"])
            for answer in self._client.call(self._client.reclaims.ReclaimFiles, request, SECONDS).files:
                file = left.pop(answer.file_id)
                file |= as_dict(answer)
                yield file

    def _sum(self, state: str) -> tuple[int, int]:
        sizes = [file["size"] for told in self.told for file in told["files"] if file["state"] == state]
        return len(sizes), sum(sizes)

    def _progress(self, text: str) -> None:
        """A line that is written over, on a terminal."""
        if sys.stderr.isatty():
            click.echo(f"\r\x1b[K{text}", err=True, nl=False)


def _started(session: session_pb2.Session) -> bool:
    return session.run != session_pb2.RUN_STATE_RESERVED


def rows(told: Told, *, each: bool) -> Iterator[tuple[str, ...]]:
    """A session for people: a row for each state and reason, or for each file."""
    name = (short(told["session_id"]), f"{told['subject']} {told['date']} {told['number']:03d}")
    if told["reason"]:
        yield (*name, "", "", WORDS[STAYS], told["reason"], told["hint"])
        return
    if each:
        for file in told["files"]:
            yield (*name, file["relative_path"], size(file["size"]), WORDS[file["state"]], _why(file), file["hint"])
        return
    groups: dict[tuple[str, str, str], list[Told]] = {}
    for file in told["files"]:
        why = file["reason"] if file["state"] == STAYS else ""
        groups.setdefault((file["state"], why, file["hint"]), []).append(file)
    for (state, why, hint), files in groups.items():
        count = str(len(files))
        yield (*name, count, size(sum(one["size"] for one in files)), WORDS[state], why or _dates(files), hint)


def _why(file: Told) -> str:
    return str(file["reason"]) or _dates([file])


def _dates(files: list[Told]) -> str:
    """When they were verified, or deleted."""
    first, again, gone = (
        max(file[name] for file in files)[:10] for name in ("verified_at", "verified_again_at", "reclaimed_at")
    )
    if gone:
        return f"deleted here {gone}; it is in the store"
    return f"verified {first} and {again}" if again else ""
