"""Objects in the stores that belong to no session of Alyx."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from cagelab_bridge.errors import Gravity, InvalidInput, NoCredentials, Refused
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.ports import Alyx, Json, Place, StoredObject, StoreDoor
from cagelab_bridge.services import repository_address
from cagelab_bridge.services.accounts.choices import Choices
from cagelab_bridge.services.accounts.credentials import Credentials
from cagelab_bridge.services.auditing.file_checks import DELETE_IT
from cagelab_bridge.services.auditing.found import Found, Kind
from cagelab_bridge.services.auditing.known_objects import is_a_datasets
from cagelab_bridge.services.auditing.record_checks import store_not_asked
from cagelab_bridge.services.lab_time import checked_day
from cagelab_bridge.services.reclaiming import manifest
from cagelab_bridge.services.records import second_record

EXAMPLE_ID = "00000000-0000-4000-8000-000000000000"
MANY = 1_000_000
MOST_ASKED = 2000  # objects whose dataset is looked up in one audit: each is a call to Alyx
EARLIEST, LATEST = "1900-01-01", "9999-12-31"
SESSION_FOLDER = re.compile(r"(?P<subject>[^/]+)/(?P<date>\d{4}-\d\d-\d\d)/(?P<number>\d{3})/.+")
OWN = frozenset({second_record.NAME, manifest.NAME})  # the bridge's own files, should somebody have copied them there


@dataclass(frozen=True, kw_only=True)
class Range:
    """Where to look; "" for all."""

    lab: str = ""
    subject: str = ""
    first: str = ""
    last: str = ""

    def holds(self, found: re.Match[str] | None) -> bool:
        """Whether an object in such a session folder is meant; None: in none, so that nobody knows its day."""
        if found is None:
            return not (self.first or self.last)
        return (self.first or EARLIEST) <= found["date"] <= (self.last or LATEST)


@dataclass(frozen=True, kw_only=True)
class Loose:
    """What was found, and among how many objects."""

    findings: tuple[Found, ...]
    objects: int


class LooseObjects:
    """Searches the stores of a lab; reads lists, changes nothing. What lies in the folder of a session that Alyx has is
    left to that session's own audit."""

    def __init__(self, journal: Journal, choices: Choices, credentials: Credentials, stores: StoreDoor) -> None:
        self._journal = journal
        self._choices = choices
        self._credentials = credentials
        self._stores = stores

    async def search(self, alyx: Alyx, within: Range) -> Loose:
        """Everything loose in that range, by folder. Raises InvalidInput for a day or lab that does not exist,
        Unreachable …"""
        for day in filter(None, (within.first, within.last)):
            checked_day(day)
        repositories = (await self._choices.read(alyx.key, "repositories")).records
        names = await self._names(alyx, within.lab, repositories)
        roots = {name: place for name in repositories if (place := self._root(repositories[name])) is not None}
        findings: list[Found] = []
        folders: defaultdict[Place, list[StoredObject]] = defaultdict(list)
        count = 0
        sessions = await self._sessions(alyx, within)
        for root in dict.fromkeys(roots[name] for name in names if name in roots):
            try:
                objects = await self._listed(root, within.subject)
            except (NoCredentials, InvalidInput, Refused) as error:
                findings += [store_not_asked(name, error.message) for name in names if roots.get(name) == root]
                continue
            count += len(objects)
            for one in _loose(objects, root, within, sessions, [other for other in roots.values() if other != root]):
                folders[_folder(root, one)].append(one)
        findings += await self._told(alyx, folders)
        return Loose(findings=tuple(findings), objects=count)

    async def _names(self, alyx: Alyx, lab: str, repositories: dict[str, Json]) -> list[str]:
        """The repositories to look into."""
        if not lab:
            return sorted(repositories)
        labs = (await self._choices.read(alyx.key, "labs")).records
        if lab not in labs:
            raise InvalidInput(f"Alyx has no lab {lab}.", about="lab", hint="`cagelab-bridge choices labs` lists them.")
        return list(labs[lab].get("repositories") or [])

    def _root(self, repository: Json) -> Place | None:
        """Where a repository's objects begin; None for one that can hold none."""
        try:
            place = self._stores.locate(repository_address.address(repository), "x.y", EXAMPLE_ID)
        except (InvalidInput, Refused):
            return None
        prefix = "".join(place.key.rpartition("/")[:2])
        return Place(endpoint=place.endpoint, bucket=place.bucket, key=prefix)

    async def _sessions(self, alyx: Alyx, within: Range) -> set[tuple[str, str, int]]:
        """Subject, day and number of those that Alyx has, of any lab: a bucket may hold several."""
        days = f"date_range={within.first or EARLIEST},{within.last or LATEST}"
        subject = f"&subject={quote(within.subject, safe='')}" if within.subject else ""
        rows = await alyx.read_list(f"sessions?{days}{subject}", limit=MANY)
        return {(row["subject"], str(row["start_time"])[:10], row["number"] or 0) for row in rows}

    async def _listed(self, root: Place, subject: str) -> tuple[StoredObject, ...]:
        store = await self._credentials.store(root.endpoint)
        with self._credentials.pace.watch(root.endpoint):
            return await store.list_objects(root.bucket, f"{root.key}{subject}/" if subject else root.key)

    async def _told(self, alyx: Alyx, folders: dict[Place, list[StoredObject]]) -> list[Found]:
        """A finding for each folder, once what belongs to a dataset or is on its way is taken out."""
        asked, found = 0, list[Found]()
        for folder, objects in sorted(folders.items(), key=lambda one: (one[0].bucket, one[0].key)):
            left = []
            for one in objects:
                if asked >= MOST_ASKED:
                    break
                asked += 1
                on_its_way = self._journal.files.is_on_its_way(folder.endpoint, folder.bucket, one.key)
                if not on_its_way and not await is_a_datasets(alyx, one.key):
                    left.append(one)
            if left:
                found.append(_finding(folder, left))
        if asked >= MOST_ASKED:
            found.append(_too_many())
        return found


def _loose(
    objects: Iterable[StoredObject],
    root: Place,
    within: Range,
    sessions: set[tuple[str, str, int]],
    others: Iterable[Place],
) -> Iterator[StoredObject]:
    """Those in no session's folder. What lies below a root within this one is the other repository's."""
    inner = [
        other.key
        for other in others
        if (other.endpoint, other.bucket) == (root.endpoint, root.bucket)
        and len(other.key) > len(root.key)
        and other.key.startswith(root.key)
    ]
    for one in objects:
        if one.key.endswith("/") or one.key.rpartition("/")[2] in OWN or one.key.startswith(tuple(inner)):
            continue
        found = SESSION_FOLDER.fullmatch(one.key.removeprefix(root.key))
        session = (found["subject"], found["date"], int(found["number"])) if found else None
        if session not in sessions and within.holds(found):
            yield one


def _folder(root: Place, one: StoredObject) -> Place:
    """The session folder that an object lies in, else the folder itself."""
    relative = one.key.removeprefix(root.key)
    depth = 3 if SESSION_FOLDER.fullmatch(relative) else relative.count("/")
    key = root.key + "".join(f"{part}/" for part in relative.split("/")[:depth])
    return Place(endpoint=root.endpoint, bucket=root.bucket, key=key)


def _finding(folder: Place, objects: list[StoredObject]) -> Found:
    names = [one.key.removeprefix(folder.key) for one in objects]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return Found(
        kind=Kind.NOT_REGISTERED,
        gravity=Gravity.WARNING,
        what=f"{folder.bucket}/{folder.key}",
        message=f"The store holds {len(names)} object(s), {sum(one.size for one in objects)} bytes, in "
        f"{folder.bucket}/{folder.key} that belong to no session of Alyx: {', '.join(names[:3])}{more}.",
        hint="On the computer that has the session's folder: `cagelab-bridge backfill <that folder>`, or `recover` "
        f"where a bridge recorded it. {DELETE_IT}",
    )


def _too_many() -> Found:
    return Found(
        kind=Kind.STORE_NOT_ASKED,
        gravity=Gravity.WARNING,
        what="objects",
        message=f"There are more objects outside of sessions than were looked up ({MOST_ASKED}).",
        hint="Audit a subject, or fewer days, at a time.",
    )
