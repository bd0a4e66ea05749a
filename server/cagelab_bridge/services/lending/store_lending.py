"""What of the store a rig is lent for one session: found out by this bridge itself, never by the rig's word."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import re
from typing import Any

from cagelab_bridge.errors import BridgeError, Finding, Refused, WrongState
from cagelab_bridge.models import AccountKey, Grant, Lending, Need
from cagelab_bridge.ports import Alyx, Json, Place, Runtime, StoreDoor, StoreKeys
from cagelab_bridge.ports.rigs import LentStore
from cagelab_bridge.services import repository_address
from cagelab_bridge.services.accounts.accounts import Accounts
from cagelab_bridge.services.accounts.choices import Choices
from cagelab_bridge.services.accounts.credentials import Credentials
from cagelab_bridge.services.lending import lending_policy

MOMENT = 5.0  # seconds
MANY = 100_000  # datasets of a session
MOST_FOLDERS = 4  # of one session, besides its own
NOBODY = "00000000-0000-0000-0000-000000000000"  # stands for a dataset where only the folder is asked for
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FOLDER = re.compile(r"(?!\.)[^/\\%*?\x00-\x1f\x7f]+")
_PATH = re.compile(r"(?P<subject>[^/]+)/(?P<day>\d{4}-\d{2}-\d{2})/(?P<number>\d{1,3})/")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
log = logging.getLogger(__name__)


class StoreLending:
    """Reads the session and the repository from Alyx with this bridge's own token, and lends below that prefix."""

    def __init__(
        self, accounts: Accounts, choices: Choices, credentials: Credentials, stores: StoreDoor, runtime: Runtime
    ) -> None:
        self._accounts = accounts
        self._choices = choices
        self._credentials = credentials
        self._stores = stores
        self._runtime = runtime
        self._first: dict[tuple[str, str, str], asyncio.Lock] = {}
        self._reading: dict[AccountKey, asyncio.Lock] = {}
        self._read: dict[AccountKey, tuple[float, dict[str, Json]]] = {}  # monotonic seconds, and what was read
        self._asked: set[tuple[str, str, str]] = set()

    async def lend(
        self, key: AccountKey, need: Need, lending: Lending, *, lab: str, forwarded: bool, seconds: float
    ) -> tuple[tuple[LentStore, ...], float]:
        """What is lent, the session's folder first, and for how many seconds at most.

        Raises Refused or WrongState when the session is not what the rig says or the policy forbids it,
        NoCredentials without a key pair, RemoteError and its kin.
        """
        alyx = await self._accounts.awake(key)
        record = await self._session(alyx, need)
        forbidden = self._forbidden(record, need, lending, lab=lab, forwarded=forwarded)
        if forbidden:
            raise WrongState(forbidden.message, about=forbidden.field, hint=forbidden.hint)
        lent: list[LentStore] = []
        for subject, number in dict.fromkeys((_folder(record), *await self._older(alyx, need, record, lending))):
            place = await self._place(key, need.repository, record | {"subject": subject, "number": number})
            keys = await self._credentials.own_keys(place.endpoint)
            prefix = place.key.rpartition("/")[0] + "/"
            store, seconds = await self._granted(keys, place, prefix, lending, seconds)
            lent.append(store)
        return tuple(lent), seconds

    async def _older(self, alyx: Alyx, need: Need, record: Json, lending: Lending) -> list[tuple[str, int]]:
        """The other folders of a session whose subject was corrected: what was registered before keeps its place.

        Subject and number each; only those of that day in which files wait to be stored, and of allowed subjects.
        """
        subjects = _old_subjects(record)
        if lending.subjects:
            subjects &= set(lending.subjects)
        if not subjects:
            return []
        day, found = str(record.get("start_time") or "")[:10], []
        for dataset in await alyx.read_list(f"datasets?session={need.alyx_id}", limit=MANY):
            for entry in dataset["file_records"]:
                path = _PATH.match(str(entry["relative_path"]))
                waits = entry["data_repository"] == need.repository and not entry["exists"]
                if path and waits and path["day"] == day and path["subject"] in subjects:
                    found.append((path["subject"], int(path["number"])))
        return list(dict.fromkeys(found))[:MOST_FOLDERS]

    async def _session(self, alyx: Alyx, need: Need) -> Json:
        """The session's record, if it is that of this session of the rig."""
        if not _UUID.fullmatch(need.alyx_id):
            raise Refused("The rig names a session of Alyx that cannot be one.", about="session")
        record = await alyx.read(f"sessions/{need.alyx_id}")
        facts = record.get("json")
        mark = facts.get("cagelab") if isinstance(facts, dict) else None
        if not isinstance(mark, dict) or mark.get("bridge_session") != need.session_id:
            raise Refused("The record in Alyx is that of another session.", about="session")
        return record

    def _forbidden(self, record: Json, need: Need, lending: Lending, *, lab: str, forwarded: bool) -> Finding | None:
        """What the policy says to the session as Alyx has it."""
        true = dataclasses.replace(
            need,
            subject=str(record.get("subject") or ""),
            lab=str(record.get("lab") or ""),
            projects=tuple(record.get("projects") or ()),
        )
        return lending_policy.forbids(lending, true, lab=lab, forwarded=forwarded)

    async def _place(self, key: AccountKey, repository: str, record: Json) -> Place:
        """Where an object of the session lies."""
        known = (await self._repositories(key)).get(repository)
        if known is None:
            raise Refused(f"Alyx has no data repository {repository}.", about="repository")
        day, number = str(record.get("start_time") or "")[:10], record.get("number")
        if not _DAY.fullmatch(day) or not isinstance(number, int):
            raise Refused("The record in Alyx has no day or no number.", about="session")
        subject = str(record.get("subject") or "")
        if not _FOLDER.fullmatch(subject):
            raise Refused(f"The subject {subject!r} cannot be the name of a folder.", about="subject")
        address = repository_address.address(known)
        return self._stores.locate(address, f"{subject}/{day}/{number:03d}/x", NOBODY)

    async def _repositories(self, key: AccountKey) -> dict[str, Json]:
        """As Alyx has them now; many rigs that ask within a moment are told the same."""
        async with self._reading.setdefault(key, asyncio.Lock()):
            at, records = self._read.get(key, (float("-inf"), {}))
            if self._runtime.monotonic() - at > MOMENT:
                records = (await self._choices.read(key, "repositories")).records
                self._read[key] = (self._runtime.monotonic(), records)
            return records

    async def _granted(
        self, keys: StoreKeys, place: Place, prefix: str, lending: Lending, seconds: float
    ) -> tuple[LentStore, float]:
        """Temporary keys where the store has them; else no key at all, or the lab's own where that is switched on."""
        where = LentStore(
            grant=Grant.SIGNED, endpoint=keys.endpoint, bucket=place.bucket, prefix=prefix, region=keys.region
        )
        try:
            scoped = await self._scoped(keys, place.bucket, prefix, seconds)
        except BridgeError as error:
            if error.about == "share":
                raise  # a file server: whoever has its password may do anything there
            log.info("no temporary keys of %s: %s", keys.endpoint, error)
            return (_with(where, Grant.RAW, keys) if lending.raw_keys else where), seconds
        left = seconds
        if scoped.expires is not None:
            left = min(seconds, (scoped.expires - self._runtime.now()).total_seconds() + self._ahead(keys.endpoint))
        return _with(where, Grant.SCOPED, scoped), left

    async def _scoped(self, keys: StoreKeys, bucket: str, prefix: str, seconds: float) -> StoreKeys:
        """The first question to a store goes alone: what it finds out is remembered, and spares many rigs the same."""
        store = (keys.endpoint, keys.access_key, bucket)
        async with self._first.setdefault(store, asyncio.Lock()):
            if store not in self._asked:
                try:
                    return await self._stores.scoped_keys(keys, bucket, prefix, seconds)
                finally:
                    self._asked.add(store)
        return await self._stores.scoped_keys(keys, bucket, prefix, seconds)

    def _ahead(self, endpoint: str) -> float:
        """Seconds this computer's clock is ahead of the store's."""
        return next((ahead or 0.0 for held, _, ahead in self._credentials.states() if held.endpoint == endpoint), 0.0)


def _folder(record: Json) -> tuple[Any, Any]:
    return record.get("subject"), record.get("number")


def _old_subjects(record: Json) -> set[str]:
    """What the session's subject was before it was corrected, as its bridge noted it."""
    amendments = record["json"]["cagelab"].get("amendments")
    noted = [one for one in amendments if isinstance(one, dict)] if isinstance(amendments, list) else []
    return {str(old) for one in noted if one.get("field") == "subject" for old in one.get("old_values") or ()}


def _with(where: LentStore, grant: Grant, keys: StoreKeys) -> LentStore:
    return dataclasses.replace(
        where,
        grant=grant,
        access_key=keys.access_key,
        secret_key=keys.secret_key,
        session_token=keys.session_token,
        region=keys.region,
    )
