"""Where files go: the repositories' records, and the one that ONE needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from cagelab_bridge.cli.setting_up.database import Database, Row, bucket_and_prefix, is_store
from cagelab_bridge.cli.setting_up.shares import record_steps
from cagelab_bridge.cli.setting_up.step import Step, Write, offer, ok, tell
from cagelab_bridge.services import repository_address
from cagelab_bridge.services.repository_address import share

ONE_RECORD = "aws_cortexlab"  # ONE 3.6.1 looks for the bucket in a repository of exactly this name
Probe = Callable[[str], Iterable[tuple[str, str, str]]]  # (word, message, hint) about a repository's bucket


def look(database: Database, probe: Probe) -> Iterator[Step]:
    """Labs' repositories, each one's record and bucket, and ONE's."""
    for name, lab in sorted(database.labs.items()):
        yield from _of_lab(database, name, lab)
    used = {name for lab in database.labs.values() for name in lab.get("repositories") or ()}
    for name, record in sorted(database.repositories.items()):
        if name != ONE_RECORD and (name in used or _takes_files(record)):
            yield from record_steps(name, record) if share(record) else _record(database, name, record)
            yield from _bucket(name, record, probe)
    yield from _for_one(database)


def _of_lab(database: Database, name: str, lab: Row) -> Iterator[Step]:
    known = lab.get("repositories") or []
    stores = sorted(one for one, record in database.repositories.items() if one != ONE_RECORD and _takes_files(record))
    if known:
        yield ok("lab", name, f"Its files go to {known[0]}.")
    elif len(stores) == 1:
        yield offer(
            "lab",
            name,
            "It has no data repository: its files have no place.",
            f"{stores[0]} becomes its repository.",
            Write(path=f"labs/{name}", body={"repositories": stores}, change=True),
        )
    else:
        page = f"misc/lab/{name}/change" if stores else "data/datarepository/add"
        hint = f"{'Choose one' if stores else 'Make one, and give it to the lab'}: {database.admin(page)}"
        yield tell("warning", "lab", name, "It has no data repository: its files have no place.", hint)


def _record(database: Database, name: str, record: Row) -> Iterator[Step]:
    url = str(record.get("data_url") or "")
    page = database.admin("data/datarepository")
    if not is_store(record):
        message = "It has no data_url (or it is one of Globus): no file of it can be reached."
        yield tell("error", "repository", name, message, f"Give it http://<address>:9000/<bucket>/<prefix>/ at {page}")
        return
    wrong = list(_repairs(name, record, url))
    yield from wrong
    if not wrong:
        yield ok("repository", name, f"Its record is right ({url}).")
    if not name.startswith("aws"):
        message = "ONE reads objects only of repositories whose name begins with 'aws'."
        yield tell("info", "repository", name, message, f"For analysis with ONE, make another one: {page}")


def _repairs(name: str, record: Row, url: str) -> Iterator[Step]:
    def repair(message: str, hint: str, **body: object) -> Step:
        write = Write(path=f"data-repository/{name}", body=dict(body), change=True)
        return offer("repository", name, message, hint, write)

    if not url.endswith("/"):
        yield repair(
            "Its data_url does not end in '/': the address of each file is wrong.",
            f"It becomes {url}/",
            data_url=url + "/",
        )
    if record.get("globus_is_personal") is not False:
        yield repair(
            "It is not marked as a server (globus_is_personal): Alyx and ONE may hide its datasets.",
            "globus_is_personal becomes false.",
            globus_is_personal=False,
        )
    prefix = bucket_and_prefix(url)[1]
    if str(record.get("globus_path") or "").strip("/") != prefix:
        yield repair(
            f"Its globus_path is {record.get('globus_path') or ''!r}, its data_url says {prefix!r}: ONE looks in vain.",
            f"globus_path becomes {prefix!r}.",
            globus_path=prefix,
        )


def _bucket(name: str, record: Row, probe: Probe) -> Iterator[Step]:
    """Whether the bucket or share is there and takes files."""
    if not _takes_files(record):
        return
    address, about = repository_address.address(record), "share" if share(record) else "bucket"
    if not address.endswith("/"):
        yield tell("info", about, name, "It was not tried: its address is wrong.", "Repair it; run setup again.")
        return
    found = list(probe(name))
    for word, message, hint in found:
        yield tell(word, about, name, message, hint)
    if not found:
        yield ok(about, name, f"{bucket_and_prefix(address)[0]} takes files.")


def _takes_files(record: Row) -> bool:
    return bool(share(record)) or is_store(record)


def _for_one(database: Database) -> Iterator[Step]:
    names = {name for lab in database.labs.values() for name in lab.get("repositories") or ()}
    names = names or set(database.repositories)  # a lab that has none is offered one
    records = [database.repositories[name] for name in names if name in database.repositories]
    buckets = sorted({bucket_and_prefix(str(row["data_url"]))[0] for row in records if is_store(row)} - {""})
    present = database.repositories.get(ONE_RECORD)
    facts = (present or {}).get("json")
    facts = facts if isinstance(facts, dict) else {}
    if facts.get("bucket_name") in buckets:
        yield ok("ONE", ONE_RECORD, f"ONE finds the bucket {facts['bucket_name']}.")
    elif not buckets and any(share(record) for record in records):
        return  # said of the share itself
    elif len(buckets) != 1:
        message = "ONE reads objects of one bucket only, and " + ("there are several." if buckets else "there is none.")
        hint = f"Name one in the json of {ONE_RECORD}: {database.admin('data/datarepository')}"
        yield tell("info", "ONE", ONE_RECORD, message, hint)
    elif present is None:
        body = {"name": ONE_RECORD, "json": {"bucket_name": buckets[0]}}
        message = "is missing: ONE does not find the bucket, and loads nothing."
        hint = f"A repository record without files is made that names the bucket {buckets[0]}."
        yield offer("ONE", ONE_RECORD, message, hint, Write(path="data-repository", body=body))
    else:
        write = Write(
            path=f"data-repository/{ONE_RECORD}", body={"json": facts | {"bucket_name": buckets[0]}}, change=True
        )
        message = f"names the bucket {facts.get('bucket_name') or ''!r}, and files go to {buckets[0]!r}."
        yield offer("ONE", ONE_RECORD, message, f"bucket_name becomes {buckets[0]!r}.", write)
