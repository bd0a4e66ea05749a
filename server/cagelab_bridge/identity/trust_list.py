"""The trust list: the peers as they are at this moment, and who is told when they change."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches

from cagelab_bridge.errors import Finding, InvalidInput, PeerUnknown
from cagelab_bridge.identity.peer_files import Found, Mark, PeerFiles
from cagelab_bridge.models import Peer, PeerChange
from cagelab_bridge.ports import Runtime

LOOK_SECONDS = 0.5  # between two looks at the files
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trusted:
    """The list at one moment, never changed: the thread of a handshake may read it at any time."""

    generation: int = 0
    by_fingerprint: dict[str, Peer] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


class TrustList:
    """The bridges this one is paired with; follows the files while it runs."""

    def __init__(self, files: PeerFiles, runtime: Runtime) -> None:
        """Reads the files once. Blocking, briefly."""
        self._files, self._runtime = files, runtime
        self._callbacks: list[Callable[[PeerChange], None]] = []
        self._task: asyncio.Task[None] | None = None
        self._mark: Mark = ()
        self.now = Trusted()
        self._take(*self._look())

    def peers(self) -> list[Peer]:
        """All of them, by name."""
        return sorted(self.now.by_fingerprint.values(), key=lambda peer: peer.name)

    def findings(self) -> tuple[Finding, ...]:
        """Files that could not be believed, and why."""
        return self.now.findings

    def by_fingerprint(self, fingerprint: str) -> Peer | None:
        """The peer with that certificate; None for a stranger."""
        return self.now.by_fingerprint.get(fingerprint)

    def by_name_or_address(self, text: str) -> Peer:
        """The peer of that name or address, or of both as the GUI writes them ("192.168.3.22  pacman-002").

        A name counts more than an address, which may have changed; both must not mean two peers. Raises PeerUnknown,
        InvalidInput.
        """
        words = [word.lower() for word in text.split()]
        if not 1 <= len(words) <= 2:
            raise PeerUnknown("No peer is named.", hint="Name a peer, or its address.")
        named = [peer for peer in self.peers() if peer.name.lower() in words]
        placed = [peer for peer in self.peers() if _addresses(peer) & set(words)]
        found = {peer.name: peer for peer in (*named, *placed)}
        if len(found) > 1:
            raise InvalidInput(
                f"“{' '.join(words)}” means more than one peer: {', '.join(sorted(found))}.",
                about="peer",
                hint="Name one of them.",
            )
        if not found:
            names = [peer.name for peer in self.peers()]
            near = [name for word in words for name in get_close_matches(word, names, n=2)]
            hint = f"Did you mean {' or '.join(dict.fromkeys(near))}?" if near else ""
            raise PeerUnknown(f"No peer “{' '.join(words)}” is paired.", hint=hint)
        return next(iter(found.values()))

    def on_change(self, callback: Callable[[PeerChange], None]) -> None:
        """Call it after each change, in the event loop's thread."""
        self._callbacks.append(callback)

    def refresh(self) -> None:
        """Look at the files now, rather than within half a second. Blocking, for a millisecond or two.

        Not in a thread: the end of a trust must not wait until a store or a keyring that hangs lets one go.
        """
        if self._files.mark() != self._mark:
            self._take(*self._look())

    def start(self) -> None:
        """Follow the files from now on."""
        self._task = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        """Follow them no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _follow(self) -> None:
        while True:
            await self._runtime.sleep(LOOK_SECONDS)
            try:
                self.refresh()
            except Exception:  # a list that cannot be followed must not go on being trusted
                log.exception("the trust list cannot be followed: nobody is trusted until it can")
                self._take((), Found())

    def _look(self) -> tuple[Mark, Found]:
        mark = self._files.mark()  # before reading: what changes meanwhile is seen at the next look
        return mark, self._files.read()

    def _take(self, mark: Mark, found: Found) -> None:
        before = self.now
        after = {peer.fingerprint: peer for peer in found.peers}
        self._mark = mark
        self.now = Trusted(before.generation + 1, after, found.findings)
        for finding in found.findings:
            if finding not in before.findings:
                log.warning("%s is not believed: %s %s", finding.field, finding.message, finding.hint)
        change = _change(before.by_fingerprint, after)
        for peer in change.removed:
            log.warning("%s (%s) is not trusted any more", peer.name, ", ".join(sorted(peer.roles)))
        for peer in change.added:
            log.info("%s (%s) is trusted", peer.name, ", ".join(sorted(peer.roles)))
        if change != PeerChange():
            for callback in self._callbacks:
                callback(change)


def _change(before: dict[str, Peer], after: dict[str, Peer]) -> PeerChange:
    kept = {mark for mark in before.keys() & after.keys() if before[mark].roles == after[mark].roles}
    return PeerChange(
        added=tuple(peer for mark, peer in after.items() if mark not in kept),
        removed=tuple(peer for mark, peer in before.items() if mark not in kept),
        changed=tuple(after[mark] for mark in kept if after[mark] != before[mark]),
    )


def _addresses(peer: Peer) -> set[str]:
    address = peer.address.lower()
    return {address, f"{address}:{peer.port}"} if address else set()
