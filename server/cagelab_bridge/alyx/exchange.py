"""One request and its answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import lru_cache

import httpx

from cagelab_bridge import __version__
from cagelab_bridge.alyx import answers, failures
from cagelab_bridge.alyx.answers import Answer
from cagelab_bridge.alyx.bodies import Document
from cagelab_bridge.alyx.network import parsed
from cagelab_bridge.alyx.wire import Asked, Patience, TooLong, Wire
from cagelab_bridge.errors import BridgeError, InvalidInput, RemoteError, ServerFailed, Throttled, Unreachable
from cagelab_bridge.ports import Runtime, Watched
from cagelab_bridge.secret import Secret

CONNECT = 5.0  # seconds to a connection
POOL = 10.0  # seconds to a free connection
READ = 30.0  # seconds without a byte, GET
WRITE = 60.0  # the same, for calls that change something
TOTAL = 300.0  # seconds of one call, however it trickles; Apache before the official Alyx gives up then, too
READING = Patience(connect=CONNECT, pool=POOL, read=READ, write=READ)
WRITING = Patience(connect=CONNECT, pool=POOL, read=WRITE, write=WRITE)
HEADERS = (
    (b"Accept", b"application/json"),
    (b"Accept-Encoding", b"gzip"),
    (b"User-Agent", f"cagelab-bridge/{__version__}".encode()),
)
SHARP = 5.0  # seconds; the clock is not read off exchanges that took longer


class Exchange:
    """Sends requests to one base address in one account's name; remembers how far the clocks are apart."""

    def __init__(self, runtime: Runtime, wire: Wire, base: str, token: Secret | None = None) -> None:
        """`base`: canonical (see address.py). Raises InvalidInput for a token that no header can carry."""
        if token is not None and not is_token(token.reveal()):
            raise InvalidInput("That is not a token of Alyx.", about="token")
        self._runtime = runtime
        self._wire = wire
        self._base = base
        self._token = token
        self._headers = ((b"Host", parsed(base).netloc), *HEADERS)  # of each request; the token stays a Secret
        self.clock_ahead: float | None = None

    async def ask(
        self,
        method: str,
        path: str,
        content: bytes | Secret | None = None,
        *,
        judge: Callable[[Answer], RemoteError | None] = answers.failure,
        hide: Secret | None = None,
    ) -> Answer:
        """Send JSON and judge. `hide`: the secret within a secret content. Raises RemoteError and its kin."""
        answer = await self._send(method, path, content)
        if (error := judge(answer)) is None:
            return answer
        error = self._clean(error, hide)
        raise error

    def document(self, answer: Answer, hide: Secret | None = None) -> Document:
        """The JSON of an answer. Raises ServerFailed when it is something else."""
        try:
            return answers.document(answer)
        except ServerFailed as error:
            failure = self._clean(error, hide)
        raise failure  # outside of `except`, so that the unclean one is not chained to it

    async def _send(self, method: str, path: str, content: bytes | Secret | None) -> Answer:
        if self._wire.closed:
            raise Unreachable("The bridge is closing its connections.")
        asked = self._build(method, path, content)
        began = self._runtime.monotonic()
        try:
            raw = await self._runtime.wait_for(self._wire.send(asked), TOTAL)
        except httpx.RequestError as trouble:
            failure: BridgeError = failures.from_httpx(trouble, self._base)
        except TimeoutError:
            failure = failures.too_slow(self._base, TOTAL)
        except TooLong:
            failure = failures.too_long(self._base)
        else:
            self._read_clock(raw.headers, self._runtime.monotonic() - began)
            return Answer(method=method, path=path, status=raw.status, headers=raw.headers, body=raw.body)
        raise failure  # outside of `except`: httpx's exception holds the request, and that the token or password

    def _build(self, method: str, path: str, content: bytes | Secret | None) -> Asked:
        try:
            url = _url(f"{self._base}/{path}")
        except httpx.InvalidURL:
            raise InvalidInput("The path is not one that HTTP can carry.", about="path") from None
        raw = content.reveal().encode() if isinstance(content, Secret) else content
        headers = [*self._headers]
        if self._token is not None:
            headers.append((b"Authorization", f"Token {self._token.reveal()}".encode()))
        if raw is not None:
            headers += [(b"Content-Type", b"application/json"), (b"Content-Length", b"%d" % len(raw))]
        patience = READING if method == "GET" else WRITING
        return Asked(method=method, url=url, headers=tuple(headers), body=raw or b"", patience=patience)

    def _read_clock(self, headers: Mapping[str, str], round_trip: float) -> None:
        """Compare this computer's clock, half a round trip ago, with the Date header (whole seconds: add half)."""
        theirs = answers.http_date(headers.get("date", ""))
        if theirs is None or "age" in headers or round_trip > SHARP:
            return
        ours = self._runtime.now() - timedelta(seconds=round_trip / 2)
        self.clock_ahead = (ours - theirs).total_seconds() - 0.5

    def _clean(self, error: RemoteError, hide: Secret | None) -> RemoteError:
        """The error, or one of its class with default sentences where a server repeated a secret we sent it."""
        told = [error.message, error.hint, error.about]
        told += [text for finding in error.findings for text in (finding.field, finding.message, finding.value)]
        ours = [Watched(name="", secret=secret) for secret in (self._token, hide) if secret]
        if not any(spelling in text for secret in ours for spelling in secret.spellings() for text in told):
            return error
        return Throttled(retry_after=error.retry_after) if isinstance(error, Throttled) else type(error)()


@lru_cache(maxsize=256)
def _url(text: str) -> str:
    """The address as HTTP takes it. Raises httpx.InvalidURL."""
    return str(parsed(text))


def is_token(text: str) -> bool:
    """True for what a header can carry: printable ASCII without spaces."""
    return re.fullmatch(r"[\x21-\x7e]+", text) is not None
