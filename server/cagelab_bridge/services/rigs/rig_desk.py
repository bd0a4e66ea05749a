"""Serves the needs and requests of one rig for as long as one connection lasts."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from datetime import timedelta
from typing import Any

from cagelab_bridge.errors import BridgeError, Forbidden
from cagelab_bridge.models import Need, Peer
from cagelab_bridge.ports import Runtime, StoreDoor
from cagelab_bridge.ports.rigs import NeedsNews, RigLink, Signed, SignRequest
from cagelab_bridge.services.accounts.credentials import Credentials
from cagelab_bridge.services.errands import AHEAD, Errand
from cagelab_bridge.services.lending import signing
from cagelab_bridge.services.lending.lending import Lending

MOST_NEEDS = 1000  # of one rig; more is not served
LONGEST_TEXT, MOST_PROJECTS = 500, 100  # of a need; Alyx allows its names 255 characters
MOST_SIGNED = 64  # requests of one rig that wait to be signed
WARN_AGAIN = 60.0  # seconds until the log names a rig again whose requests are not signed
TELL_AGAIN = 5.0  # seconds until a rig that could not be told is told again
log = logging.getLogger(__name__)


class Signing:
    """Signs what may be signed, in a thread."""

    def __init__(self, lending: Lending, credentials: Credentials, stores: StoreDoor, runtime: Runtime) -> None:
        self._lending = lending
        self._credentials = credentials
        self._stores = stores
        self._runtime = runtime
        self._warned: dict[str, float] = {}  # monotonic seconds, by rig

    async def answer(self, peer: Peer, request: SignRequest) -> Signed:
        """Signed, or why not."""
        try:
            lent = self._lending.signable(peer.fingerprint, request.session_id, request.lease_id)
            if lent is None:
                raise Forbidden("This control PC knows no such lease of this rig.")
            keys = await self._credentials.own_keys(lent.endpoint)
            order = signing.checked(request, lent, self._runtime.now() - self._ahead(lent.endpoint))
            return Signed(id=request.id, headers=await self._runtime.in_thread(self._stores.sign, keys, order))
        except BridgeError as error:
            self._warn(peer, error)
            return Signed(id=request.id, refusal=error.message)

    def _warn(self, peer: Peer, error: BridgeError) -> None:
        """Not each time: a rig may ask as often as it likes, and the log has a disk."""
        now = self._runtime.monotonic()
        if now - self._warned.get(peer.fingerprint, -WARN_AGAIN) >= WARN_AGAIN:
            self._warned[peer.fingerprint] = now
            log.warning("a request of %s was not signed: %s", peer.name, error)

    def _ahead(self, endpoint: str) -> timedelta:
        """How far this computer's clock is ahead of the store's."""
        found = (ahead for held, _, ahead in self._credentials.states() if held.endpoint == endpoint)
        return timedelta(seconds=next(found, None) or 0.0)


class RigDesk:
    """One task for each need, and one that signs."""

    def __init__(self, peer: Peer, link: RigLink, lending: Lending, signatures: Signing) -> None:
        self._peer = peer
        self._link = link
        self._lending = lending
        self._runtime = lending.runtime
        self._signatures = signatures
        self._to_sign: asyncio.Queue[SignRequest] = asyncio.Queue(MOST_SIGNED)
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        self.needs: tuple[Need, ...] = ()
        for errand in lending.of_rig(peer.fingerprint):
            errand.begin_anew()
        self._start(self._sign())
        if lending.known(peer.fingerprint, AHEAD):
            self.attend(lending.errand(peer, AHEAD))

    async def heard(self, news: NeedsNews) -> None:
        """Needs that changed, requests to sign."""
        if self._closed:
            return
        if news.needs is not None:
            self._compare([need for need in news.needs[:MOST_NEEDS] if _is_one(need)])
        for request in news.to_sign:
            self._lend_again(request)
            try:
                self._to_sign.put_nowait(request)
            except asyncio.QueueFull:
                await self._send([Signed(id=request.id, refusal="Too many requests wait to be signed.")])

    def attend(self, errand: Errand) -> None:
        """Serve it from now on, in this connection."""
        if errand.task is None or errand.task.done():
            errand.task = self._start(self._serve(errand))
        errand.news.set()

    async def close(self) -> None:
        """The connection is over. What was lent stays lent until it ends."""
        self._closed = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for errand in self._lending.of_rig(self._peer.fingerprint):
            errand.task = None

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _compare(self, needs: Sequence[Need]) -> None:
        """Serve what is new or changed, forget what is no longer needed."""
        self.needs = tuple(needs)
        shown = {need.session_id: need for need in needs if need.session_id != AHEAD}
        for errand in self._lending.of_rig(self._peer.fingerprint):
            if errand.session_id not in shown and errand.session_id != AHEAD:
                if errand.task is not None:
                    errand.task.cancel()
                self._lending.forget(errand)
        for need in shown.values():
            errand = self._lending.errand(self._peer, need.session_id)
            changed, errand.need = errand.need != need, need
            # What it says at the beginning may rest on a lease of an earlier life of this bridge: it is lent anew.
            if errand.task is None or errand.task.done() or (changed and errand.wants()):
                self.attend(errand)

    def _lend_again(self, request: SignRequest) -> None:
        """A lease this bridge does not know may be one of an earlier life: its session gets a new one."""
        errand = self._lending.known(self._peer.fingerprint, request.session_id)
        if errand is not None and errand.lent(request.lease_id) is None and not errand.revoked:
            errand.begin_anew()
            errand.news.set()

    async def _serve(self, errand: Errand) -> None:
        asked = True
        while True:
            errand.news.clear()
            try:
                if asked:
                    await self._runtime.sleep(errand.pause(self._runtime.monotonic()))
                seconds = await self._lending.serve(errand, self._link)
            except BridgeError as error:  # the rig cannot be told; a dead connection ends this task
                log.info("%s was not told: %s", self._peer.name, error)
                seconds = TELL_AGAIN
            except Exception:
                log.exception("lending to %s failed", self._peer.name)
                seconds = TELL_AGAIN
            if seconds is None:
                self._lending.forget(errand)
                return
            asked = await self._nap(errand, seconds)

    async def _nap(self, errand: Errand, seconds: float) -> bool:
        """Until there is news, at most so long; True for news."""
        try:
            await self._runtime.wait_for(errand.news.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def _sign(self) -> None:
        """All that waits at once: many parts may be under way."""
        while True:
            waiting = [await self._to_sign.get()]
            while not self._to_sign.empty():
                waiting.append(self._to_sign.get_nowait())
            await self._send([await self._signatures.answer(self._peer, request) for request in waiting])

    async def _send(self, signed: Sequence[Signed]) -> None:
        try:
            await self._link.sign(signed)
        except BridgeError as error:  # the rig asks again
            log.info("%s did not take signatures: %s", self._peer.name, error)


def _is_one(need: Need) -> bool:
    """Whether it can be a session's: what a rig says is shown to people, and told again to the rig."""
    texts = (need.session_id, need.subject, need.lab, need.alyx_id, need.repository, need.endpoint, need.lease_id)
    account = (need.account.alyx_url, need.account.username) if need.account else ()
    texts_fit = all(len(text) <= LONGEST_TEXT for text in (*texts, *account, *need.projects))
    return texts_fit and len(need.projects) <= MOST_PROJECTS
