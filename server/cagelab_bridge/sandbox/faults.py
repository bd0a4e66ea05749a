"""Faults a sandbox is told to have: what happens to which request. No clocks, no sockets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Literal, get_args

from .alyx.messages import Request, Response, json_response
from .alyx.problems import Refused
from .alyx.throttle import Throttle

Kind = Literal["down", "slow", "error", "lost", "late", "throttle", "race"]
KINDS: tuple[str, ...] = get_args(Kind)


@dataclass
class Fault:
    """One fault.

    `down` closes the connection, nothing is executed. `slow` executes, and answers after `delay_s` seconds. `error`
    answers `status` before (default) or after the effect. `lost` executes and closes without an answer. `late` closes
    without an answer and executes `delay_s` seconds later. `throttle` answers 429 beyond `per_minute` requests of one
    user. `race` treats a register-file as if another one for the same file ran beside it: Alyx 3.6.1 then keeps two
    datasets and answers the second one 400.

    `method` and `path` (a regular expression, searched in path and query) say which requests are meant, `skip` lets
    so many of them pass first, `count` is how many are hit; None means until the fault is removed.
    """

    kind: Kind
    method: str = ""
    path: str = ""
    skip: int = 0
    count: int | None = None
    delay_s: float = 0.0
    status: int = 500
    after: bool = False
    per_minute: int = 550
    hits: int = 0
    _throttle: Throttle = field(default_factory=Throttle, repr=False)

    def matches(self, request: Request) -> bool:
        """Whether the fault hits this request; counts it."""
        if self.method and self.method.upper() != request.method:
            return False
        if not re.search(self.path, request.target):
            return False
        if self.count is not None and self.hits >= self.count + self.skip:
            return False
        self.hits += 1
        return self.hits > self.skip

    def throttled(self, request: Request, now: datetime) -> Response | None:
        """429 when the user of this request sent too many in the last minute."""
        self._throttle.limit = self.per_minute
        try:
            self._throttle.admit(request.headers.get("authorization", ""), now)
        except Refused as refusal:
            return json_response(429, {**refusal.body, "status_code": 429}, refusal.headers)
        return None

    def as_json(self) -> dict[str, object]:
        """The fault as the control path shows it."""
        return {one.name: getattr(self, one.name) for one in fields(self) if not one.name.startswith("_")}


@dataclass(frozen=True)
class Verdict:
    """What to do with one request.

    Execute it at once (`execute`), after `execute_in_s` seconds, or never; send `answer` or, when that is None and
    `silent` is False, the answer of the execution, after `delay_s` seconds. `race` asks for the two datasets.
    """

    execute: bool = True
    execute_in_s: float | None = None
    answer: Response | None = None
    silent: bool = False
    delay_s: float = 0.0
    race: bool = False


PASS = Verdict()


class FaultError(ValueError):
    """A fault that cannot be understood; the text says why."""


class FaultPlan:
    """The faults in force; the first that hits a request decides."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Put a fault in force."""
        self.faults.append(fault)
        return fault

    def clear(self) -> None:
        """Remove all faults."""
        self.faults.clear()

    def replace(self, entries: object) -> None:
        """Put exactly these faults in force, given as JSON. Raises FaultError and changes nothing when one is wrong."""
        if not isinstance(entries, list):
            raise FaultError("Faults are a JSON list of objects, each with a kind.")
        self.faults = [fault_from(entry) for entry in entries]

    def decide(self, request: Request, now: datetime) -> Verdict:
        """What to do with this request at this time."""
        for fault in self.faults:
            if not fault.matches(request):
                continue
            if fault.kind != "throttle":
                return _verdict(fault)
            if answer := fault.throttled(request, now):
                return Verdict(execute=False, answer=answer)
        return PASS


def _verdict(fault: Fault) -> Verdict:
    if fault.kind == "down":
        return Verdict(execute=False, silent=True)
    if fault.kind == "slow":
        return Verdict(delay_s=fault.delay_s)
    if fault.kind == "error":
        body = {"status_code": fault.status, "detail": "The sandbox was told to fail here."}
        return Verdict(execute=fault.after, answer=json_response(fault.status, body), delay_s=fault.delay_s)
    if fault.kind == "lost":
        return Verdict(silent=True, delay_s=fault.delay_s)
    if fault.kind == "race":
        return Verdict(race=True)
    return Verdict(execute=False, execute_in_s=fault.delay_s, silent=True)


def fault_from(entry: object) -> Fault:
    """A fault given as JSON. Raises FaultError."""
    if not isinstance(entry, Mapping) or entry.get("kind") not in KINDS:
        raise FaultError(f"Each fault needs a kind, one of {', '.join(KINDS)}.")
    known = {one.name for one in fields(Fault) if not one.name.startswith("_") and one.name != "hits"}
    unknown = sorted(set(entry) - known - {"hits"})
    if unknown:
        raise FaultError(f"A fault has no {unknown[0]!r}; it has {', '.join(sorted(known))}.")
    values = {name: value for name, value in entry.items() if name in known}
    try:
        re.compile(str(values.get("path", "")))
    except re.error as error:
        raise FaultError(f"The path of a fault is a regular expression: {error}.") from None
    return Fault(**values)
