"""`POST /register-file` and `GET /check-protected`, with the behaviour of Alyx 3.6.1 that clients trip over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from . import alf
from .call import Call
from .datasets import protecting_tags
from .endpoints import Endpoint
from .messages import Response, json_response
from .notes import kind_of
from .problems import Problem, Refused, ServerFault
from .recording import Registration, register, shown
from .schema import Row, Value
from .session_finder import SessionMissingError, find_session

_ALF = (
    "Invalid ALF path. There must be only 1 revision and it cannot containsub folders. "
    "A revision folder must be surrounded by pound signs (#)."
)
_LETTERS = (
    "Invalid ALF path. Only letters, numbers, hyphen and underscores allowed. "
    "A revision folder must be surrounded by pound signs (#)."
)


def _refuse(sentence: str, under: str = "error") -> NoReturn:
    raise Problem(400, {under: sentence})


@dataclass(frozen=True)
class _Target:
    """What the files are registered for: a session, or a record of another kind."""

    session: Row | None
    subject: Row | None
    content_type: str | None
    object_id: str | None


def _list(value: Value) -> list[Value]:
    return value.split(",") if isinstance(value, str) else list(value)


def _flag(value: Value) -> bool:
    return value == "True" if isinstance(value, str) else bool(value)


def _user(call: Call, data: Row) -> Row:
    name = data.get("created_by")
    if not name:
        return call.user
    user = call.state.one("user", "username", name)
    if user is None:
        raise ServerFault("LabMember matching query does not exist.")
    return user


def _repository(call: Call, data: Row) -> Row | None:
    name, host = data.get("name"), data.get("hostname")
    if not name and not host:
        return None
    found = call.state.one("repository", "name", name) if name else call.state.one("repository", "hostname", host)
    if found is None:
        _refuse("The specified repository does not exist.", "detail")
    return found


def _folder(data: Row) -> str:
    folder = data.get("path", "")
    if not folder:
        raise ServerFault("The path argument is required.")
    return str(folder.replace("\\", "/").replace("//", "/"))


def _names(data: Row) -> list[str]:
    return [name for name in _list(data.get("filenames", ())) if name]


def _parse(call: Call, folder: str) -> tuple[Row, str, int]:
    parts = alf.session_of(folder)
    if parts is None:
        _refuse(f"The path {folder} should be `nickname/YYYY-MM-DD/n/...")
    name, day, number = parts
    subject = call.state.one("subject", "nickname", name)
    if subject is None:
        _refuse(f'A subject with nickname "{folder.split("/", maxsplit=1)[0]}" does not exist.')
    return subject, day, number


def _places(folder: str, names: list[str]) -> list[alf.Place]:
    found = []
    for name in names:
        try:
            place = alf.place(folder, name)
        except ValueError:
            _refuse(_LETTERS, "detail")
        if place is None:
            _refuse(_ALF, "detail")
        found.append(place)
    return found


def _loose_places(folder: str, names: list[str]) -> list[alf.Place]:
    found = [alf.loose_place(folder, name) for name in names]
    if None in found:
        _refuse(_LETTERS, "detail")
    return [place for place in found if place is not None]


def _other_record(call: Call, content_type: str, object_id: str) -> _Target:
    kind = kind_of(content_type)
    if kind is None:
        _refuse(f"Invalid content type: {content_type}", "detail")
    if call.state.get(kind[1], str(object_id)) is None:
        _refuse(f"Invalid object ID: {object_id}", "detail")
    return _Target(None, None, kind[0], str(object_id))


def _target(call: Call, data: Row, folder: str, user: Row) -> _Target:
    content_type, object_id = data.get("content_type"), data.get("object_id")
    if content_type and object_id:
        return _other_record(call, content_type, object_id)
    if content_type or object_id:
        _refuse("Both content_type and object_id should be provided together.")
    subject, day, number = _parse(call, folder)
    try:
        return _Target(find_session(call, subject, day, number, user), subject, None, None)
    except SessionMissingError as error:
        _refuse(str(error))


def _repositories(call: Call, data: Row, subject: Row, *, server_only: bool) -> list[Row]:
    names = [name for name in _list(data.get("labs", [])) + _list(data.get("projects", [])) if name]
    labs = [call.state.one("lab", "name", name) for name in names]
    if None in labs:
        _refuse("One or more of the specified labs do not exist.", "detail")
    chosen = [lab for lab in labs if lab is not None] or [call.state.at("lab", subject["lab"])]
    keys = dict.fromkeys(key for lab in chosen for key in lab["repositories"])
    rows = [call.state.at("repository", key) for key in keys]
    return [row for row in rows if not server_only or row["globus_is_personal"] is False]


def _per_file(data: Row, name: str, count: int) -> list[Value]:
    given = data.get(name, [None] * count)
    if isinstance(given, str):
        parts = given.split(",")
        return parts * count if len(parts) == 1 and name != "hashes" else parts
    return list(given)


def _sizes(data: Row, count: int) -> list[int | None]:
    given = data.get("filesizes", [None] * count)
    if isinstance(given, str):
        given = given.split(",")
    elif not isinstance(given, list):
        given = [given]
    try:
        return [None if one is None else int(one) for one in given]
    except (TypeError, ValueError) as error:
        raise ServerFault(str(error)) from None


def _qualities(data: Row, count: int) -> list[Value]:
    given = data.get("qc", [None] * count) or "NOT_SET"
    if isinstance(given, str):
        parts = given.split(",")
        return parts * count if len(parts) == 1 else parts
    return list(given)


def _create(call: Call, _: str) -> Response:
    data = call.data
    user = _user(call, data)
    repository = _repository(call, data)
    folder = _folder(data).strip("/")
    names = _names(data)
    sizes = _sizes(data, len(names))
    server_only = _flag(data.get("server_only", False))
    target = _target(call, data, folder, user)
    if target.subject is None:
        if repository is None:
            _refuse("A valid repository name or hostname must be provided for non-session datasets.", "detail")
        repositories = [repository]
        places = _loose_places(folder, names)
    else:
        places = _places(folder, names)
        repositories = _repositories(call, data, target.subject, server_only=server_only)
    if repository is not None and repository["id"] not in {row["id"] for row in repositories}:
        repositories.append(repository)
    holders = [row["id"] for row in repositories] if server_only else [repository["id"]] if repository else []
    if not _flag(data.get("exists", True)):
        holders = []
    if _flag(data.get("check_protected", False)):
        _refuse_protected(call, target, names, places)
    common = {
        "session": target.session,
        "content_type": target.content_type,
        "object_id": target.object_id,
        "user": user,
        "repositories": tuple(repositories),
        "holders": frozenset(holders),
        "default": _flag(data.get("default", True)),
    }
    return json_response(201, [shown(call, register(call, one)) for one in _registrations(data, places, sizes, common)])


def _registrations(
    data: Row, places: list[alf.Place], sizes: list[int | None], common: dict[str, Value]
) -> Iterator[Registration]:
    """One after the other, because what was registered before a wrong file stays."""
    columns = zip(
        places,
        _per_file(data, "hashes", len(places)),
        sizes,
        _per_file(data, "versions", len(places)),
        _qualities(data, len(places)),
        strict=False,  # Alyx stops at the shortest list, and registers no more files than hashes were given
    )
    for place, digest, size, version, quality in columns:
        yield Registration(
            place=place, digest=digest or "", size=size, version=version or "", quality=quality, **common
        )


def _protection(call: Call, target: _Target, place: alf.Place) -> tuple[bool, list[dict[str, bool]]]:
    session = None if target.session is None else target.session["id"]
    rows = [
        row
        for row in call.state.where("dataset", "session", session)
        if row["collection"] == place.collection
        and row["name"] == place.name
        and (row["content_type"], row["object_id"]) == (target.content_type, target.object_id)
    ]
    found = [(_revision(call, row), bool(protecting_tags(call, row))) for row in rows]
    found.sort(key=lambda pair: (pair[0] is not None, pair[0]["created_datetime"] if pair[0] else 0), reverse=True)
    lines = [{"" if revision is None else revision["name"]: protected} for revision, protected in found]
    return any(protected for _, protected in found), lines


def _revision(call: Call, row: Row) -> Row | None:
    return None if row["revision"] is None else call.state.at("revision", row["revision"])


def _refuse_protected(call: Call, target: _Target, names: list[str], places: list[alf.Place]) -> None:
    found = [_protection(call, target, place) for place in places]
    if any(protected for protected, _ in found):
        details = [{name: lines} for name, (_, lines) in zip(names, found, strict=True)]
        raise Problem(403, {"error": "One or more datasets is protected", "details": details})


def _check_protected(call: Call, _: str) -> Response:
    data = call.data if call.request.body else dict(call.params)
    user = _user(call, data)
    folder = _folder(data)
    names = _names(data)
    if not data.get("content_type") and not data.get("object_id"):
        target = _strict_target(call, folder, user)
        places = _places(folder, names)
    else:
        target = _target(call, data, folder, user)
        places = _loose_places(folder, names)
    found = [_protection(call, target, place) for place in places]
    if any(protected for protected, _ in found):
        details = [{name: lines} for name, (_, lines) in zip(names, found, strict=True)]
        # 403 stands in the body only (Alyx 3.6.1).
        return json_response(
            200, {"status_code": 403, "error": "One or more datasets is protected", "details": details}
        )
    return json_response(200, {"status_code": 200, "details": "None of the datasets are protected"})


def _strict_target(call: Call, folder: str, user: Row) -> _Target:
    """Like `_target`, but here Alyx 3.6.1 catches no mistake and answers 500."""
    if alf.session_of(folder) and call.state.one("subject", "nickname", folder.split("/", maxsplit=1)[0]) is None:
        raise ServerFault("Subject matching query does not exist.")
    try:
        return _target(call, {}, folder, user)
    except Refused:
        raise
    except Problem as problem:
        raise ServerFault(str(problem.body.get("error", ""))) from None


def endpoints() -> list[Endpoint]:
    """The addresses of this part."""
    return [
        Endpoint(re.compile("/register-file"), {"POST": _create}, label="register-file"),
        Endpoint(re.compile("/check-protected"), {"GET": _check_protected}, label="check-protected"),
    ]
