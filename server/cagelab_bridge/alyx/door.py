"""Making connections to Alyx."""

from __future__ import annotations

import json
import logging
import ssl
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from cagelab_bridge.alyx import answers
from cagelab_bridge.alyx.address import normalise
from cagelab_bridge.alyx.connection import HttpxAlyx
from cagelab_bridge.alyx.exchange import Exchange, is_token
from cagelab_bridge.errors import ServerFailed
from cagelab_bridge.models import AccountKey
from cagelab_bridge.ports import Alyx, Runtime
from cagelab_bridge.secret import Secret

# Apache before the official Alyx closes idle connections after 5 s; a POST on one that is half closed would be lost.
KEEP_IDLE = 2.0  # seconds
CONNECTIONS = 16


class HttpxAlyxDoor:
    """`ports.AlyxDoor` over httpx: one pool of connections for all accounts.

    Redirects are not followed, proxies and .netrc of the environment not used, cookies not kept (Alyx tries a session
    cookie before the token, so that one account's cookie would speak for another).
    """

    def __init__(self, runtime: Runtime, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """`transport`: takes the place of the network."""
        for name in ("httpx", "httpcore"):  # below WARNING they write down URLs and headers
            logging.getLogger(name).setLevel(logging.WARNING)
        self._runtime = runtime
        self._client = httpx.AsyncClient(
            transport=transport,
            verify=_trusted() if transport is None else True,
            limits=httpx.Limits(
                max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS, keepalive_expiry=KEEP_IDLE
            ),
            follow_redirects=False,
            trust_env=False,
            cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
        )

    def address(self, text: str) -> str:
        """The one way to write that base address; raises InvalidInput."""
        return normalise(text)

    async def log_in(self, key: AccountKey, password: Secret) -> Secret:
        """Prove the account; the token. Raises LoginRefused, Refused (redirect, not Alyx), RemoteError, InvalidInput.

        Alyx 3.6.1 gives the same token each time, and it never expires.
        """
        exchange = Exchange(self._runtime, self._client, self.address(key.alyx_url))
        content = _credentials(key.username, password)
        answer = await exchange.ask("POST", "auth-token", content, judge=answers.login_failure, hide=password)
        value = exchange.document(answer, hide=password).value
        token = value.get("token") if isinstance(value, dict) else None
        if isinstance(token, str) and is_token(token):
            return Secret(token)
        raise ServerFailed("The login was answered without a token.", hint=answers.NOT_ALYX)

    def connect(self, key: AccountKey, token: Secret) -> Alyx:
        """A connection that uses the token. Raises InvalidInput for an address or token that cannot be one."""
        base = self.address(key.alyx_url)
        return HttpxAlyx(key, base, Exchange(self._runtime, self._client, base, token))

    async def close(self) -> None:
        """Close all connections; later calls are answered with Unreachable."""
        await self._client.aclose()


def _trusted() -> ssl.SSLContext:
    """TLS with the public authorities and this computer's own, where a lab adds its authority."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context


def _credentials(username: str, password: Secret) -> Secret:
    """The body of the login, itself a secret, so that no frame of a traceback holds the password."""
    return Secret(json.dumps({"username": username, "password": password.reveal()}))
