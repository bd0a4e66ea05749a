"""What a control PC says to its rigs and hears from them, without protobuf: `RigDoor` and `RigLink`, and their words.

For one caller only, the services of a control PC: import it by its own name.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from cagelab_bridge.errors import Finding
from cagelab_bridge.models import AccountKey, Grant, Need, Peer
from cagelab_bridge.ports.store import NO_TOKEN
from cagelab_bridge.secret import Secret


class Kind(StrEnum):
    """What a rig tells of."""

    SESSION = "session"
    TRANSFER = "transfer"


@dataclass(frozen=True, kw_only=True)
class Told:
    """A session or transfer as a rig told it: `message` is the contract's message as JSON text."""

    kind: Kind
    id: str
    message: str


@dataclass(frozen=True, kw_only=True)
class SignRequest:
    """One request to the store that a rig wants signed; nothing of it is believed yet."""

    id: str
    session_id: str
    lease_id: str
    method: str
    bucket: str
    key: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    content_sha256: str
    moment: str


@dataclass(frozen=True, kw_only=True)
class Signed:
    """The answer: all headers to send, or why there are none."""

    id: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    refusal: str = ""


@dataclass(frozen=True, kw_only=True)
class NeedsNews:
    """One message of a rig's needs: all of them (None: they did not change), and requests to sign."""

    needs: tuple[Need, ...] | None = None
    to_sign: tuple[SignRequest, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LentStore:
    """What a lease lets a rig do at the store. The keys are empty where requests are signed one by one."""

    grant: Grant
    endpoint: str
    bucket: str
    prefix: str  # ends in "/"
    region: str = ""
    access_key: str = ""
    secret_key: Secret = NO_TOKEN
    session_token: Secret = NO_TOKEN


@dataclass(frozen=True, kw_only=True)
class Loan:
    """What is pushed to a rig: for one session, or ahead (session_id ""); without a token while Alyx is away."""

    lease_id: str
    session_id: str
    seconds: float
    account: AccountKey
    token: Secret = NO_TOKEN
    store: LentStore | None = None


@dataclass(frozen=True, kw_only=True)
class RigStatus:
    """What a rig says of itself."""

    version: str = ""
    sandbox: bool = False
    sessions_open: int = 0
    files_waiting: int = 0
    files_blocked: int = 0
    notices: tuple[Finding, ...] = ()
    clocks: Mapping[str, float] = field(default_factory=dict)  # seconds its clock is ahead of that server's, by address


@dataclass(frozen=True, kw_only=True)
class FilesWanted:
    """Which files of a transfer."""

    only_blocked: bool = False
    summary_only: bool = False
    page_size: int = 0
    page_token: str = ""


class RigLink(Protocol):
    """A connection to one rig. Raises PeerTrouble and its kin, DeadlineExceeded."""

    async def status(self) -> RigStatus:
        """How it is."""

    async def told(self, kind: Kind, limit: int) -> list[Told]:
        """Its newest sessions or transfers."""

    async def transfer(self, identity: str, wanted: FilesWanted) -> tuple[str, str]:
        """A transfer with a page of its files, as JSON text, and the token of the next page ("" for none)."""

    def changes(self) -> AsyncIterator[Told]:
        """Everything unfinished, then each change."""

    def needs(self) -> AsyncIterator[NeedsNews]:
        """Its needs, now and after each change; and what it wants signed."""

    async def push(self, loan: Loan) -> None:
        """Lend, renew or complete."""

    async def refuse(self, session_id: str, finding: Finding) -> None:
        """Say why nothing is lent."""

    async def sign(self, signed: Sequence[Signed]) -> None:
        """Answer requests to sign."""

    async def revoke(self, lease_id: str) -> None:
        """End a lease at once."""

    async def close(self) -> None:
        """Hang up."""


class RigDoor(Protocol):
    """Makes connections to rigs."""

    def connect(self, peer: Peer) -> RigLink:
        """A connection to the rig; dials at the first call."""
