"""One POST to a webhook."""

from __future__ import annotations

import httpx

from cagelab_bridge.errors import (
    AnswerLost,
    BridgeError,
    Denied,
    NoCredentials,
    Refused,
    ServerFailed,
    Throttled,
    Unreachable,
)
from cagelab_bridge.event_models import Event, Receiver
from cagelab_bridge.plain_http import PlainHttp
from cagelab_bridge.ports import Runtime
from cagelab_bridge.receivers import templates
from cagelab_bridge.secret import Secret

SHOWN = 300  # characters of an answer
READ = 4096  # bytes of an answer
LONGEST_PAUSE = 3600.0  # seconds
PART = 60.0  # seconds for one read or write; the receiver's own limit holds for all together
AGENT = "cagelab-bridge"
# It answered, but not as the receiver that is meant: a person mends the address or the key.
ELSEWHERE = frozenset({401, 403, 404, 405, 407, 410})


class Webhooks:
    """Follows no redirect, reads no proxy or netrc from the environment, and never waits beyond the limit."""

    def __init__(self, runtime: Runtime, plain: PlainHttp) -> None:
        self._runtime = runtime
        self._plain = plain
        self._client: httpx.AsyncClient | None = None

    async def tell(self, receiver: Receiver, event: Event, key: Secret, sent_at: int) -> None:
        """See `ports.ReceiverDoor.tell`."""
        self._plain.demand(receiver.url, NoCredentials)
        message = templates.message(receiver, event, key, sent_at)
        try:
            status, pause, said = await self._runtime.wait_for(self._send(receiver.url, message), receiver.seconds)
        except TimeoutError:
            failure: BridgeError = AnswerLost(f"{receiver.name} did not answer within {receiver.seconds:g} s.")
        except httpx.ConnectError as problem:
            failure = Unreachable(f"{receiver.name} cannot be reached ({_words(problem)}).")
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            failure = AnswerLost(f"{receiver.name} gave no answer ({_words(problem)}).")
        else:
            self._judge(receiver, status, pause, said.replace(key.reveal(), "…"))
            return
        raise failure  # outside of `except`: httpx's exception holds the request, and that the token

    async def _send(self, url: str, message: templates.Message) -> tuple[int, str, str]:
        if self._client is None:
            self._client = httpx.AsyncClient(follow_redirects=False, trust_env=False, timeout=PART)
        headers = {"User-Agent": AGENT, **message.headers}
        async with self._client.stream("POST", url, content=message.body, headers=headers) as answer:
            data = b""
            async for block in answer.aiter_raw():
                data += block
                if len(data) >= READ:
                    break
            text = "".join(one if one.isprintable() else " " for one in data[:READ].decode("utf-8", "replace"))
            return answer.status_code, answer.headers.get("retry-after", ""), " ".join(text.split())

    @staticmethod
    def _judge(receiver: Receiver, status: int, pause: str, said: str) -> None:
        if 200 <= status < 300:
            return
        told = f"{receiver.name} answered {status}" + (f": {said[:SHOWN]}" if said else ".")
        if status == 429:
            raise Throttled(told, retry_after=min(float(pause), LONGEST_PAUSE) if pause.isdecimal() else 60.0)
        if status >= 500 or status in (408, 425):
            raise ServerFailed(told)
        if 300 <= status < 400:
            raise Denied(f"{receiver.name} answered {status}: it lies elsewhere.", hint="Give the address itself.")
        if status in ELSEWHERE:
            raise Denied(told, hint="Check url and key_file of this receiver in bridge.toml.")
        raise Refused(told, hint="Mend the receiver, then `cagelab-bridge events resend`.")

    async def close(self) -> None:
        """Close all connections."""
        if self._client is not None:
            await self._client.aclose()


def _words(problem: Exception) -> str:
    """The kind only: httpx's own words may hold the address with its query."""
    return type(problem).__name__
