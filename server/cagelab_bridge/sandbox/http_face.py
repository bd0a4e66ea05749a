"""The stand-in on a loopback port, in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading

from .alyx.messages import Request, Response, json_response
from .alyx_service import AlyxService
from .faults import FaultError, fault_from
from .http_protocol import Answer, HttpProtocol

CONTROL = "/_sandbox/faults"


class PortError(RuntimeError):
    """The port cannot be used; the text says why and what to do."""


class HttpFace:
    """Serves an AlyxService on 127.0.0.1. One thread executes everything, so the core needs no locks."""

    def __init__(self, service: AlyxService, port: int = 0) -> None:
        self._service = service
        self.port = port
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: asyncio.Server | None = None
        self._thread: threading.Thread | None = None
        self._connections: set[HttpProtocol] = set()
        self._failed: BaseException | None = None

    @property
    def url(self) -> str:
        """The address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen. Raises PortError when the port is taken."""
        ready = threading.Event()
        self._failed = None
        self._thread = threading.Thread(target=self._run, args=(ready,), name="sandbox-alyx", daemon=True)
        self._thread.start()
        ready.wait()
        if self._failed is not None:
            self._thread.join()
            reason = getattr(self._failed, "strerror", None) or str(self._failed)
            raise PortError(f"Cannot listen on port {self.port}: {reason}. Choose another port, or 0 for any.")

    def stop(self) -> None:
        """Stop listening and close every connection. The same port is used at the next start."""
        if self._thread is None or self._loop is None:
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._thread = self._loop = None

    def _run(self, ready: threading.Event) -> None:
        loop = asyncio.new_event_loop()
        try:
            make = loop.create_server(self._protocol, "127.0.0.1", self.port, backlog=512)
            self._server = loop.run_until_complete(make)
        except OSError as error:
            self._failed = error
            loop.close()
            ready.set()
            return
        self._loop = loop
        self.port = self._server.sockets[0].getsockname()[1]
        ready.set()
        try:
            loop.run_forever()
        finally:
            self._server.close()
            for connection in list(self._connections):
                connection.close()
            with contextlib.suppress(RuntimeError):
                loop.run_until_complete(asyncio.sleep(0))
            loop.close()

    def _protocol(self) -> HttpProtocol:
        return HttpProtocol(self._handle, self._connections)

    def _handle(self, request: Request, answer: Answer) -> None:
        if request.path == CONTROL:
            answer(self._control(request), 0.0)
            return
        verdict = self._service.decide(request)
        executed = self._service.execute(request, race=verdict.race) if verdict.execute else None
        if verdict.execute_in_s is not None:
            asyncio.get_running_loop().call_later(verdict.execute_in_s, self._service.execute, request)
        answer(None if verdict.silent else verdict.answer or executed, verdict.delay_s)

    def _control(self, request: Request) -> Response:
        """GET the faults, PUT a list of them, POST one more, DELETE all."""
        plan = self._service.faults
        try:
            if request.method == "PUT":
                plan.replace(json.loads(request.body))
            elif request.method == "POST":
                plan.add(fault_from(json.loads(request.body)))
            elif request.method == "DELETE":
                plan.clear()
        except (FaultError, ValueError) as error:
            return json_response(400, {"detail": str(error)})
        return json_response(200, [fault.as_json() for fault in plan.faults])
