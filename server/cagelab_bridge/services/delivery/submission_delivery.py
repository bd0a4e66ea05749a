"""Carrying accepted records (weighings, water, notes, dataset types, what setup makes) to Alyx, each exactly once."""

from __future__ import annotations

import json
from datetime import datetime
from urllib.parse import quote

from cagelab_bridge.errors import Executed, RemoteError
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import Submission
from cagelab_bridge.ports import Alyx, Json
from cagelab_bridge.services.accounts.accounts import Accounts
from cagelab_bridge.services.delivery.quarantine import Quarantine

# Where to look for a record whose answer was lost, and which fields tell it. The times of acceptance have
# microseconds, so no two records agree in them by chance.
LOOK: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "weighings": ("weighings?nickname={}", "subject", ("date_time", "weight")),
    "water-administrations": ("water-administrations?nickname={}", "subject", ("date_time", "water_administered")),
    "notes": ("notes?object_id={}", "object_id", ("date_time", "text")),
    "dataset-types": ("dataset-types?name={}", "name", ("name",)),
    "data-formats": ("data-formats", "name", ("name",)),  # Alyx 3.6.1 has no filter for it, and few of them
    "data-repository": ("data-repository?name={}", "name", ("name",)),
}
# The field that carries the time of acceptance.
TIMED = {"weighings": "date_time", "water-administrations": "date_time", "notes": "date_time"}


class SubmissionDelivery:
    """Posts what is due, remembering the intent first."""

    def __init__(self, journal: Journal, accounts: Accounts, quarantine: Quarantine) -> None:
        self._journal = journal
        self._accounts = accounts
        self._quarantine = quarantine

    async def carry(self, submission: Submission) -> None:
        """Deliver one record. Raises what stands in the way."""
        alyx = await self._accounts.awake(submission.account)
        record = None
        if submission.intent:
            record = await self._look(alyx, submission)
            if record is None:
                self._quarantine.check(submission.id)
        if record is None:
            record = await self._post(alyx, submission)
        self._journal.submissions.delivered(submission.id, json.dumps(record))
        self._quarantine.end(submission.id)

    async def _post(self, alyx: Alyx, submission: Submission) -> Json:
        self._journal.submissions.intend(submission.id, under_way=True)
        self._quarantine.begin(submission.id)
        try:
            answer = await alyx.create(submission.path, json.loads(submission.body))
        except RemoteError as error:
            if error.executed is Executed.NO:
                self._journal.submissions.intend(submission.id, under_way=False)
            raise
        assert isinstance(answer, dict)  # these collections answer one record to one record
        return answer

    async def _look(self, alyx: Alyx, submission: Submission) -> Json | None:
        question, field, told_by = LOOK[submission.path]
        body: Json = json.loads(submission.body)
        found = await alyx.read_list(question.format(quote(str(body.get(field, "")))))
        same = (record for record in found if all(_agree(record.get(name), body.get(name)) for name in told_by))
        return next(same, None)


def _agree(theirs: object, ours: object) -> bool:
    """The same value; Alyx leaves the microseconds away where they are zero."""
    if theirs == ours:
        return True
    try:
        return datetime.fromisoformat(str(theirs)) == datetime.fromisoformat(str(ours))
    except ValueError:
        return False
