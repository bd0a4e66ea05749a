"""The names that exist in Alyx: from a cache on disk, refreshed in the background."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cagelab_bridge.errors import BridgeError, InvalidInput
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import AccountKey
from cagelab_bridge.ports import Json, Runtime
from cagelab_bridge.services import repository_address
from cagelab_bridge.services.accounts.accounts import Accounts
from cagelab_bridge.services.lab_time import LabTime

FRESH_SECONDS = 30.0  # a list read so lately is not read again for a drop-down that opens
WARM_PATIENCE = 1.0  # seconds a login waits for the lists
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kind:
    """One kind of name: where Alyx lists it, which field is the name, which others the checks need."""

    path: str
    name: str
    fields: tuple[str, ...] = ()


# A repository's `json` may hold keys of a store: it is not read into the cache; only the share it names is kept.
KINDS = {
    "subjects": Kind("subjects", "nickname", ("lab", "alive", "responsible_user")),
    "users": Kind("users", "username", ("email",)),
    "labs": Kind("labs", "name", ("repositories", "timezone")),
    "locations": Kind("locations", "name", ("lab",)),
    "projects": Kind("projects", "name"),
    "procedures": Kind("procedures", "name"),
    "brain_regions": Kind("brain-regions", "name", ("acronym",)),
    "dataset_types": Kind("dataset-types", "name", ("filename_pattern",)),
    "repositories": Kind("data-repository", "name", ("data_url", "globus_path", "globus_is_personal")),
    "data_formats": Kind("data-formats", "name", ("file_extension",)),
}
SHOWN = tuple(kind for kind in KINDS if kind != "data_formats")


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of one kind: its records by name, and when they were read ("" never)."""

    records: dict[str, Json]
    read_at: str
    live: bool = False


class Choices:
    """Answers from the cache; asks Alyx when told to."""

    def __init__(self, accounts: Accounts, journal: Journal, runtime: Runtime, clock: LabTime) -> None:
        self._accounts = accounts
        self._runtime = runtime
        self._journal = journal
        self._clock = clock
        self._memory: dict[tuple[str, str], Known] = {}
        self._refreshes: set[asyncio.Task[None]] = set()
        self._asked: dict[tuple[str, str], float] = {}  # monotonic seconds

    def known(self, key: AccountKey, kind: str) -> Known:
        """What the cache knows."""
        place = (key.alyx_url, kind)
        if place not in self._memory:
            found = self._journal.choices.get(*place)
            records, read_at = found or ([], "")
            self._memory[place] = Known(records={record["name"]: record for record in records}, read_at=read_at)
        return self._memory[place]

    async def read(self, key: AccountKey, kind: str) -> Known:
        """Ask Alyx, and remember. Raises RemoteError and its kin, NotLoggedIn."""
        source = KINDS[kind]
        answer = await self._accounts.connection(key).read_list(source.path, limit=100_000)
        records = [_reduced(source, record) for record in answer]
        read_at = self._clock.stamp()
        self._journal.choices.put(key.alyx_url, kind, records, read_at)
        known = Known(records={record["name"]: record for record in records}, read_at=read_at, live=True)
        self._memory[(key.alyx_url, kind)] = known
        return known

    async def read_or_known(self, key: AccountKey, kind: str) -> Known:
        """What Alyx says, or what the cache knows (`live` False) when Alyx cannot be asked."""
        try:
            return await self.read(key, kind)
        except BridgeError as error:
            log.info("%s come from the cache: %s", kind, error)
            known = self.known(key, kind)
            return Known(records=known.records, read_at=known.read_at)

    def refresh(self, key: AccountKey, kinds: Iterable[str] = tuple(KINDS)) -> asyncio.Task[None]:
        """Read again in the background, all kinds at once."""
        kinds = tuple(kinds)
        for kind in kinds:
            self._asked[(key.alyx_url, kind)] = self._runtime.monotonic()
        task = asyncio.ensure_future(self._refresh(key, kinds))
        self._refreshes.add(task)
        task.add_done_callback(self._refreshes.discard)
        return task

    async def warm(self, key: AccountKey) -> None:
        """Read everything again, but wait a moment only: lists fill at once after a login, and a slow Alyx stops
        nobody (1,328 brain regions take it more than a second)."""
        refresh = self.refresh(key)
        try:
            await self._runtime.wait_for(asyncio.shield(refresh), WARM_PATIENCE)
        except TimeoutError:
            return

    async def _refresh(self, key: AccountKey, kinds: tuple[str, ...]) -> None:
        await asyncio.gather(*(self.read_or_known(key, kind) for kind in kinds))

    async def stop(self) -> None:
        """End the refreshes that run."""
        for task in list(self._refreshes):
            task.cancel()
        await asyncio.gather(*self._refreshes, return_exceptions=True)

    def listed(self, key: AccountKey, kinds: Iterable[str]) -> list[tuple[str, list[str], str]]:
        """(kind, sorted names, when read) for each; all kinds for none. What is old is read again behind the answer.

        Raises InvalidInput for an unknown kind.
        """
        wanted = tuple(kinds) or SHOWN
        for kind in wanted:
            if kind not in SHOWN:
                hint = f"Ask for {', '.join(SHOWN)}."
                raise InvalidInput(f"There are no choices of {kind!r}.", about="kind", hint=hint)
        old = [kind for kind in wanted if self._is_old(key, kind)]
        if old:
            self.refresh(key, old)
        return [(kind, sorted(self.known(key, kind).records), self.known(key, kind).read_at) for kind in wanted]

    def _is_old(self, key: AccountKey, kind: str) -> bool:
        asked = self._asked.get((key.alyx_url, kind))
        return asked is None or self._runtime.monotonic() - asked > FRESH_SECONDS


def _reduced(kind: Kind, record: Json) -> Json:
    kept: dict[str, Any] = {"name": str(record[kind.name])}
    if kind is KINDS["repositories"] and (share := repository_address.share(record)):
        kept[repository_address.SHARE] = share
    return kept | {field: record.get(field) for field in kind.fields}
