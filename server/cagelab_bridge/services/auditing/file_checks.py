"""What may be wrong with a session's files: pure functions."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from cagelab_bridge.errors import Gravity
from cagelab_bridge.services.auditing.facts import Dataset, Entry, Facts, named
from cagelab_bridge.services.auditing.found import Found, Kind, Mend

MD5 = re.compile(r"[0-9a-f]{32}")
SHA1 = re.compile(r"[0-9a-f]{40}")
DELETE_IT = "An object that nobody needs can be deleted in the store; this bridge deletes none."


def check(facts: Facts) -> Iterator[Found]:
    """All of it: at most one finding for a dataset, an object, a file on the disk."""
    for dataset in facts.datasets:
        if dataset.path not in facts.under_way:
            yield from _dataset(facts, dataset)
    for place in facts.strays:
        yield Found(
            kind=Kind.NOT_REGISTERED,
            gravity=Gravity.WARNING,
            what=f"{place.bucket}/{place.key}",
            message="The store holds an object in this session's folder that Alyx does not know.",
            hint=f"If its file is in a session folder, {_register(facts)} {DELETE_IT}",
        )
    yield from _disk(facts)


def _dataset(facts: Facts, dataset: Dataset) -> Iterator[Found]:
    held = dataset.held
    if not dataset.entries:
        yield _about(
            dataset,
            Kind.NO_FILE_RECORD,
            Gravity.WARNING,
            "is registered without any place where it may lie: a registration that was refused half way.",
            f"Delete it in Alyx's admin page: /admin/data/dataset/{dataset.id}/",
        )
    elif held is not None:
        yield from _compared(facts, dataset, held)
    elif not _elsewhere(dataset):
        yield _missing(facts, dataset)


def _elsewhere(dataset: Dataset) -> bool:
    """Whether it may lie in a store that was not asked."""
    return any(entry.place is None for entry in dataset.entries)


def _missing(facts: Facts, dataset: Dataset) -> Found:
    if dataset.record["qc"] == "PASS":
        kind, gravity, said = Kind.PROVEN_MISSING, Gravity.ERROR, "is called PASS, and is not in the store."
    elif dataset.marked:
        kind, gravity, said = Kind.MARKED_MISSING, Gravity.ERROR, "is marked as stored, and is not in the store."
    else:
        kind, gravity, said = Kind.NOT_STORED, Gravity.WARNING, "is registered, but not stored."
    return _about(dataset, kind, gravity, said, *_from_disk(facts, dataset, Mend.SAFE))


def _from_disk(facts: Facts, dataset: Dataset, mend: Mend) -> tuple[str, Mend]:
    """What can be done with the file on this computer: delivery goes through the journal, so it must be its own."""
    stat = facts.disk.get(dataset.path)
    size = dataset.record.get("file_size")
    if stat is None and dataset.path in facts.reclaimed:
        when = facts.reclaimed[dataset.path][:10]
        said = f"This computer deleted its file on {when} (`reclaim`), when the store had it."
        return f"{said} Look for a copy of the store.", Mend.NONE
    if stat is None or (size is not None and stat.size != size):
        return "The file is not on this computer: audit on the one that recorded it, or look for a copy.", Mend.NONE
    if facts.own is None:
        return f"The file is here: {facts.folder}/{dataset.path}. {_by_hand(facts)}", Mend.NONE
    return "The file on this computer is delivered again, if it is the one that was registered.", mend


def _compared(facts: Facts, dataset: Dataset, held: Entry) -> Iterator[Found]:
    assert held.stored is not None  # held means there
    size, etag, digest = dataset.record.get("file_size"), held.stored.etag, dataset.digest
    if size is not None and held.stored.size != size:
        said = f"has {held.stored.size} bytes in the store, and {size} in Alyx."
        yield _about(dataset, Kind.SIZE, Gravity.ERROR, said, *_from_disk(facts, dataset, Mend.ASK))
    elif MD5.fullmatch(digest) and MD5.fullmatch(etag) and etag != digest:
        said = "has another content in the store than was registered."
        yield _about(dataset, Kind.CONTENT, Gravity.ERROR, said, *_from_disk(facts, dataset, Mend.ASK))
    elif SHA1.fullmatch(digest):
        yield _about(
            dataset,
            Kind.HASH_KIND,
            Gravity.WARNING,
            "has a SHA-1 in Alyx, where ONE expects an MD5: it is downloaded again at every use.",
            "The object is read; if its SHA-1 is that one, Alyx gets its MD5.",
            Mend.SAFE,
        )
    elif not MD5.fullmatch(digest):
        yield _about(
            dataset,
            Kind.NO_HASH,
            Gravity.WARNING,
            "has no MD5 in Alyx: nobody can tell whether it is whole.",
            "The object is read, and Alyx gets its MD5, right or wrong.",
            Mend.ASK,
        )
    elif not dataset.marked:
        yield _about(
            dataset,
            Kind.NOT_MARKED,
            Gravity.WARNING,
            "is in the store, but Alyx says it is not.",
            "The object is read; if it is the one that was registered, it is marked.",
            Mend.SAFE,
        )


def _disk(facts: Facts) -> Iterator[Found]:
    for path, stat in facts.disk.items():
        if path in facts.under_way or path in facts.given_up:
            continue
        known = named(facts.datasets, path)
        mend = Mend.ASK if facts.own is not None and not facts.doubles else Mend.NONE
        how = _how(facts)
        if not known:
            yield Found(
                kind=Kind.DISK_ONLY,
                gravity=Gravity.WARNING,
                what=path,
                message=f"{path} is on this computer, but not in Alyx.",
                hint=f"{how}.",
                mend=mend,
            )
        elif all(one.record.get("file_size") not in (None, stat.size) for one in known):
            yield Found(
                kind=Kind.DISK_DIFFERS,
                gravity=Gravity.WARNING,
                what=path,
                message=f"{path} has {stat.size} bytes on this computer, and others in Alyx: it changed since.",
                hint=f"{how}. It becomes a new revision: only if the change is right.",
                mend=mend,
            )


def _how(facts: Facts) -> str:
    if facts.doubles:  # Alyx 3.6.1 gives a file to whichever session of that number it finds first
        return "Remove the other session with this number, then audit again: it is uploaded then"
    return "It is uploaded" if facts.own is not None else _by_hand(facts).removesuffix(".")


def _by_hand(facts: Facts) -> str:
    """How files of a session come to Alyx that this bridge's journal does not know."""
    if facts.mark.get("bridge_session") and not facts.mark.get("backfill"):
        return "Audit it with the bridge that recorded it; `cagelab-bridge recover` where its journal is lost."
    return f"`cagelab-bridge backfill {shlex.quote(facts.folder)}` uploads it."


def _register(facts: Facts) -> str:
    """The same for an object whose file may be anywhere."""
    if facts.own is not None:
        return "put it into this session's, and `cagelab-bridge upload` it."
    if facts.mark.get("bridge_session") and not facts.mark.get("backfill"):
        return "audit it with the bridge that recorded it."
    return "`cagelab-bridge backfill <that folder>` registers it, on the computer that has it."


def _about(dataset: Dataset, kind: Kind, gravity: Gravity, said: str, hint: str, mend: Mend = Mend.NONE) -> Found:
    revision = str(dataset.record.get("revision") or "")
    what = f"{dataset.path}#{revision}" if revision else dataset.path
    return Found(
        kind=kind,
        gravity=gravity,
        what=what,
        message=f"{what} {said}",
        hint=hint,
        mend=mend,
        dataset_id=dataset.id,
    )
