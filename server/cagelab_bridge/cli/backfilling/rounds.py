"""Goes from folder to folder: hands each to the bridge, and waits while enough of them are under way."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from cagelab_bridge._gen.cagelab.bridge.v1 import backfills_pb2, session_pb2, status_pb2
from cagelab_bridge.cli.backfilling import copies, old_session, tree
from cagelab_bridge.cli.backfilling.mat_reader import MatReader
from cagelab_bridge.cli.backfilling.old_session import OldSession
from cagelab_bridge.cli.backfilling.report import Report, Row, Word, joined
from cagelab_bridge.cli.backfilling.tree import Oddity, Place
from cagelab_bridge.cli.backfilling.under_way import UnderWay
from cagelab_bridge.cli.client import Client
from cagelab_bridge.cli.failure import CallFailed
from cagelab_bridge.cli.output import clean
from cagelab_bridge.errors import Code

SECONDS = 120.0  # a call may ask a slow Alyx for names
# What is wrong with one folder; anything else (a bridge or an Alyx that is away) stops the round.
OF_ONE_FOLDER = {Code.INVALID_ARGUMENT, Code.NOT_FOUND, Code.FAILED_PRECONDITION, Code.ALREADY_EXISTS}
OF_ALL = {"failedPrecondition:login", "failedPrecondition:credentials", "invalidArgument:account"}
RECORDED = "A bridge recorded it: `cagelab-bridge audit` compares it, `recover` helps if that bridge is gone."
WORDS = {
    backfills_pb2.BACKFILL_OUTCOME_ACCEPTED: Word.CREATED,
    backfills_pb2.BACKFILL_OUTCOME_ADDED: Word.ADDED,
    backfills_pb2.BACKFILL_OUTCOME_KNOWN: Word.KNOWN,
    backfills_pb2.BACKFILL_OUTCOME_COPY: Word.COPY,
    backfills_pb2.BACKFILL_OUTCOME_RECORDED: Word.RECORDED,
}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The options of the verb. Empty: all, or as the files say."""

    root: Path
    dry_run: bool
    subject: str
    first: str
    last: str
    lab: str
    location: str
    experimenters: tuple[str, ...]
    projects: tuple[str, ...]
    procedures: tuple[str, ...]
    repository: str
    at_once: int
    account: str
    alyx_url: str


class Rounds:
    """Hands over all that is wanted; what became of it goes into the report."""

    def __init__(self, client: Client, wanted: Wanted, report: Report, reader: MatReader) -> None:
        self._reader = reader
        self._client = client
        self._wanted = wanted
        self._report = report
        self._under_way = UnderWay(client, self._said)
        self._seen: dict[str, str] = {}  # of a dry run: session id → the first folder that would be accepted
        status = client.call(client.bridge.GetStatus, status_pb2.GetStatusRequest())
        self._zone = ZoneInfo(status.time_zone)

    def run(self) -> None:
        """To the end, or until it is interrupted: then what is under way is told as such. Raises CallFailed."""
        found = list(tree.walk(str(self._wanted.root)))
        try:
            for number, one in enumerate(found, start=1):
                self._progress(f"folder {number} of {len(found)}, {len(self._under_way)} under way")
                self._take(one)
                self._wait(self._wanted.at_once - 1)
            self._wait(0)
        finally:
            self._progress()
            for row in self._under_way.left():
                self._report.keep(row)

    def _wait(self, most: int) -> None:
        """Until no more than so many are under way."""
        while len(self._under_way) > most:
            for row in self._under_way.ended():
                self._report.keep(row)

    # -- one folder ----------------------------------------------------------------------------------------------------

    def _take(self, one: Place | Oddity) -> None:
        if isinstance(one, Oddity):
            self._report.keep(Row(folder=one.folder, outcome=Word.LEFT_OUT, why=one.why))
            return
        if not self._is_wanted(one):
            return
        number = f"{one.number:03d}"
        row = Row(
            folder=one.folder,
            outcome=Word.REFUSED,
            lab=one.lab,
            subject=one.subject,
            date=one.date,
            number=number,
        )
        session_id = self._handed_over(one, row)
        if not (session_id and self._under_way.begin(session_id, row)):
            self._report.keep(row)

    def _is_wanted(self, place: Place) -> bool:
        wanted = self._wanted
        return (
            wanted.subject in ("", place.subject)
            and (not wanted.first or place.date >= wanted.first)
            and (not wanted.last or place.date <= wanted.last)
        )

    def _handed_over(self, place: Place, row: Row) -> str:
        """The session to wait for; "" when there is none: the row says why."""
        try:
            old = old_session.read(place, self._zone, datetime.now(UTC), self._reader)
            request = self._request(old)
        except OSError as problem:
            row.why = f"It cannot be read: {problem.strerror}."
            return ""
        except ValueError:  # protobuf takes no text that is not Unicode
            row.why = "A name in its path is not UTF-8."
            return ""
        _tell(row, old)
        if row.outcome in (Word.EMPTY, Word.YOUNG):
            return ""
        try:
            answer = self._client.call(self._client.backfills.BackfillSession, request, SECONDS)
        except CallFailed as error:
            failure = error.failure
            if failure.code not in OF_ONE_FOLDER or failure.reason in OF_ALL:
                raise
            row.why = joined(row.why, failure.message, failure.hint)
            return ""
        return self._answered(row, answer)

    def _request(self, old: OldSession) -> backfills_pb2.BackfillSessionRequest:
        wanted, told = self._wanted, old.details
        names = told.names
        return backfills_pb2.BackfillSessionRequest(
            folder=old.place.folder,
            spec=session_pb2.SessionSpec(
                lab=wanted.lab or told.first("lab"),
                location=wanted.location or told.first("location"),
                experimenters=names.get("experimenters") or wanted.experimenters,
                projects=names.get("projects") or wanted.projects,
                procedures=names.get("procedures") or wanted.procedures,
                brain_region=told.first("brain_region"),
                task_protocol=told.first("task_protocol"),
                json=json.dumps(told.facts, ensure_ascii=False) if told.facts else "",
            ),
            start_time=old.start,
            end_time=old.end,
            n_trials=told.n_trials,
            n_correct_trials=told.n_correct_trials,
            repository=wanted.repository,
            check_only=wanted.dry_run,
            account=wanted.account,
            alyx_url=wanted.alyx_url,
        )

    def _answered(self, row: Row, answer: backfills_pb2.BackfillSessionResponse) -> str:
        row.outcome = Word.COMPLETED if answer.existing else WORDS[answer.outcome]
        row.take(answer.session)
        if row.outcome is Word.COPY:
            row.why = copies.compared(Path(row.folder), Path(answer.session.folder))
        elif row.outcome is Word.RECORDED:
            row.why = RECORDED
        elif row.outcome is Word.ADDED:
            row.why = joined(row.why, f"New since then: {', '.join(answer.added)}.")
        if self._wanted.dry_run:
            self._rehearsed(row)
            return ""
        if row.outcome in (Word.COPY, Word.RECORDED):
            return ""
        return answer.session.session_id

    def _rehearsed(self, row: Row) -> None:
        """The bridge accepts nothing in a dry run: copies among what is new are found here."""
        first = self._seen.setdefault(row.session_id or row.folder, row.folder)
        if first != row.folder and row.outcome is not Word.COPY:
            row.outcome, row.why = Word.COPY, copies.compared(Path(row.folder), Path(first))

    # -- telling -------------------------------------------------------------------------------------------------------

    def _said(self, waits_for: str) -> None:
        self._progress()
        click.echo(f"Waiting: {clean(waits_for)}", err=True)

    def _progress(self, text: str = "") -> None:
        """A line that is written over, on a terminal."""
        if sys.stderr.isatty():
            click.echo(f"\r\x1b[K{text}", err=True, nl=False)


def _tell(row: Row, old: OldSession) -> None:
    told = old.details
    row.start, row.end, row.files, row.bytes = old.start, old.end, old.files, old.size
    row.experimenters = ", ".join(told.names.get("experimenters", ()))
    row.trials = "" if told.n_trials is None else str(told.n_trials)
    row.correct = "" if told.n_correct_trials is None else str(told.n_correct_trials)
    row.why = joined(*old.said)
    if not old.files:
        row.outcome, row.why, row.end = Word.EMPTY, "It holds no file.", ""
    elif old.young:
        row.outcome, row.why = Word.YOUNG, "Changed within the last hour: it may still be recorded."
