"""Random rows of the journal, every field drawn by its type."""

from __future__ import annotations

import random
import types
from dataclasses import is_dataclass
from enum import StrEnum
from typing import Any, get_args, get_origin, get_type_hints

from cagelab_bridge.models import Direction, File, Session, Transfer
from cagelab_bridge.services.records.second_record import Record

TEXTS = ("", "a", "Müller-1", 'say "no"\n', "back\\slash", "{[\t]}", "日本", "\x7f\u2028", "x" * 300)


def drawn(hint: Any, chance: random.Random) -> Any:
    """A value of that type."""
    kinds = get_args(hint)
    if get_origin(hint) is types.UnionType:
        return chance.choice((None, drawn(kinds[0], chance)))
    if get_origin(hint) is tuple:
        return tuple(drawn(kinds[0], chance) for _ in range(chance.choice((0, 1, 3))))
    if is_dataclass(hint) and isinstance(hint, type):
        return hint(**{name: drawn(kind, chance) for name, kind in get_type_hints(hint).items()})
    if issubclass(hint, StrEnum):
        return chance.choice(list(hint))
    if hint is bool:
        return chance.random() < 0.5
    return chance.choice((0, 1, -1, 2**62, -(2**63))) if hint is int else chance.choice(TEXTS)


def record(chance: random.Random) -> Record:
    """A session with some transfers and files, as the journal could hold it."""
    base: dict[str, Any] = {"session": {"id": f"s-{chance.random()}", "folder": "/data/Ann/2026-11-20/001"}}
    session = _noun(Session, chance, base["session"])
    transfers, files = [], []
    for number in range(chance.choice((0, 1, 3))):
        paths = tuple(f"{session.folder}/ü {count}" for count in range(chance.choice((0, 1, 2))))
        at = f"2026-11-20T10:00:0{number}Z"
        given: dict[str, Any] = {"id": f"t{number}", "session_id": session.id, "paths": paths, "accepted_at": at}
        given |= {"direction": Direction.UPLOAD, "account": None, "folder": "", "order": ""}  # no record of downloads
        transfers.append(_noun(Transfer, chance, given))
        files += [_file(session, f"t{number}", count, chance) for count in range(chance.choice((0, 1, 4)))]
    return Record(
        session=session, transfers=tuple(transfers), files=tuple(files), bridge_version="1.2", host=chance.choice(TEXTS)
    )


def _file(session: Session, transfer_id: str, number: int, chance: random.Random) -> File:
    name = f"alf/a b{number}.ünï.npy"
    given = {
        "id": f"{transfer_id}-{number}",
        "transfer_id": transfer_id,
        "session_id": session.id,
        "relative_path": name,
        "path": f"{session.folder}/{name}",
        "bytes_sent": 0,
    }
    file: File = _noun(File, chance, given)
    return file


def _noun(kind: Any, chance: random.Random, given: dict[str, Any]) -> Any:
    fields = {name: hint for name, hint in get_type_hints(kind).items() if name not in given}
    return kind(**given, **{name: drawn(hint, chance) for name, hint in fields.items()})
