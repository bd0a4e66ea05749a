"""Rows of the journal as the nouns of models.py, and back."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from functools import lru_cache
from typing import Any

from cagelab_bridge.models import (
    AccountKey,
    AlyxState,
    Amendment,
    Direction,
    File,
    FileState,
    Run,
    Session,
    Spec,
    Submission,
    Transfer,
    Trouble,
)

Columns = dict[str, Any]
TROUBLE = ("reason", "hint", "blocked", "waiting", "trouble_since")
FLAGS = ("intent", "partial", "recheck")  # of a file
STATES = {state.value: state for state in FileState}


def session(found: sqlite3.Row) -> Session:
    """A row of `session`."""
    row = _columns(found)
    spec = Spec(
        subject=row["subject"],
        lab=row["lab"],
        location=row["location"],
        experimenters=_names(row["experimenters"]),
        projects=_names(row["projects"]),
        procedures=_names(row["procedures"]),
        task_protocol=row["task_protocol"],
        narrative=row["narrative"],
        brain_region=row["brain_region"],
        rig=row["rig"],
        json=row["json"],
    )
    return Session(
        spec=spec,
        account=AccountKey(alyx_url=row["alyx_url"], username=row["username"]) if row["alyx_url"] else None,
        run=Run(row["run"]),
        alyx=AlyxState(row["alyx"]),
        intent=bool(row["intent"]),
        completed=bool(row["completed"]),
        amended=bool(row["amended"]),
        swept=bool(row["swept"]),
        amendments=_amendments(row["amendments"]),
        warnings=_names(row["warnings"]),
        trouble=_trouble(row),
        **_same(
            row,
            "id date number folder accepted_at start_time end_time alyx_id url alyx_number qc end_narrative n_trials "
            "n_correct_trials end_json client_pid client_started heartbeat_at owner adopts",
        ),
    )


def spec_columns(spec: Spec) -> dict[str, Any]:
    """The columns that hold what a session is about."""
    return {
        "subject": spec.subject,
        "lab": spec.lab,
        "location": spec.location,
        "experimenters": json.dumps(spec.experimenters),
        "projects": json.dumps(spec.projects),
        "procedures": json.dumps(spec.procedures),
        "task_protocol": spec.task_protocol,
        "narrative": spec.narrative,
        "brain_region": spec.brain_region,
        "rig": spec.rig,
        "json": spec.json,
    }


def amendments_column(amendments: tuple[Amendment, ...]) -> str:
    """The column that holds what was corrected."""
    return json.dumps([dataclasses.asdict(amendment) for amendment in amendments])


def account_columns(key: AccountKey | None) -> dict[str, str]:
    """The columns that name an account."""
    return {"alyx_url": key.alyx_url if key else "", "username": key.username if key else ""}


def transfer(found: sqlite3.Row) -> Transfer:
    """A row of `transfer`."""
    row = _columns(found)
    return Transfer(
        paths=_names(row["paths"]),
        listed=bool(row["listed"]),
        power_safe=bool(row["power_safe"]),
        cancelled=bool(row["cancelled"]),
        trouble=_trouble(row),
        **_same(row, "id session_id repository accepted_at"),
    )


def file(found: sqlite3.Row) -> File:
    """A row of `file`."""
    return _file(_columns(found))


def files(found: list[sqlite3.Row]) -> list[File]:
    """Many of them: what the columns are called is asked once."""
    names = found[0].keys() if found else []
    return [_file(dict(zip(names, row))) for row in found]  # noqa: B905  # a row has its columns; `strict` looks again


def _file(row: Columns) -> File:
    trouble = _trouble(row)
    for name in TROUBLE:
        del row[name]
    row["state"] = STATES[row["state"]]
    row["part_md5s"] = _names(row["part_md5s"])
    for name in FLAGS:
        row[name] = bool(row[name])
    row["trouble"] = trouble
    # There are many, and the constructor of a frozen noun sets its fields one by one, each in 100 ns.
    made = object.__new__(File)
    object.__setattr__(made, "__dict__", row)
    return made


def download(found: sqlite3.Row) -> Transfer:
    """A row of `download`."""
    row = _columns(found)
    return Transfer(
        direction=Direction.DOWNLOAD,
        session_id="",
        repository="",
        paths=(),
        order=row["wanted"],
        account=AccountKey(alyx_url=row["alyx_url"], username=row["username"]),
        listed=bool(row["listed"]),
        cancelled=bool(row["cancelled"]),
        trouble=_trouble(row),
        **_same(row, "id folder accepted_at"),
    )


def download_file(found: sqlite3.Row) -> File:
    """A row of `download_file`."""
    row = _columns(found)
    return File(
        session_id="",
        state=FileState(row["state"]),
        md5=row["hash"],
        bytes_sent=row["bytes_here"],
        trouble=_trouble(row),
        **_same(row, "id transfer_id path relative_path size dataset_id bucket key endpoint verified_by"),
    )


def download_file_columns(file: File) -> dict[str, Any]:
    """The columns of a file that was found in Alyx."""
    return {
        "id": file.id,
        "transfer_id": file.transfer_id,
        "path": file.path,
        "relative_path": file.relative_path,
        "size": file.size,
        "hash": file.md5,
        "dataset_id": file.dataset_id,
        "bucket": file.bucket,
        "key": file.key,
        "endpoint": file.endpoint,
    }


def submission(found: sqlite3.Row) -> Submission:
    """A row of `submission`."""
    row = _columns(found)
    return Submission(
        account=AccountKey(alyx_url=row["alyx_url"], username=row["username"]),
        intent=bool(row["intent"]),
        delivered=bool(row["delivered"]),
        trouble=_trouble(row),
        **_same(row, "id path body accepted_at answer"),
    )


def trouble_columns(trouble: Trouble) -> dict[str, Any]:
    """The columns that say why something does not move."""
    return {
        "reason": trouble.reason,
        "hint": trouble.hint,
        "blocked": int(trouble.blocked),
        "waiting": int(trouble.waiting),
        "since": trouble.since,
    }


NO_TROUBLE = Trouble()


def _columns(row: sqlite3.Row) -> Columns:
    """The row by name: SQLite's own looks through all names, one by one, for each column asked for."""
    return dict(zip(row.keys(), row, strict=True))


def _trouble(row: Columns) -> Trouble:
    if not (row["reason"] or row["hint"] or row["blocked"] or row["waiting"] or row["trouble_since"]):
        return NO_TROUBLE
    return Trouble(
        reason=row["reason"],
        hint=row["hint"],
        blocked=bool(row["blocked"]),
        waiting=bool(row["waiting"]),
        since=row["trouble_since"],
    )


@lru_cache
def _amendments(text: str) -> tuple[Amendment, ...]:
    return tuple(
        Amendment(
            amended_at=entry["amended_at"],
            field=entry["field"],
            old_values=tuple(entry["old_values"]),
            new_values=tuple(entry["new_values"]),
            reason=entry["reason"],
        )
        for entry in json.loads(text)
    )


@lru_cache
def _names(text: str) -> tuple[str, ...]:
    return () if text == "[]" else tuple(json.loads(text))


def _same(row: Columns, names: str) -> dict[str, Any]:
    """The columns that need no conversion."""
    return {name: row[name] for name in _words(names)}


@lru_cache
def _words(names: str) -> list[str]:
    return names.split()
