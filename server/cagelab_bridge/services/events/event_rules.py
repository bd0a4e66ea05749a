"""Which receivers are told of a session."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from cagelab_bridge.event_models import EventKind, Receiver
from cagelab_bridge.models import Session
from cagelab_bridge.ports import Json
from cagelab_bridge.services.delivery import dataset_names


def fits(
    receiver: Receiver, session: Session, kind: EventKind, paths: Sequence[str], types: Mapping[str, Json]
) -> bool:
    """True when the receiver's rules fit. `paths`: of the stored files, relative; `types`: Alyx's dataset types."""
    spec = session.spec
    return (
        kind in receiver.when
        and _one_fits([spec.subject], receiver.subjects)
        and _one_fits(spec.projects, receiver.projects)
        and _one_fits([spec.task_protocol], receiver.task_protocols)
        and (not receiver.dataset_types or _has_type(paths, receiver.dataset_types, types))
    )


def _one_fits(values: Iterable[str], patterns: Sequence[str]) -> bool:
    """Patterns with * and ?, without case, as Alyx compares names."""
    known = [value.casefold() for value in values]
    return not patterns or any(fnmatchcase(value, pattern.casefold()) for value in known for pattern in patterns)


def _has_type(paths: Sequence[str], patterns: Sequence[str], types: Mapping[str, Json]) -> bool:
    wanted = {
        kind: str(record.get("filename_pattern") or "") for kind, record in types.items() if _one_fits([kind], patterns)
    }
    names = {dataset_names.split(path)[1] for path in paths}
    return any(dataset_names.matches(name, kind, pattern) for kind, pattern in wanted.items() for name in names)
