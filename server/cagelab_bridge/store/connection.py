"""One store: signs or has signed, sends, keeps the clock difference, and turns refusals into errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache

from cagelab_bridge.ports import Runtime, Signer, SignOrder, StoreKeys
from cagelab_bridge.store.answers import error_code
from cagelab_bridge.store.refusals import clock_refusal, refusal
from cagelab_bridge.store.remote_signing import checked
from cagelab_bridge.store.signing import address, digest, sign
from cagelab_bridge.store.transport import Answer, Request, Sink, Transport

SKEW_NOTED = 5.0  # seconds; smaller differences are the network's
SKEW_REFUSED = 300.0  # seconds; stores refuse somewhere between 5 and 15 minutes
PROBLEM_STATUSES = frozenset({400, 401, 403})


@dataclass(frozen=True, kw_only=True)
class Order:
    """One S3 call: `what` says in words what it is for. An empty `key` means the bucket itself, an empty `bucket` the
    store."""

    what: str
    method: str
    bucket: str
    key: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Callable[[], bytes] = field(default=b"", repr=False)  # a function is called in the thread that sends
    seconds: float = 60.0
    silence: float = 60.0
    sink: Sink | None = None
    wire: AbstractContextManager[object] | None = field(default=None, repr=False, compare=False)
    service: str = "s3"  # "sts" where it is about temporary keys


class Connection:
    """Calls a store. `signing`: keys, or somebody who has them. `transport` makes the transport or returns the one
    there is; it is called in a thread."""

    def __init__(
        self, endpoint: str, signing: StoreKeys | Signer, transport: Callable[[], Transport], runtime: Runtime
    ) -> None:
        self.endpoint = endpoint
        self._signing = signing
        self._transport = transport
        self._runtime = runtime
        self._ahead: float | None = None

    @property
    def clock_ahead(self) -> float | None:
        """Seconds this computer's clock is ahead of the store's Date header; None before the first answer."""
        return self._ahead

    async def call(self, order: Order) -> Answer:
        """Send it; a good answer (2xx). Raises RemoteError and its kin.

        A clock that differs is corrected from the Date of the answer, and the call repeated once. A refused HEAD
        is asked again as GET, because only that is answered with a reason.
        """
        answer, off = await self._send(order)
        if answer.status in PROBLEM_STATUSES and off > SKEW_NOTED:
            answer, off = await self._send(order)
        if answer.status < 300:
            return answer
        if order.method == "HEAD":
            answer = await self._ask_why(order, answer)
        code = error_code(answer.body)
        # rclone 1.75 says AccessDenied, with status 400, to a request of another time.
        if code in {"AccessDenied", "RequestTimeTooSkewed"} and off > SKEW_REFUSED:
            raise clock_refusal(order.what)
        raise refusal(order.what, answer.status, code, answer.headers)

    async def _ask_why(self, order: Order, answer: Answer) -> Answer:
        asked = Order(
            what=order.what,
            method="GET",
            bucket=order.bucket,
            key=order.key,
            query=order.query,
            headers={**order.headers, "Range": "bytes=0-0"},
        )
        told, _ = await self._send(asked)
        return told if told.status >= 300 else answer

    async def _send(self, order: Order) -> tuple[Answer, float]:
        """The answer, and how many seconds the time that was signed was off by (0 where the store does not say)."""
        now = self._runtime.now()
        correction = -(self._ahead or 0.0)
        if abs(correction) <= SKEW_NOTED:
            correction = 0.0
        asked = SignOrder(
            method=order.method,
            bucket=order.bucket,
            key=order.key,
            query=order.query,
            headers=order.headers,
            content_sha256=digest(order.headers, order.body if isinstance(order.body, bytes) else b""),
            moment=now + timedelta(seconds=correction),
        )
        signed = None if isinstance(self._signing, StoreKeys) else await self._signing.sign(asked)
        answer = await self._runtime.in_calm_thread(self._exchange, order, asked, signed)
        date = _date(answer.headers.get("date", ""))
        if date is None or order.sink is not None:  # a long download ends long after its Date
            return answer, 0.0
        self._ahead = (self._runtime.now() - date).total_seconds()
        return answer, abs(self._ahead + correction)

    def _exchange(self, order: Order, asked: SignOrder, signed: Mapping[str, str] | None) -> Answer:
        """Sign, where the keys are here, and send."""
        transport = self._transport()  # first: it loads the signer too
        url = address(self.endpoint, asked)
        if isinstance(self._signing, StoreKeys):
            headers = sign(self._signing, asked, url=url, service=order.service)
        else:
            headers = checked(asked, url, signed or {})
        return transport.send(
            Request(
                method=order.method,
                url=url,
                headers=headers,
                body=order.body if isinstance(order.body, bytes) else order.body(),
                seconds=order.seconds,
                silence=order.silence,
                sink=order.sink,
                wire=order.wire,
            )
        )


@lru_cache(maxsize=16)  # all answers of one second say the same
def _date(text: str) -> datetime | None:
    """The time an HTTP date names; None where it cannot be read or has no zone."""
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return date if date.tzinfo is not None else None
