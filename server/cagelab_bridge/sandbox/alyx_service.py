"""One Alyx stand-in with its accounts, clock, faults and memory, still without sockets."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from pathlib import Path

from . import ids
from .alyx.auth import Accounts
from .alyx.core import AlyxCore
from .alyx.messages import Request, Response
from .alyx.schema import Value
from .faults import FaultPlan, Verdict
from .keep import Entry, Keep
from .race import collide
from .seed import World, load

_CHANGING = {"POST", "PUT", "PATCH", "DELETE"}


class AlyxService:
    """Executes requests on the core, writes changing ones to the log first, and replays that log at the start."""

    def __init__(
        self,
        seed: Mapping[str, Value],
        *,
        keep: Path | None = None,
        seed_identity: str = "",
        now: Callable[[], datetime],
        zone: tzinfo,
    ) -> None:
        world: World = load(seed)
        self.accounts = dict(world.accounts)
        self.faults = FaultPlan()
        self._wall = now
        self._moment: datetime | None = None
        self._number = 0
        self._ids = ids.series(secrets.token_hex(16))
        self.core = AlyxCore(world.state, self.now, self._new_id, self._make_accounts(), zone)
        self._keep = None if keep is None else Keep(keep, _digest(seed_identity or seed))
        if self._keep is not None:
            self._replay(self._keep)

    @property
    def store(self) -> Path | None:
        """Where the store keeps its objects when they are to survive a restart."""
        return None if self._keep is None else self._keep.store

    def now(self) -> datetime:
        """Naive local time; while an entry of the log is replayed, the time it had."""
        return self._moment or self._wall()

    def decide(self, request: Request) -> Verdict:
        """What the faults in force do to this request."""
        return self.faults.decide(request, self.now())

    def execute(self, request: Request, *, race: bool = False) -> Response:
        """Execute a request and answer it."""
        user = self._user(request)
        if self._keep is None or user is None or not _changes(request):
            return self._run(request, race=race)
        self._number += 1
        self._moment = self._wall()
        entry = Entry(
            number=self._number,
            at=self._moment.isoformat(),
            user=user,
            method=request.method,
            target=request.target,
            type=request.headers.get("content-type", ""),
            body=base64.b64encode(request.body).decode(),
            race=race,
        )
        self._keep.append(entry)
        return self._run_entry(request, race=race)

    def close(self) -> None:
        """Close the log."""
        if self._keep is not None:
            self._keep.close()

    def _run(self, request: Request, *, race: bool) -> Response:
        return collide(self.core, request) if race else self.core.handle(request)

    def _run_entry(self, request: Request, *, race: bool) -> Response:
        # Ids follow from the number of the entry, so a replay gives the same ones.
        assert self._keep is not None
        self._ids = ids.series(f"{self._keep.salt} {self._number}")
        try:
            return self._run(request, race=race)
        finally:
            self._moment = None

    def _replay(self, keep: Keep) -> None:
        for entry in keep.entries():
            self._number, self._moment = entry.number, entry.moment
            token = self.core.accounts.token(entry.user, self.accounts.get(entry.user, ""))
            headers = {"content-type": entry.type, "authorization": f"Token {token}"}
            self._run_entry(Request(entry.method, entry.target, headers, entry.content), race=entry.race)

    def _user(self, request: Request) -> str | None:
        parts = request.headers.get("authorization", "").split()
        return self.core.accounts.user(parts[1]) if len(parts) == 2 else None

    def _new_id(self) -> str:
        return self._ids()

    def _make_accounts(self) -> Accounts:
        found = Accounts(lambda username: ids.token("sandbox", username, self.accounts[username]))
        for username, password in self.accounts.items():
            found.add(username, password)
        return found


def _changes(request: Request) -> bool:
    if request.path == "/auth-token":
        return False
    # check-protected looks harmless and adds the user to the session it finds.
    return request.method in _CHANGING or request.path == "/check-protected"


def _digest(seed: object) -> str:
    text = seed if isinstance(seed, str) else json.dumps(seed, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
