"""The way to Alyx: the stand-in's core behind a wire, with everything that can go wrong between."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import httpx

from cagelab_bridge.alyx.wire import Asked, Raw
from cagelab_bridge.sandbox.alyx.core import AlyxCore
from cagelab_bridge.sandbox.alyx.messages import Request, Response, json_response
from tests.simulation.chaos import Chaos
from tests.simulation.overtaking import Slow

FOREIGN = "somebody else's"
SILENCE = 30  # seconds a 429 asks for
LATENCY = 0.03  # seconds each way
SLOW = 10.0  # seconds that a register-file runs at most
LATE = 50.0  # seconds; the quarantine of the simulated bridge is longer
CHANGING = ("POST", "PUT", "PATCH", "DELETE")


class AlyxNetwork:
    """`alyx.wire.Wire`: carries requests to the core, or fails to. `after` is called after every change, to look."""

    def __init__(self, core: AlyxCore, chaos: Chaos, after: Callable[[], None]) -> None:
        self._core = core
        self._chaos = chaos
        self._after = after
        self.closed = False
        self.late: list[tuple[float, Callable[[], object]]] = []
        self.calls: list[str] = []
        self.rude: list[str] = []
        self.life = 0  # of the bridge: a new process knows of no 429
        self._throttled = (-1, 0.0)

    async def send(self, asked: Asked) -> Raw:
        """One exchange."""
        self._chaos.edge(f"before {asked.method} {asked.path}")
        await asyncio.sleep(LATENCY * self._chaos.random.random())
        answer = self._exchange(asked)
        if isinstance(answer, Slow):
            answer = await self._finished(answer)
        await asyncio.sleep(LATENCY * self._chaos.random.random())
        self._chaos.edge(f"after {asked.method} {asked.path}")
        return Raw(answer.status, answer.headers, answer.body)

    async def close(self) -> None:
        """Nothing to close."""

    def _exchange(self, asked: Asked) -> Response | Slow:
        headers = {name.decode().lower(): value.decode() for name, value in asked.headers}
        request = Request(asked.method, asked.target, headers, asked.body)
        if self._chaos.strikes("alyx_refused"):
            raise httpx.ConnectError("refused")
        if self._chaos.strikes("alyx_failed_before"):
            return json_response(503, {"detail": "Service Unavailable"})
        self._watch_manners(asked)
        if asked.path != "/auth-token" and self._chaos.strikes("alyx_throttled"):  # Alyx does not throttle logins
            self._throttled = (self.life, asyncio.get_running_loop().time())
            return json_response(429, {"detail": "Request was throttled."}, {"retry-after": str(SILENCE)})
        if self._chaos.strikes("alyx_denied"):
            self._core.accounts.revoke("admin")
        if self._chaos.strikes("alyx_late"):
            now = asyncio.get_running_loop().time()
            self.late.append((now + LATE * self._chaos.random.random(), lambda: self._run(request)))
            raise httpx.ReadTimeout("late")
        if asked.method == "POST" and asked.path == "/sessions" and self._chaos.strikes("number_taken"):
            self._take_number(request)
        if asked.path == "/register-file" and self._chaos.strikes("alyx_stale"):
            return self._slow(request)
        answer = self.execute(request)
        if self._chaos.strikes("alyx_failed_after"):
            return json_response(502, {"detail": "Bad Gateway"})
        if self._chaos.strikes("alyx_lost"):
            raise httpx.ReadError("lost")
        return answer

    def _watch_manners(self, asked: Asked) -> None:
        """Note a question asked in the time for which a 429 wanted silence. What was under way then is excused."""
        life, since = self._throttled
        now = asyncio.get_running_loop().time()
        if life == self.life and since + 2 * LATENCY < now < since + SILENCE and asked.path != "/auth-token":
            self.rude.append(f"{asked.method} {asked.path}")

    def _take_number(self, request: Request) -> None:
        """Another rig registers the same number at the same moment."""
        body = json.loads(request.body)
        rival = {name: body[name] for name in ("subject", "number", "start_time")} | {"narrative": FOREIGN}
        self.execute(Request(request.method, request.target, request.headers, json.dumps(rival).encode()))

    def execute(self, request: Request) -> Response:
        """The core's answer; what was late comes first when its time is over."""
        self._catch_up(asyncio.get_running_loop().time())
        return self._run(request)

    def _slow(self, request: Request) -> Slow:
        """A register-file that takes its time between reading the sessions and saving them."""
        now = asyncio.get_running_loop().time()
        self._catch_up(now)
        end = now + SLOW * self._chaos.random.random()
        slow = Slow(self._core, lambda: self._run(request), end, self._chaos.counts)
        self.late.append((slow.end, slow.finish))
        if self._chaos.strikes("alyx_lost"):
            raise httpx.ReadError("lost")
        return slow

    async def _finished(self, slow: Slow) -> Response:
        """Its answer, at its end."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, slow.end - loop.time()))
        self._catch_up(max(loop.time(), slow.end))
        assert slow.answer is not None
        return slow.answer

    def _catch_up(self, now: float) -> None:
        if self.late:
            due = [entry for entry in self.late if entry[0] <= now]
            self.late = [entry for entry in self.late if entry[0] > now]
            for _, run in sorted(due, key=lambda entry: entry[0]):
                run()

    def drain(self) -> None:
        """Everything that was late has happened."""
        self._catch_up(float("inf"))

    def _run(self, request: Request) -> Response:
        self.calls.append(f"{request.method} {request.path}")
        answer = self._core.handle(request)
        if request.method in CHANGING:
            self._after()
        return answer
