"""Making connections to Alyx."""

from __future__ import annotations

import json
import logging

from cagelab_bridge.alyx import answers
from cagelab_bridge.alyx.address import normalise
from cagelab_bridge.alyx.connection import HttpxAlyx
from cagelab_bridge.alyx.exchange import Exchange, is_token
from cagelab_bridge.alyx.network import Network
from cagelab_bridge.alyx.wire import Wire
from cagelab_bridge.errors import NotLoggedIn, ServerFailed
from cagelab_bridge.models import AccountKey
from cagelab_bridge.plain_http import PlainHttp
from cagelab_bridge.ports import Alyx, Runtime
from cagelab_bridge.secret import Secret

for _name in ("httpx", "httpcore"):  # below WARNING they write down URLs and headers
    logging.getLogger(_name).setLevel(logging.WARNING)


class HttpxAlyxDoor:
    """`ports.AlyxDoor` over httpx."""

    def __init__(self, runtime: Runtime, wire: Wire | None = None, plain: PlainHttp | None = None) -> None:
        """`wire`: takes the place of the network. `plain`: where plain http may go; None: to this computer."""
        self._runtime = runtime
        self._plain = plain or PlainHttp()
        self._wire = Network() if wire is None else wire

    def address(self, text: str) -> str:
        """The one way to write that base address; raises InvalidInput."""
        return normalise(text)

    def demand_safe(self, base: str) -> None:
        """Raises NotLoggedIn where that address is not encrypted and the settings do not name its host."""
        self._plain.demand(base, NotLoggedIn)

    async def log_in(self, key: AccountKey, password: Secret) -> Secret:
        """Prove the account; the token.

        Raises LoginRefused, Refused (redirect, not Alyx), RemoteError, InvalidInput, NotLoggedIn (about "insecure").

        Alyx 3.6.1 gives the same token each time, and it never expires.
        """
        base = self.address(key.alyx_url)
        self.demand_safe(base)
        exchange = Exchange(self._runtime, self._wire, base)
        content = _credentials(key.username, password)
        answer = await exchange.ask("POST", "auth-token", content, judge=answers.login_failure, hide=password)
        value = exchange.document(answer, hide=password).value
        token = value.get("token") if isinstance(value, dict) else None
        if isinstance(token, str) and is_token(token):
            return Secret(token)
        raise ServerFailed("The login was answered without a token.", hint=answers.NOT_ALYX)

    def connect(self, key: AccountKey, token: Secret) -> Alyx:
        """A connection that uses the token. Raises InvalidInput for an address or token that cannot be one, and
        NotLoggedIn (about "insecure")."""
        base = self.address(key.alyx_url)
        self.demand_safe(base)
        return HttpxAlyx(key, base, Exchange(self._runtime, self._wire, base, token))

    async def close(self) -> None:
        """Close all connections; later calls are answered with Unreachable."""
        await self._wire.close()


def _credentials(username: str, password: Secret) -> Secret:
    """The body of the login, itself a secret, so that no frame of a traceback holds the password."""
    return Secret(json.dumps({"username": username, "password": password.reveal()}))
