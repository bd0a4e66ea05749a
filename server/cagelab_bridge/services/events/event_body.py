"""What receivers are told of a session: a CloudEvent (CloudEvents 1.0, JSON, structured)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from cagelab_bridge.event_models import EventKind
from cagelab_bridge.models import Session
from cagelab_bridge.ports import Json
from cagelab_bridge.services.delivery import dataset_names

TYPES = {kind: f"cagelab.session.{kind}" for kind in (EventKind.COMPLETE, EventKind.PARTIAL)} | {
    EventKind.TEST: "cagelab.bridge.test"
}
MOST_DATASETS = 1000  # in one event; `datasets_total` says how many there are
MOST_MISSING = 100


def envelope(identity: str, kind: EventKind, source: str, subject: str, occurred_at: str, data: Json) -> Json:
    """The CloudEvent. Its id and source together name what happened, however often it is told."""
    return {
        "specversion": "1.0",
        "id": identity,
        "source": source,
        "type": TYPES[kind],
        "time": occurred_at,
        "datacontenttype": "application/json",
        "data": data,
    } | ({"subject": subject} if subject else {})


def session_data(
    session: Session,
    kind: EventKind,
    files: Sequence[Mapping[str, Any]],
    missing: Sequence[Mapping[str, str]],
    users: Mapping[str, Json],
    types: Mapping[str, Json],
) -> Json:
    """The data of an event: the session, its stored datasets, and of a partial one what is missing.

    `users` and `types` are Alyx's, as last read: they tell e-mail addresses and dataset types.
    """
    alyx_url = session.account.alyx_url if session.account else ""
    data: Json = {
        "session": _session(session, kind, users),
        "datasets": [_dataset(file, alyx_url, types) for file in files[:MOST_DATASETS]],
        "datasets_total": len(files),
    }
    if kind is EventKind.PARTIAL:
        data["missing"] = [{"path": row["relative_path"], "reason": row["reason"]} for row in missing[:MOST_MISSING]]
        data["missing_total"] = len(missing)
    return data


def distinct(files: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """One of each dataset, the latest: the same content may have been uploaded twice."""
    return list({file["dataset_id"]: file for file in files}.values())


def _session(session: Session, kind: EventKind, users: Mapping[str, Json]) -> Json:
    spec = session.spec
    return {
        "id": session.alyx_id,
        "bridge_id": session.id,
        "url": session.url,
        "state": kind.upper(),
        "subject": spec.subject,
        "lab": spec.lab,
        "location": spec.location,
        "date": session.date,
        "number": session.alyx_number or session.number,
        "folder_number": session.number,
        "start_time": session.start_time,
        "end_time": session.end_time,
        "task_protocol": spec.task_protocol,
        "projects": list(spec.projects),
        "procedures": list(spec.procedures),
        "qc": session.qc,
        "n_trials": session.n_trials,
        "n_correct_trials": session.n_correct_trials,
        "abandoned": session.run == "ABANDONED",
        "experimenters": [_person(name, users.get(name) or {}) for name in spec.experimenters],
    }


def _person(name: str, user: Json) -> Json:
    email = str(user.get("email") or "")
    return {"name": name, "email": email} if email else {"name": name}


def _dataset(file: Mapping[str, Any], alyx_url: str, types: Mapping[str, Json]) -> Json:
    collection, name = dataset_names.split(file["relative_path"])
    return {
        "id": file["dataset_id"],
        "name": name,
        "collection": collection,
        "revision": file["revision"],
        "type": next(iter(types_of(name, types)), ""),
        "url": f"{alyx_url}/datasets/{file['dataset_id']}",
        "data_url": f"{file['endpoint']}/{quote(file['bucket'])}/{quote(file['key'])}",
        "hash": file["md5"],
        "hash_kind": "md5",
        "size": file["size"],
    }


def types_of(name: str, types: Mapping[str, Json]) -> list[str]:
    """The dataset types that match a file's name, sorted; Alyx takes a file that has exactly one."""
    return sorted(
        kind
        for kind, record in types.items()
        if dataset_names.matches(name, kind, str(record.get("filename_pattern") or ""))
    )
