"""The connections to Alyx: one request out, its whole answer in."""

from __future__ import annotations

import ssl

import httpx

# Apache before the official Alyx closes idle connections after 5 s; a POST on one that is half closed would be lost.
KEEP_IDLE = 2.0  # seconds
CONNECTIONS = 16


class Wire:
    """One pool of connections for all accounts.

    It stands on httpx's transport, below its client: so there is nothing that follows redirects, reads proxies and
    .netrc from the environment or keeps cookies (Alyx tries a session cookie before the token, so that one account's
    cookie would speak for another).
    """

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """`transport`: takes the place of the network."""
        self._transport = _network() if transport is None else transport
        self.closed = False

    async def send(self, request: httpx.Request) -> httpx.Response:
        """The answer, read to its end. Raises httpx.RequestError."""
        response = await self._transport.handle_async_request(request)
        try:
            await response.aread()
        finally:
            await response.aclose()
        return response

    async def close(self) -> None:
        """Close all connections."""
        self.closed = True
        await self._transport.aclose()


def _network() -> httpx.AsyncHTTPTransport:
    limits = httpx.Limits(
        max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS, keepalive_expiry=KEEP_IDLE
    )
    return httpx.AsyncHTTPTransport(verify=_trusted(), trust_env=False, limits=limits)


def _trusted() -> ssl.SSLContext:
    """TLS with the public authorities and this computer's own, where a lab adds its authority."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context
