"""Reading any Alyx record, and writing the few kinds that callers may write."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

from cagelab_bridge.errors import InvalidInput, Refused
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import AccountKey, Submission
from cagelab_bridge.ports import Json, Page, Runtime
from cagelab_bridge.services.accounts.accounts import Accounts
from cagelab_bridge.services.delivery.submission_delivery import LOOK, TIMED
from cagelab_bridge.services.documents import decoded, digest
from cagelab_bridge.services.lab_time import LabTime, checked_time
from cagelab_bridge.services.repository_address import SHARE

QUANTITIES = ("weight", "water_administered")  # grams, millilitres
LIMIT = 5000  # records of a list, unless asked otherwise
LARGEST = 100_000
PLACES = frozenset({"bucket_name", SHARE})  # what the json of a new repository may say
PATIENCE = 2.0  # seconds a creating call waits for Alyx
# Records that a caller may change. Datasets and files are marked by the bridge alone.
CHANGEABLE = (
    "sessions/",
    "subjects/",
    "weighings/",
    "water-administrations/",
    "notes/",
    "dataset-types/",
    "data-repository/",
    "labs/",
)


class Queries:
    """Questions to Alyx, and small records for it."""

    def __init__(
        self, journal: Journal, accounts: Accounts, runtime: Runtime, clock: LabTime, wake: Callable[[], None]
    ) -> None:
        self._journal = journal
        self._accounts = accounts
        self._runtime = runtime
        self._clock = clock
        self._wake = wake

    async def read(self, key: AccountKey, path: str, limit: int) -> Page:
        """Records of `path`. Raises InvalidInput, RecordMissing, Refused, Unreachable …"""
        if not path.strip():
            raise InvalidInput("No path was given.", about="path", hint='Ask for one, such as "sessions?subject=…".')
        if limit < 0 or limit > LARGEST:
            raise InvalidInput(f"A limit of {limit} is outside 0 to {LARGEST}.", about="limit")
        return await (await self._accounts.awake(key)).read_page(path, limit or LIMIT)

    async def change(self, key: AccountKey, path: str, text: str) -> Json:
        """PATCH a record now. Raises InvalidInput for a record that may not be changed."""
        if not path.startswith(CHANGEABLE):
            raise InvalidInput(
                f"{path} may not be changed through the bridge.",
                about="path",
                hint=f"It may be one of {', '.join(kind + '…' for kind in CHANGEABLE)}.",
            )
        return await (await self._accounts.awake(key)).change(path, decoded(text))

    async def create(self, key: AccountKey, request_id: str, path: str, text: str) -> Submission:
        """Accept a new record, wait a moment for Alyx. Raises Refused when Alyx says no while we wait."""
        if path not in LOOK:
            raise InvalidInput(
                f"{path!r} may not be written through the bridge.", about="path", hint=f"One of: {', '.join(LOOK)}."
            )
        if not request_id:
            raise InvalidInput(
                "A new record needs a request_id.",
                about="request_id",
                hint="Make one for each record and keep it for repetitions, so that nothing is recorded twice.",
            )
        body = decoded(text)
        _demand_no_key(path, body)
        content = digest(path, body)
        made = self._journal.requests.outcome("Submit", request_id, content)
        identity = made or self._accepted(key, request_id, content, path, body)
        submission = await self._settled(identity)
        if submission.trouble.blocked and not submission.delivered:
            self._journal.submissions.refused(identity)
            submission = self._journal.submissions.get(identity)
        if submission.delivered and not submission.answer:
            raise Refused(submission.trouble.reason, hint=submission.trouble.hint)
        return submission

    def _accepted(self, key: AccountKey, request_id: str, content: str, path: str, body: Json) -> str:
        if path in TIMED:
            # A record delivered days later still says when it was made.
            body = {TIMED[path]: self._clock.naive()} | _normal(body, TIMED[path])
        submission = Submission(
            id=self._runtime.new_id(),
            account=key,
            path=path,
            body=json.dumps(body),
            accepted_at=self._clock.stamp(),
        )
        with self._journal.transaction("submit"):
            self._journal.submissions.insert(submission)
            self._journal.requests.remember("Submit", request_id, content, submission.id, submission.accepted_at)
        self._wake()
        return submission.id

    async def _settled(self, identity: str) -> Submission:
        settled = asyncio.Event()

        def look(kind: str, changed: str) -> None:
            if (kind, changed) == ("submission", identity):
                submission = self._journal.submissions.get(identity)
                if submission.delivered or submission.trouble.reason:
                    settled.set()

        submission = self._journal.submissions.get(identity)
        if submission.delivered:
            return submission
        stop = self._journal.listen(look)
        try:
            await self._runtime.wait_for(settled.wait(), PATIENCE)
        except TimeoutError:
            pass  # accepted is an answer: delivery goes on behind it
        finally:
            stop()
        return self._journal.submissions.get(identity)


def _demand_no_key(path: str, body: Json) -> None:
    """What is made is written into the journal, which holds no secret. ONE takes a store's keys from a repository's
    json, where everybody who may read Alyx reads them. Raises InvalidInput."""
    if path != "data-repository":
        return
    facts = decoded(json.dumps(body.get("json") or {}))
    if set(facts) - PLACES or "@" in str(facts.get(SHARE)):  # what stands before it may be a password
        raise InvalidInput(
            f"The json of a new data repository may hold {' and '.join(sorted(PLACES))} only.",
            about="json",
            hint="Leave keys of a store out of Alyx: readers take them from their own environment.",
        )


def _normal(body: Json, timed: str) -> Json:
    """The body as Alyx answers it: one form of time, numbers as numbers. After a lost answer it is found by these."""
    told = {name: _number(value) if name in QUANTITIES else value for name, value in body.items() if value is not None}
    if timed in told:
        told[timed] = checked_time(str(told[timed]).strip().replace(" ", "T", 1))
    return told


def _number(value: object) -> object:
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value  # Alyx says what is wrong with it
