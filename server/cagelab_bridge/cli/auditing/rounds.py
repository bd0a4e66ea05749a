"""Goes from session to session."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import click

from cagelab_bridge._gen.cagelab.bridge.v1 import audits_pb2, query_pb2
from cagelab_bridge.cli.auditing.report import Report, Told, wrong
from cagelab_bridge.cli.client import Client
from cagelab_bridge.cli.ids import FULL, session_id
from cagelab_bridge.cli.options import ChosenSessions
from cagelab_bridge.cli.output import as_dict, clean

SECONDS = 120.0  # of one session, or of one object that is read
SESSIONS = 100_000
EARLIEST, LATEST = "1900-01-01", "9999-12-31"
STORE = "store"  # in place of a session's id
ASKED = audits_pb2.Repair.Name(audits_pb2.REPAIR_ASK)


@dataclass(frozen=True, kw_only=True)
class Wanted(ChosenSessions):
    """The options of the verb; `asking`: whether questions may be put at all."""

    repair: bool
    yes: bool
    deep: bool
    report: Path | None
    account: str
    alyx_url: str
    asking: bool

    @property
    def query(self) -> str:
        """Alyx's question for the sessions."""
        conditions = {"subject": self.subject, "lab": self.lab}
        if self.first or self.last:
            conditions["date_range"] = f"{self.first or EARLIEST},{self.last or LATEST}"
        return "sessions?" + "&".join(f"{name}={quote(text, safe=',')}" for name, text in conditions.items() if text)


class Rounds:
    """Audits all that are wanted; `told`: what was found so far."""

    def __init__(self, client: Client, wanted: Wanted) -> None:
        self._client = client
        self._wanted = wanted
        self._report = Report(wanted.report)
        self._earlier = 0
        self._bytes = 0
        self._total = 0
        self.told: list[Told] = []
        self.store: Told | None = None  # what lies in no session; None: it was not looked for

    @property
    def left(self) -> int:
        """How many findings are left to be mended."""
        return sum(wrong(finding) for told in self._all() for finding in told["findings"])

    def run(self) -> None:
        """To the end, or until it is interrupted. Raises CallFailed."""
        names = self._names()
        self._total = len(names)
        for number, name in enumerate(names, start=1):
            self._progress(number)
            if name in self._report:
                self._earlier += 1
                self.told.append(self._report.earlier(name))
                continue
            told = self._session(name)
            self._report.keep(told)
            self.told.append(told)
        self._progress(0)
        if not self._wanted.session:
            self._look_into_the_store()

    def _look_into_the_store(self) -> None:
        """Objects that no session is asked about, because Alyx has none."""
        if STORE in self._report:
            self.store = self._report.earlier(STORE)
            return
        wanted = self._wanted
        request = audits_pb2.AuditStoreRequest(
            lab=wanted.lab,
            subject=wanted.subject,
            first_date=wanted.first,
            last_date=wanted.last,
            account=wanted.account,
            alyx_url=wanted.alyx_url,
        )
        answer = as_dict(self._client.call(self._client.audits.AuditStore, request, SECONDS))
        self.store = {"session_id": STORE} | answer
        self._report.keep(self.store)

    def _all(self) -> list[Told]:
        return [*self.told, *([self.store] if self.store else [])]

    def summary(self) -> str:
        """One sentence for people."""
        findings = [finding for told in self._all() for finding in told["findings"]]
        mended = sum(bool(finding["repaired"]) for finding in findings)
        healthy = sum(not told["findings"] for told in self.told)
        parts = [f"{len(self.told)} of {self._total} session(s) looked at, {healthy} without a finding"]
        parts += [f"{self._earlier} of them earlier, as the report says"] if self._earlier else []
        parts += [f"{self.store['objects']} object(s) in the store"] if self.store else []
        parts += [f"{self._bytes} bytes read"] if self._bytes else []
        parts += [f"{mended} thing(s) mended"] if mended else []
        return f"{', '.join(parts)}. {self.left} thing(s) are left to be mended."

    def _names(self) -> list[str]:
        """Alyx's ids, oldest first."""
        wanted = self._wanted
        if wanted.session:
            name = wanted.session
            return [name if len(name) >= FULL else session_id(self._client, name)]
        request = query_pb2.QueryRequest(
            path=wanted.query, limit=SESSIONS, account=wanted.account, alyx_url=wanted.alyx_url
        )
        rows = json.loads(self._client.call(self._client.bridge.Query, request, SECONDS).json)
        if wanted.subject:  # Alyx looks for a part of the name
            rows = [row for row in rows if row["subject"] == wanted.subject]
        return [row["id"] for row in sorted(rows, key=lambda row: (row["start_time"], row["id"]))]

    def _session(self, name: str) -> Told:
        told = self._call(name, repair_safe=self._wanted.repair)
        agreed = [one["id"] for one in told["findings"] if self._agreed(told, one)]
        if agreed:
            mended = {one["id"]: one for one in told["findings"] if one["repaired"]}
            told = self._call(name, repair=agreed)
            known = {one["id"] for one in told["findings"]}
            told["findings"] += [one for identity, one in mended.items() if identity not in known]
        if self._wanted.deep:
            self._read(name, told)
        del told["readable"], told["bytes_read"]
        return told

    def _read(self, name: str, told: Told) -> None:
        """Every object; what was found without reading it is not said twice."""
        known = {one["id"] for one in told["findings"]}
        for identity in told["readable"]:
            answer = self._call(name, dataset_id=identity)
            self._bytes += answer["bytes_read"]
            told["findings"] += [one for one in answer["findings"] if one["id"] not in known]

    def _agreed(self, told: Told, finding: Told) -> bool:
        wanted = self._wanted
        if not wanted.repair or finding["repaired"] or finding["repair"] != ASKED:
            return False
        if wanted.yes or not (wanted.asking and sys.stdin.isatty()):
            return wanted.yes
        self._progress(0)
        name = f"{told['subject']} {told['date']} {told['number']:03d}"
        return click.confirm(clean(f"{name}: {finding['message']} {finding['hint']} Shall it be done?"), err=True)

    def _call(self, name: str, **how: object) -> Told:
        request = audits_pb2.AuditSessionRequest(
            session_id=name,
            account=self._wanted.account,
            alyx_url=self._wanted.alyx_url,
            **how,  # type: ignore[arg-type]  # the fields of the request
        )
        return as_dict(self._client.call(self._client.audits.AuditSession, request, SECONDS))

    def _progress(self, number: int) -> None:
        """A line that is written over, on a terminal; 0: none any more."""
        if sys.stderr.isatty():
            text = f"session {number} of {self._total}, {self.left} thing(s) to mend" if number else ""
            click.echo(f"\r\x1b[K{text}", err=True, nl=False)
