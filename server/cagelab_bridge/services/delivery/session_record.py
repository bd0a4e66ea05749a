"""A session as Alyx's record: pure functions."""

from __future__ import annotations

import dataclasses
from typing import Any
from urllib.parse import quote

from cagelab_bridge.models import AlyxState, Run, Session
from cagelab_bridge.ports import Json
from cagelab_bridge.services.documents import decoded, document_of

OPEN, ENDED, COMPLETE = "OPEN", "ENDED", "COMPLETE"  # json.cagelab.state
ADOPTED = "adopted"  # in json.cagelab: true when another program made the record
NO_QC = "NOT_SET"


def marker_query(session: Session) -> str:
    """The question that finds a session by our marker, whatever became of the answer to its POST and of its subject."""
    return f"sessions?json=cagelab__bridge_session,{session.id}&date_range={session.date},{session.date}"


def day_query(subject: str, date: str) -> str:
    """The question for all sessions of a subject's day."""
    return f"sessions?subject={quote(subject, safe='')}&date_range={date},{date}"


def children_query(session: Session) -> str:
    """The question for the sessions that hang on this one."""
    return f"sessions?django=parent_session,{session.alyx_id}"


def create_body(session: Session, number: int, version: str) -> Json:
    """What POST /sessions is sent. Names Alyx does not take are kept in json."""
    spec = session.spec
    body: Json = {
        "subject": spec.subject,
        "lab": spec.lab,
        "users": list(spec.experimenters),
        "projects": list(spec.projects),
        "procedures": list(spec.procedures),
        "task_protocol": spec.task_protocol,
        "narrative": spec.narrative,
        "type": "Experiment",
        "number": number,
        "start_time": session.start_time,
        "json": merged_json(session, None, number=number, state=OPEN, version=version),
    }
    if spec.location:
        body["location"] = spec.location
    return body


def merged_json(
    session: Session, present: Any, *, number: int, state: str, version: str, guessed: bool = False
) -> Json:
    """The record's json: what is there (Alyx replaces, it never merges), the caller's facts, ours.

    `guessed`: the caller's facts were found in old files. What is there was said by somebody who knew, and stays.
    """
    spec = session.spec
    there: Json = dict(present) if isinstance(present, dict) else {}
    adopted, told = marks_of({"json": there}).get(ADOPTED) is True, decoded(spec.json)
    facts: Json = {}
    marks: Json = {}
    for document in (*((told, there) if guessed else (there, told)), decoded(session.end_json)):
        mark = document.pop("cagelab", None)
        marks |= {name: value for name, value in mark.items() if name != ADOPTED} if isinstance(mark, dict) else {}
        facts |= document
    # Of a session that another program made it is not known that it ran on this computer.
    names = ("brain_region",) if adopted else ("brain_region", "rig")
    named = {name: value for name in names if (value := getattr(spec, name))}
    facts = named | facts if adopted or guessed else facts | named
    marks |= {ADOPTED: True} if adopted else {}
    facts["cagelab"] = marks | {
        "bridge_session": session.id,
        "bridge_version": version,
        "state": state,
        "number": session.number,
        "alyx_number": number,
    }
    if session.amendments:
        facts["cagelab"]["amendments"] = [dataclasses.asdict(amendment) for amendment in session.amendments]
    return facts


def closing_body(session: Session, record: Json, state: str, version: str, *, guessed: bool = False) -> Json:
    """What PATCH /sessions/<id> is sent at the end of a session. `guessed`: see merged_json."""
    number = session.alyx_number
    body: Json = {
        "end_time": session.end_time,
        "qc": session.qc,
        "narrative": with_line(record.get("narrative") or "", session.end_narrative),
        "json": merged_json(session, record.get("json"), number=number, state=state, version=version, guessed=guessed),
    }
    if is_adopted(record) or guessed:
        # What another program (or a person) recorded stays, unless the caller says otherwise.
        judged = record.get("qc") not in (None, "", NO_QC)
        kept = {
            "end_time": record.get("end_time"),
            "qc": session.qc == NO_QC or (judged and session.run is Run.ABANDONED),
        }
        body = {name: value for name, value in body.items() if not kept.get(name)}
    counts = {"n_trials": session.n_trials, "n_correct_trials": session.n_correct_trials}
    known = [name for name in counts if guessed and record.get(name) is not None]
    return body | {name: count for name, count in counts.items() if count is not None and name not in known}


def adopting_body(session: Session, record: Json, version: str, *, guessed: bool = False) -> Json:
    """What PATCH /sessions/<id> is sent when another program made the record: what it lacks, and our marker.
    `guessed`: see merged_json."""
    told = create_body(session, session.number, version)
    if session.account is not None and session.spec.experimenters == (session.account.username,):
        del told["users"]  # nobody said who ran it
    body = {name: value for name, value in told.items() if value and not record.get(name)}
    present = record.get("json")
    if not isinstance(present, dict):
        # Programs before the bridge stored the object as text; anything else is kept under a name.
        present = document_of(present) or ({"json_before": present} if present else {})
    marked = present | {"cagelab": marks_of({"json": present}) | {ADOPTED: True}}
    facts = merged_json(session, marked, number=session.number, state=OPEN, version=version, guessed=guessed)
    return body | {"json": facts}


def marks_of(record: Json) -> Json:
    """What bridges noted in a record: json.cagelab."""
    facts = record.get("json")
    mark = facts.get("cagelab") if isinstance(facts, dict) else None
    return dict(mark) if isinstance(mark, dict) else {}


def is_adopted(record: Json) -> bool:
    """True for a record that another program made and a bridge completes."""
    return marks_of(record).get(ADOPTED) is True


def is_closed(record: Json) -> bool:
    """True for a record whose end a bridge has told."""
    return bool(record.get("end_time")) and marks_of(record).get("state") in (ENDED, COMPLETE)


def amending_body(session: Session, record: Json, number: int, version: str, *, guessed: bool = False) -> Json:
    """What PATCH /sessions/<id> is sent after a correction. Names that others added in Alyx stay.

    Alyx 3.6.1 leaves datasets and file records as they are when a session's subject or number changes: what is
    registered already keeps its path and object. `guessed`: see merged_json.
    """
    spec, fields = session.spec, {amendment.field for amendment in session.amendments}
    state = OPEN if session.alyx is AlyxState.OPEN else ENDED
    present = record.get("json")
    body: Json = {"json": merged_json(session, present, number=number, state=state, version=version, guessed=guessed)}
    if "subject" in fields:
        body |= {"subject": spec.subject, "number": number}
        if record["subject"] != spec.subject:
            body["parent_session"] = None  # a session of the old subject; see SessionDelivery._part
    if "projects" in fields:
        body["projects"] = _corrected(session, "projects", spec.projects, record)
    if "experimenters" in fields:
        body["users"] = _corrected(session, "experimenters", spec.experimenters, record, "users")
    return body


def _corrected(session: Session, field: str, wanted: tuple[str, ...], record: Json, name: str = "") -> list[str]:
    """The names as they should be, and those in the record that never were ours."""
    ours = {value for amendment in session.amendments if amendment.field == field for value in amendment.old_values}
    others = (value for value in record.get(name or field) or () if value not in ours)
    return list(dict.fromkeys((*wanted, *others)))


def with_line(text: str, line: str) -> str:
    """`text` with `line` as its last line; sent twice, it stands there once."""
    if not line or text == line or text.endswith("\n" + line):
        return text
    return f"{text}\n{line}" if text else line
