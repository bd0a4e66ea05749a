"""Repositories on a file server: their records."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from cagelab_bridge.cli.setting_up.database import Database, Row
from cagelab_bridge.cli.setting_up.step import Step, Write, offer, ok, tell
from cagelab_bridge.errors import InvalidInput
from cagelab_bridge.services.repository_address import SHARE, share
from cagelab_bridge.services.share_findings import globus_path, personal, why_personal
from cagelab_bridge.smb.location import place


def wanted(database: Database, address: str, name: str) -> Iterator[Step]:
    """The record of a share that somebody names: offered where there is none. `name`: of the repository, "" for smb_
    and the lab's."""
    try:
        place(address)
    except InvalidInput as problem:
        yield tell("error", "share", address, problem.message, problem.hint)
        return
    if any(share(record) == address for record in database.repositories.values()):
        return  # it is looked at with the others
    labs = sorted(database.labs)
    name = name or (f"smb_{labs[0]}" if len(labs) == 1 else "")
    if not name:
        yield tell("error", "share", address, "There are several labs (or none).", "Name the record: --repository …")
        return
    facts = {SHARE: address}
    if name in database.repositories:
        known = database.repositories[name].get("json")
        body: Row = {"json": (known if isinstance(known, dict) else {}) | facts}
        write = Write(path=f"data-repository/{name}", body=body, change=True)
        message = f"It names {share(database.repositories[name]) or 'no share'}."
        yield offer("share", name, message, f"Its files go to {address} from now on.", write)
        return
    body = {"name": name, "json": facts, **_rest(address), "globus_is_personal": True}
    message = f"There is no data repository on {address}."
    yield offer("share", name, message, "A record of that name is made.", Write(path="data-repository", body=body))


def record_steps(name: str, record: Row) -> Iterator[Step]:
    """What is wrong with one that is there."""
    address = share(record)
    try:
        place(address)
    except InvalidInput as problem:
        hint = f"Correct {SHARE} in its json: `cagelab-bridge setup --share … --repository {name}`."
        yield tell("error", "repository", name, problem.message, hint)
        return
    wrong = list(_repairs(name, record))
    yield from wrong
    if not wrong:
        yield ok("repository", name, f"Its record is right ({address}).")
    if not record.get("data_url"):
        message = "ONE does not read shares: sessions are found, their files there are not."
        hint = "Mount the share for analysis; where a web server shows the same files, its address can be the data_url."
        yield tell("info", "repository", name, message, hint)


def _repairs(name: str, record: Row) -> Iterator[Step]:
    for field, value in _rest(share(record)).items():
        if str(record.get(field) or "").strip("/") != value:
            message = f"Its {field} is {record.get(field) or ''!r}, its share says {value!r}."
            yield _repair(name, message, field, value)
    if record.get("globus_is_personal") is not personal(record):
        yield _repair(name, why_personal(record), "globus_is_personal", personal(record))


def _repair(name: str, message: str, field: str, value: str | bool) -> Step:
    write = Write(path=f"data-repository/{name}", body={field: value}, change=True)
    return offer("repository", name, message, f"{field} becomes {value!r}.", write)


def _rest(address: str) -> dict[str, str]:
    """What else the record says of the place."""
    return {"hostname": urlsplit(address).hostname or "", "globus_path": globus_path(address)}
