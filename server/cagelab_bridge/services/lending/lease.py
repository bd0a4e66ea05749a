"""One lease: what it holds, and what it allows."""

from __future__ import annotations

import asyncio
import math
import re
from dataclasses import dataclass, field
from typing import Any

from cagelab_bridge.errors import InvalidInput
from cagelab_bridge.models import AccountKey, Grant
from cagelab_bridge.ports import NO_TOKEN
from cagelab_bridge.ports.rigs import LentStore, Loan
from cagelab_bridge.secret import Secret

LONGEST = 12 * 3600.0  # seconds a lease may last
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,62}")


@dataclass(kw_only=True, eq=False)
class Lease:
    """Credentials a control PC lent, until `end` (monotonic seconds). The versions tell when a secret was replaced."""

    id: str
    owner: str  # fingerprint of the control PC
    owner_name: str
    session_id: str  # "": ahead, for any session
    account: AccountKey
    end: float
    token: Secret = NO_TOKEN
    token_version: int = 0
    refused_until: float = -math.inf
    store: LentStore | None = None
    store_version: int = 0
    ended: bool = False
    users: set[asyncio.Future[Any]] = field(default_factory=set)  # what works at the store under it just now

    def take(self, loan: Loan) -> tuple[bool, bool]:
        """Put new secrets in the place of the old, and keep what is not sent again; whether token and store changed."""
        token = bool(loan.token) and loan.token != self.token
        if token:
            self.token, self.token_version = loan.token, self.token_version + 1
            self.refused_until = -math.inf
        store = loan.store is not None and loan.store != self.store
        if store:
            self.store, self.store_version = loan.store, self.store_version + 1
        return token, store

    def drop(self) -> None:
        """Forget the secrets, and stop what works with them."""
        self.ended = True
        self.token, self.store = NO_TOKEN, None
        for task in self.users:
            task.cancel()


def covers(store: LentStore, endpoint: str, bucket: str, key: str) -> bool:
    """True for an object that the lease speaks of: at that address, in that bucket, below that prefix."""
    plain = not {"", ".", ".."} & set(key.split("/"))
    return (store.endpoint, store.bucket) == (endpoint, bucket) and key.startswith(store.prefix) and plain


def check(loan: Loan) -> None:
    """Raise InvalidInput for a loan that cannot be one."""
    if not ID.fullmatch(loan.lease_id):
        raise InvalidInput("The id of a lease is a UUID.", about="lease")
    if not 0 < loan.seconds <= LONGEST:  # false for NaN too
        raise InvalidInput(f"A lease lasts up to {LONGEST / 3600:.0f} hours.", about="seconds")
    if loan.store is not None:
        if not loan.session_id:
            raise InvalidInput("A store is lent to a session, not ahead.", about="store")
        _check_store(loan.store)


def _check_store(store: LentStore) -> None:
    parts = store.prefix.split("/")
    if not BUCKET.fullmatch(store.bucket) or parts[-1] or len(parts) < 2 or {"", ".", ".."} & set(parts[:-1]):
        raise InvalidInput("A store is lent by its bucket and a prefix that ends in /.", about="store")
    keys = bool(store.access_key and store.secret_key)
    if store.grant is Grant.NONE or keys == (store.grant is Grant.SIGNED):
        raise InvalidInput("A store is lent with its keys, or request by request.", about="store")
