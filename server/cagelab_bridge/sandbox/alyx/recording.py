"""The record `POST /register-file` makes of one file: a dataset and a file record in each repository."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from . import alf, times
from .call import Call
from .catalogue import QC
from .datasets import change_default, protecting_tags
from .files import touch
from .problems import Refused, ServerFault
from .schema import Row, Value


@dataclass(frozen=True)
class Registration:
    """One file to register. `holders` are the keys of the repositories that have its bytes already."""

    place: alf.Place
    session: Row | None
    content_type: str | None
    object_id: str | None
    user: Row
    repositories: tuple[Row, ...]
    holders: frozenset[str]
    digest: str
    size: int | None
    version: str
    quality: Value
    default: bool


def register(call: Call, wanted: Registration) -> Row:
    """Make or find the dataset and its file records. What was made before a refusal stays, as in Alyx 3.6.1."""
    revision = _revision(call, wanted.place.revision)
    path = _path(wanted.place, revision)
    kind = _dataset_type(call, wanted.place.name)
    extension = PurePosixPath(wanted.place.name).suffix
    formats = call.state.where("data_format", "file_extension", extension)
    if len(formats) != 1:
        raise ServerFault(
            f"get() returned more than one DataFormat -- it returned {len(formats)}!"
            if formats
            else "DataFormat matching query does not exist."
        )
    session = None if wanted.session is None else wanted.session["id"]
    if wanted.default:
        change_default(call, session, wanted.place.collection, wanted.place.name)
    identity = {
        "collection": wanted.place.collection,
        "name": wanted.place.name,
        "session": session,
        "dataset_type": kind["id"],
        "data_format": formats[0]["id"],
        "revision": None if revision is None else revision["id"],
        "content_type": wanted.content_type,
        "object_id": wanted.object_id,
    }
    dataset, known = _get_or_create(call, identity)
    patched = _describe(call, dataset, known=known, wanted=wanted, path=path)
    for repository in wanted.repositories:
        _file_record(call, dataset["id"], repository, path, wanted, patched=patched)
    return call.state.at("dataset", dataset["id"])


def _revision(call: Call, name: str) -> Row | None:
    if not name:
        return None
    found = call.state.one("revision", "name", name)
    return found or call.state.insert("revision", {"id": call.new_id(), "name": name, "created_datetime": call.now})


def _path(place: alf.Place, revision: Row | None) -> str:
    folder = f"#{revision['name']}#" if revision else ""
    return str(PurePosixPath(place.folder, place.collection, folder, place.name))


def _dataset_type(call: Call, file: str) -> Row:
    found = [
        row for row in call.state.rows("dataset_type") if alf.matches_type(file, row["name"], row["filename_pattern"])
    ]
    if not found:
        raise ServerFault(f'No dataset type found for filename "{file}"')
    if len(found) > 1:
        names = ", ".join(sorted(f"<DatasetType {row['name']}>" for row in found))
        raise ServerFault(f'Multiple matching dataset types found for filename "{file}": \n{names}')
    return found[0]


def _get_or_create(call: Call, identity: Row) -> tuple[Row, bool]:
    same = [
        row
        for row in call.state.where("dataset", "session", identity["session"])
        if all(row[name] == value for name, value in identity.items())
    ]
    if len(same) > 1:
        raise ServerFault(f"get() returned more than one Dataset -- it returned {len(same)}!")
    if same:
        return same[0], True
    if len(identity["name"]) > 255:
        raise ServerFault("value too long for type character varying(255)\n")
    stamps = {"created_datetime": call.now, "auto_datetime": call.now}
    return call.state.insert("dataset", {"id": call.new_id(), **identity, **stamps}), False


def _quality(wanted: Registration, path: str) -> int:
    """The code of a quality. Any case, and numbers, are taken; none at all sets NOT_SET again."""
    names = {label: code for code, label in QC}
    given = wanted.quality or "NOT_SET"
    named = isinstance(given, str) and not given.isnumeric()
    code = names.get(given.upper()) if named else int(given)
    if code not in names.values():
        raise Refused(400, f'Invalid QC value "{wanted.quality}" for dataset "{path}"')
    return int(code or 0)


def _describe(call: Call, dataset: Row, *, known: bool, wanted: Registration, path: str) -> bool:
    """Set what the request says of the dataset; answers whether its bytes count as changed."""
    key = dataset["id"]
    given = {"default_dataset": wanted.default, "qc": _quality(wanted, path), "auto_datetime": call.now}
    dataset = call.state.update("dataset", key, given)
    if known and protecting_tags(call, dataset):
        raise Refused(403, f"Dataset {key} is protected, cannot patch")
    values: Row = {"created_by": wanted.user["id"]}
    if wanted.version:
        values["version"] = wanted.version
    if wanted.digest:
        values["hash"] = wanted.digest
    if wanted.size is not None:
        values["file_size"] = wanted.size
    if wrong := _too_long(values):
        raise Refused(400, f'Invalid dataset "{path}": {wrong}')
    call.state.update("dataset", key, values)
    return not (wanted.digest and dataset["hash"] == wanted.digest)


def _too_long(values: Row) -> dict[str, list[str]]:
    wrong = {}
    for column in ("hash", "version"):
        length = len(values.get(column) or "")
        if length > 64:
            wrong[column] = [f"Ensure this value has at most 64 characters (it has {length})."]
    if abs(values.get("file_size") or 0) >= 2**63:
        wrong["file_size"] = [f"Ensure this value is less than or equal to {2**63 - 1}."]
    return wrong


def _file_record(call: Call, dataset: str, repository: Row, path: str, wanted: Registration, *, patched: bool) -> None:
    twins = [
        row
        for row in call.state.where("file_record", "relative_path", path)
        if row["data_repository"] == repository["id"]
    ]
    if twins and twins[0]["dataset"] != dataset:
        raise Refused(
            400,
            f'A file record for "{path}" already exists on repository "{repository["name"]}" for a different dataset.',
        )
    if not path[:1].isascii() or not (path[0].isalnum() or path[0] == "_"):
        wrong = {"relative_path": ["Invalid path"]}
        raise Refused(400, f'Invalid file record "{path}": {wrong}')
    exists = repository["id"] in wanted.holders
    if not twins:
        row = {"id": call.new_id(), "dataset": dataset, "data_repository": repository["id"], "relative_path": path}
        call.state.insert("file_record", {**row, "exists": exists})
    elif patched:
        call.state.update("file_record", twins[0]["id"], {"exists": exists, "json": None})
    touch(call, dataset)


def shown(call: Call, dataset: Row) -> dict[str, object]:
    """What `register-file` answers about a dataset; its quality is the number here."""
    state = call.state
    session = None if dataset["session"] is None else state.at("session", dataset["session"])
    out: dict[str, object] = {
        "id": dataset["id"],
        "name": dataset["name"],
        "file_size": dataset["file_size"],
        "subject": _subject_name(call, dataset, session),
        "created_by": state.at("user", dataset["created_by"])["username"],
        "created_datetime": times.show(dataset["created_datetime"]),
        "dataset_type": state.at("dataset_type", dataset["dataset_type"])["name"],
        "data_format": state.at("data_format", dataset["data_format"])["name"],
    }
    if session is not None:
        out["session"] = session["id"]
        out["session_number"] = session["number"]
        out["session_users"] = ",".join(sorted(state.at("user", key)["username"] for key in session["users"]))
        out["session_start_time"] = times.show(session["start_time"])
    else:
        out["content_type"] = dataset["content_type"]
        out["object_id"] = dataset["object_id"]
    revision = None if dataset["revision"] is None else state.at("revision", dataset["revision"])
    out["collection"] = dataset["collection"]
    out["revision"] = "" if revision is None else revision["name"]
    out["default"] = dataset["default_dataset"]
    out["qc"] = dataset["qc"]
    out["file_records"] = [
        {
            "id": row["id"],
            "data_repository": state.at("repository", row["data_repository"])["name"],
            "relative_path": row["relative_path"],
            "exists": row["exists"],
        }
        for row in state.where("file_record", "dataset", dataset["id"])
    ]
    return out


def _subject_name(call: Call, dataset: Row, session: Row | None) -> object:
    if session is not None:
        return call.state.at("subject", session["subject"])["nickname"]
    if dataset["content_type"] == "subjects.subject":
        return call.state.at("subject", dataset["object_id"])["nickname"]
    return None
