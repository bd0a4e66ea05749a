"""One session compared on disk, in Alyx and in the store; and mended, where told so."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from dataclasses import dataclass

from cagelab_bridge.errors import BridgeError, Gravity, NotFound, RemoteError, WrongContent
from cagelab_bridge.models import AccountKey
from cagelab_bridge.ports import Alyx
from cagelab_bridge.services.accounts.accounts import Accounts
from cagelab_bridge.services.auditing import file_checks, reading, record_checks
from cagelab_bridge.services.auditing.facts import Facts
from cagelab_bridge.services.auditing.found import Found, Kind, Mend
from cagelab_bridge.services.auditing.gathering import Gathering
from cagelab_bridge.services.auditing.loose_objects import Loose, LooseObjects, Range
from cagelab_bridge.services.auditing.reading import Reading
from cagelab_bridge.services.auditing.repairs import Repairs

READ_TO_BE_SURE = 256 * 2**20  # bytes of an object that is read because its ETag differs: not every ETag is an MD5
DANGER = {Gravity.ERROR: 0, Gravity.WARNING: 1, Gravity.INFO: 2}


@dataclass(frozen=True, kw_only=True)
class Audited:
    """What an audit says of one session; `readable`: ids of the datasets that have an object."""

    facts: Facts
    findings: tuple[Found, ...]
    readable: tuple[str, ...]
    bytes_read: int = 0


class Audit:
    """Compares; `repair` names the findings that may be mended too."""

    def __init__(
        self, accounts: Accounts, gathering: Gathering, reading: Reading, repairs: Repairs, loose: LooseObjects
    ) -> None:
        self._accounts = accounts
        self._gathering = gathering
        self._reading = reading
        self._repairs = repairs
        self._loose = loose

    async def session(self, key: AccountKey, name: str, *, safe: bool = False, repair: Collection[str] = ()) -> Audited:
        """All findings, the gravest first. Raises RecordMissing, InvalidInput, Unreachable …"""
        alyx = await self._accounts.awake(key)
        facts = await self._gathering.facts(alyx, name)
        found = [*record_checks.check(facts), *file_checks.check(facts)]
        found = [one for one in found if one.kind is not Kind.CONTENT or await self._is_sure(facts, one)]
        wanted = {one.id for one in found if (safe and one.mend is Mend.SAFE)}
        wanted |= {one.id for one in found if one.id in repair and one.mend is not Mend.NONE}
        # The last word of a session comes last: a repair of its json behind it would undo it.
        found.sort(key=lambda one: one.kind is Kind.CLOSING_UNDONE)
        told = [await self._mended(alyx, facts, one) if one.id in wanted else one for one in found]
        told.sort(key=lambda one: (DANGER[one.gravity], one.kind, one.what))
        readable = tuple(one.id for one in facts.datasets if one.held is not None)
        return Audited(facts=facts, findings=tuple(told), readable=readable)

    async def content(self, key: AccountKey, name: str, dataset_id: str) -> Audited:
        """What the whole object of one dataset says. Raises NotFound, RecordMissing, Unreachable …"""
        facts = await self._gathering.facts(await self._accounts.awake(key), name)
        dataset = facts.dataset(dataset_id)
        if dataset is None:
            raise NotFound(f"That session has no dataset {dataset_id}.", about="dataset")
        contents = await self._reading.contents(dataset)
        held = dataset.held
        size = held.stored.size if held is not None and held.stored is not None else 0
        found = tuple(reading.check(dataset, contents))
        return Audited(facts=facts, findings=found, readable=(dataset_id,), bytes_read=size)

    async def store(self, key: AccountKey, within: Range) -> Loose:
        """What lies in the stores and belongs to no session. Raises InvalidInput, Unreachable …"""
        return await self._loose.search(await self._accounts.awake(key), within)

    async def _is_sure(self, facts: Facts, found: Found) -> bool:
        """Where it costs little, the object is read: the ETag of an encrypted one is no MD5, and looks like one."""
        dataset = facts.dataset(found.dataset_id)
        assert dataset is not None  # a content has one
        held = dataset.held
        if held is None or held.stored is None or held.stored.size > READ_TO_BE_SURE:
            return True
        return not reading.agrees(dataset, await self._reading.contents(dataset))

    async def _mended(self, alyx: Alyx, facts: Facts, found: Found) -> Found:
        """What stands in the way of one repair is told with it, and stops no other; a server that is away stops all."""
        try:
            outcome = await self._repairs.mend(alyx, facts, found)
        except BridgeError as error:
            if isinstance(error, RemoteError) and error.retryable and not isinstance(error, WrongContent):
                raise
            return dataclasses.replace(found, outcome=f"Not mended: {error.message} {error.hint}")
        return dataclasses.replace(found, repaired=True, outcome=outcome)
