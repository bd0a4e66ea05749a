"""The connections to Alyx over httpx."""

from __future__ import annotations

import ssl
import zlib
from functools import lru_cache

import httpx

from cagelab_bridge.alyx.wire import Asked, Raw, TooLong

# Apache before the official Alyx closes idle connections after 5 s; a POST on one that is half closed would be lost.
KEEP_IDLE = 2.0  # seconds
CONNECTIONS = 16
MIB = 1024 * 1024
LONGEST = 64 * MIB  # of an answer, unpacked; a page of 1000 whole sessions of Alyx is a few
PACKED = {"gzip": 31, "x-gzip": 31}  # what is unpacked, and zlib's number for it


class Network:
    """`Wire` over one pool of connections.

    It stands on httpx's transport, below its client: so there is nothing that follows redirects, reads proxies and
    .netrc from the environment or keeps cookies (Alyx tries a session cookie before the token, so that one account's
    cookie would speak for another).
    """

    def __init__(self) -> None:
        limits = httpx.Limits(
            max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS, keepalive_expiry=KEEP_IDLE
        )
        self._transport = httpx.AsyncHTTPTransport(verify=_trusted(), trust_env=False, limits=limits)
        self.closed = False

    async def send(self, asked: Asked) -> Raw:
        """The answer, read to its end. Raises httpx.RequestError, TooLong."""
        request = httpx.Request(
            asked.method,
            parsed(asked.url),
            # Told as bytes and a stream, httpx sends what it is told, and guesses nothing.
            headers=list(asked.headers),
            stream=httpx.ByteStream(asked.body),
            extensions={"timeout": asked.patience._asdict()},
        )
        response = await self._transport.handle_async_request(request)
        try:
            body = await _received(response, request)
        finally:
            await response.aclose()
        return Raw(response.status_code, dict(response.headers.items()), body)

    async def close(self) -> None:
        """Close all connections."""
        self.closed = True
        await self._transport.aclose()


@lru_cache(maxsize=256)
def parsed(url: str) -> httpx.URL:
    """The same few addresses are asked again and again, and to take one apart is slow. Raises httpx.InvalidURL."""
    return httpx.URL(url)


def _trusted() -> ssl.SSLContext:
    """TLS with the public authorities and this computer's own, where a lab adds its authority."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context


async def _received(response: httpx.Response, request: httpx.Request) -> bytes:
    """The body, unpacked. Raises TooLong before it takes the memory, httpx.DecodingError for what is not gzip.

    httpx would unpack what a server says is packed several times over: a few kilobytes can become terabytes so.
    """
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"identity", "", *PACKED}:
        raise httpx.DecodingError("The answer is packed in a way that was not asked for.", request=request)
    unpacker = zlib.decompressobj(PACKED[encoding]) if encoding in PACKED else None
    body = bytearray()
    async for piece in response.aiter_raw():
        try:
            body += piece if unpacker is None else unpacker.decompress(piece, LONGEST + 1 - len(body))
        except zlib.error as problem:
            raise httpx.DecodingError("The answer cannot be unpacked.", request=request) from problem
        if len(body) > LONGEST:
            raise TooLong
    if unpacker is not None and body and not unpacker.eof:
        raise httpx.DecodingError("The answer ends before it is complete.", request=request)
    return bytes(body)
