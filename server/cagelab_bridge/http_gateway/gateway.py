"""The JSON door: HTTP/1.1 on loopback, in the unary JSON form of the Connect protocol (connectrpc.com/docs/protocol).

    POST /cagelab.bridge.v1.Bridge/Query        200 and the response message
    Content-Type: application/json              or the code's HTTP status and {"code", "message", "details"}
    Authorization: Bearer <token>

For MATLAB, curl and everything without gRPC. A client that hangs up does not cancel its call: a bridge that was asked
to remember something remembers it; the deadline ends calls.
"""

from __future__ import annotations

import asyncio
import logging

import h11

from cagelab_bridge.api.callers import require_token
from cagelab_bridge.api.dispatch import Caller, Dispatcher, trace
from cagelab_bridge.api.policy import LOCAL
from cagelab_bridge.api.status import STATUS
from cagelab_bridge.errors import BridgeError, Busy, Forbidden, NoAccess, WrongState
from cagelab_bridge.http_gateway.head import MAX_HEAD, Call, Refusal, read_call, require_local_program, values
from cagelab_bridge.http_gateway.link import Limits, Link
from cagelab_bridge.http_gateway.messages import read_message, write_error, write_message
from cagelab_bridge.http_gateway.peer import is_foreign
from cagelab_bridge.ports import Runtime
from cagelab_bridge.secret import Secret

_LONGEST_PENALTY = 1.0  # seconds a wrong token waits for its answer
_MOST_GUESSES = 8  # wrong tokens in a row until it waits so long; it doubles with each
_LARGE = 16 * 1024  # bytes of an answer that is printed beside the loop: 1000 files take 70 ms, a status less than one
_AT_THE_DOOR = 256  # connections that are being looked at, or being told that there is no room
_log = logging.getLogger(__name__)


class HttpGateway:
    """The JSON door of one bridge, on 127.0.0.1."""

    def __init__(self, dispatcher: Dispatcher, token: Secret, runtime: Runtime, limits: Limits | None = None) -> None:
        self._dispatcher = dispatcher
        self._token = token
        self._runtime = runtime
        self._limits = limits or Limits()
        self._server: asyncio.Server | None = None
        self._hosts: frozenset[str] = frozenset()
        self._tasks: set[asyncio.Task[None]] = set()
        self._links: set[Link] = set()
        self._waiting: dict[Link, None] = {}  # links without a proven request, the longest waiting first
        self._guesses = 0  # wrong tokens in a row

    async def start(self, port: int = 0) -> int:
        """Serve on 127.0.0.1; port 0 takes any free one. Returns the port; raises WrongState when it is taken."""
        try:
            self._server = await asyncio.start_server(self._connected, "127.0.0.1", port, limit=MAX_HEAD)
        except OSError as error:
            raise WrongState(
                f"The port 127.0.0.1:{port} cannot be used: {error.strerror}.",
                about="port",
                hint="Stop the other program (or the other bridge), or choose another port; 0 takes any free one.",
            ) from error
        bound = int(self._server.sockets[0].getsockname()[1])
        self._hosts = frozenset(f"{name}:{bound}" for name in ("127.0.0.1", "localhost", "[::1]"))
        return bound

    async def stop(self, grace: float = 2.0) -> None:
        """Take no new calls, give running ones `grace` seconds, then cancel them."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        for link in tuple(self._waiting):
            self._drop(link)
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A client connected. More than the limit may be at the door, so that those beyond it hear why."""
        if self._server is None or len(self._tasks) >= self._limits.connections + _AT_THE_DOOR:
            writer.transport.abort()
            return
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its beginning to its end."""
        link = Link(reader, writer, self._runtime, self._limits)
        try:
            await self._converse(link, writer)
        except ConnectionError:
            _log.debug("json: a client went away")
        except Exception as error:  # noqa: BLE001 - asyncio would log the exception with its text
            _log.error("json: a connection failed\n%s", trace(error))
        finally:
            self._links.discard(link)
            self._waiting.pop(link, None)
            writer.close()

    async def _converse(self, link: Link, writer: asyncio.StreamWriter) -> None:
        peer, own = writer.get_extra_info("peername"), writer.get_extra_info("sockname")
        if peer is None or own is None:
            raise ConnectionResetError
        if is_foreign(peer, own):
            await link.answer(403, write_error(Forbidden("A program of another account may not call this bridge.")))
            return
        try:
            self._admit(link)
            first = True
            while await self._answer_next(link, first=first):
                first = False
        except Refusal as refusal:
            _log.info("json: refused with %d %s", refusal.status, refusal.error.reason)
            if link in self._links:
                self._waiting[link] = None
            await link.refuse(refusal)

    def _admit(self, link: Link) -> None:
        """Give the link a place; when all are taken, that of whoever waits longest. Callers at work keep theirs."""
        if len(self._links) >= self._limits.connections:
            if not self._waiting:
                raise Refusal(503, Busy())
            self._drop(next(iter(self._waiting)))
        self._links.add(link)

    def _drop(self, link: Link) -> None:
        self._waiting.pop(link, None)
        self._links.discard(link)
        link.abort()

    async def _answer_next(self, link: Link, *, first: bool) -> bool:
        """Answer one request. Returns whether the connection can carry another one."""
        if self._server is None:  # stopping: what was being answered is answered, nothing new is taken
            return False
        self._waiting[link] = None
        head = await link.head(first=first)
        if head is None or link not in self._links:
            return False
        request = link.parse(head)
        require_local_program(request, self._hosts)
        await self._require_token(request)
        self._waiting.pop(link, None)
        call = read_call(request, self._dispatcher.methods())
        status, answer = await self._call(call, await link.body(call.length))
        return await link.answer(status, answer)

    async def _require_token(self, request: h11.Request) -> None:
        """Raise Refusal for a missing or wrong token, the later the more often it was wrong."""
        try:
            require_token(values(request, "authorization"), self._token)
        except NoAccess as error:
            self._guesses = min(self._guesses + 1, _MOST_GUESSES)
            await self._runtime.sleep(_LONGEST_PENALTY * 2.0 ** (self._guesses - _MOST_GUESSES))
            raise Refusal(401, error, ("WWW-Authenticate", "Bearer")) from None
        self._guesses = 0

    async def _call(self, call: Call, body: bytes) -> tuple[int, bytes]:
        """The HTTP status and the body of the answer."""
        try:
            message = read_message(body, call.method.request)
            caller = Caller(role=LOCAL, deadline_seconds=call.seconds, door="json")
            answer = await self._dispatcher.unary(call.method.name, message, caller)
            if answer.ByteSize() <= _LARGE:
                return 200, write_message(answer)
            return 200, await self._runtime.in_thread(write_message, answer)
        except BridgeError as error:
            return STATUS[error.code].http, write_error(error)
