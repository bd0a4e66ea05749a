"""Looks at all of it, over the calls of the bridge, and writes what may be written."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Iterator
from uuid import uuid4

from cagelab_bridge._gen.cagelab.bridge.v1 import query_pb2, session_pb2, status_pb2
from cagelab_bridge.cli.client import Client
from cagelab_bridge.cli.failure import CallFailed
from cagelab_bridge.cli.setting_up import kinds, people, repositories, shares
from cagelab_bridge.cli.setting_up.database import read
from cagelab_bridge.cli.setting_up.step import Step, Write
from cagelab_bridge.errors import Code

SECONDS = 60.0
LIMIT = 100_000
WORDS = {
    session_pb2.SEVERITY_ERROR: "error",
    session_pb2.SEVERITY_WARNING: "warning",
    session_pb2.SEVERITY_INFO: "info",
}
ALYX_AWAY = frozenset({Code.UNAVAILABLE, Code.UNAUTHENTICATED})


class Work:
    """Setup of one Alyx."""

    def __init__(self, client: Client, account: str, alyx_url: str, *, share: str = "", repository: str = "") -> None:
        """`share`: one whose record is to be there, under the name `repository`."""
        self._client = client
        self._share = share
        self._repository = repository
        self._account = account
        self._alyx_url = alyx_url

    def look(self) -> list[Step]:
        """Everything, as it is. Raises CallFailed."""
        database = read(self._url(), self._ask)
        looks: Iterable[Iterator[Step]] = (
            people.look(database),
            shares.wanted(database, self._share, self._repository) if self._share else iter(()),
            repositories.look(database, self._probe),
            kinds.types(database),
            kinds.formats(database),
        )
        return [step for group in looks for step in group]

    def do(self, step: Step) -> Step:
        """Write what it says; the step as it turned out. Raises CallFailed when Alyx is away."""
        assert step.write is not None  # there is something to be written
        try:
            answer = self._submit(step.write)
        except CallFailed as problem:
            if problem.failure.code in ALYX_AWAY:
                raise
            return dataclasses.replace(
                step, word="error", message=f"Alyx refused it: {problem.failure.message}", hint=problem.failure.hint
            )
        if not answer.delivered:
            message = f"Accepted, and delivered later: {answer.reason}"
            return dataclasses.replace(step, word="warning", message=message, hint="Run setup again then.")
        said = "It is there now." if step.word == "create" or not step.hint else step.hint
        return dataclasses.replace(step, word="done", message=said, hint="")

    def _url(self) -> str:
        if self._alyx_url:
            return self._alyx_url.rstrip("/")
        accounts = self._client.call(self._client.bridge.GetStatus, status_pb2.GetStatusRequest()).accounts
        known = [one.alyx_url for one in accounts if self._account in ("", one.username)]
        return known[0].rstrip("/") if known else ""

    def _ask(self, path: str) -> str:
        request = query_pb2.QueryRequest(path=path, limit=LIMIT, account=self._account, alyx_url=self._alyx_url)
        return self._client.call(self._client.bridge.Query, request, SECONDS).json

    def _probe(self, name: str) -> list[tuple[str, str, str]]:
        """What the pre-flight says of the bucket: it begins an upload there and gives it up."""
        request = session_pb2.CheckSessionRequest(repository=name, account=self._account, alyx_url=self._alyx_url)
        found = self._client.call(self._client.bridge.CheckSession, request, SECONDS).findings
        return [(WORDS[one.severity], one.message, one.hint) for one in found if one.field == "store"]

    def _submit(self, write: Write) -> query_pb2.SubmitResponse:
        request = query_pb2.SubmitRequest(
            request_id="" if write.change else f"setup {uuid4()}",
            method=query_pb2.SUBMIT_METHOD_CHANGE if write.change else query_pb2.SUBMIT_METHOD_CREATE,
            path=write.path,
            json=json.dumps(write.body, ensure_ascii=False),
            account=self._account,
            alyx_url=self._alyx_url,
        )
        return self._client.call(self._client.bridge.Submit, request, SECONDS)


def settle(look: Callable[[], list[Step]], do: Callable[[Step], Step], agrees: Callable[[Step], bool]) -> list[Step]:
    """Each step as it turned out, what was done first: what is missing is made, what is offered is done where somebody
    agrees. Then it is looked at again: one thing that is right lets another be seen."""
    tried: dict[Step, Step] = {}
    while True:
        steps = look()
        pending = [step for step in steps if step.write is not None and _key(step) not in tried]
        if not pending:
            return _outcome(steps, tried)
        for step in pending:
            agreed = step.word == "create" or agrees(step)
            tried[_key(step)] = do(step) if agreed else dataclasses.replace(step, word="left")


def _outcome(steps: list[Step], tried: dict[Step, Step]) -> list[Step]:
    """What was done, then what the last look saw of the rest."""
    wanting = {_key(step) for step in steps if step.write is not None}
    done = [step for key, step in tried.items() if step.word == "done" and key not in wanting]
    named = {(step.about, step.name) for step in done}
    rest = [_again(step, tried) for step in steps if step.word != "ok" or (step.about, step.name) not in named]
    return done + rest


def _again(step: Step, tried: dict[Step, Step]) -> Step:
    """A step of the last look; what was written and is still wanting was not kept."""
    before = tried.get(_key(step), step)
    if before.word != "done":
        return before
    return dataclasses.replace(step, word="error", message=f"Alyx did not keep what was written: {step.message}")


def _key(step: Step) -> Step:
    """The step without what cannot be compared."""
    return dataclasses.replace(step, write=None)
