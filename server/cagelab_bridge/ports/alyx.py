"""Alyx, as one account sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from cagelab_bridge.models import AccountKey
from cagelab_bridge.ports.computer import Json
from cagelab_bridge.secret import Secret


@dataclass(frozen=True, kw_only=True)
class Page:
    """Records of a list, as Alyx wrote them."""

    text: str  # a JSON array (is_list) or object
    is_list: bool
    count: int
    total: int
    truncated: bool


class Alyx(Protocol):
    """One Alyx account's view of Alyx. Every method raises RemoteError and its kin; see errors.py for `executed`."""

    key: AccountKey

    async def read(self, path: str) -> Json:
        """One record: "sessions/<id>"."""

    async def read_list(self, path: str, limit: int = 5000) -> list[Json]:
        """The records of a list, all pages, decoded."""

    async def read_page(self, path: str, limit: int) -> Page:
        """The records of a list (all pages, in order) or one record, as JSON text."""

    async def create(self, path: str, body: Json) -> Json | list[Json]:
        """POST; the created record (register-file answers a list)."""

    async def change(self, path: str, body: Json) -> Json:
        """PATCH; the changed record."""

    async def remove(self, path: str) -> None:
        """DELETE; a record that is not there counts as removed."""

    @property
    def clock_ahead(self) -> float | None:
        """Seconds this computer's clock is ahead of Alyx's Date header; None before the first answer."""


class AlyxDoor(Protocol):
    """Makes connections to Alyx."""

    def address(self, text: str) -> str:
        """The one way to write that base address; raises InvalidInput."""

    def demand_safe(self, base: str) -> None:
        """Raises NotLoggedIn (about "insecure") where secrets may not go to that address, because it is plain http."""

    async def log_in(self, key: AccountKey, password: Secret) -> Secret:
        """Prove the account; the token. Raises LoginRefused, Unreachable …"""

    def connect(self, key: AccountKey, token: Secret) -> Alyx:
        """A connection that uses the token."""

    async def close(self) -> None:
        """Close all connections."""
