"""Tokens: how a client gets one and shows it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from .call import Call
from .endpoints import Endpoint
from .fields import Text, validate
from .messages import Response, json_response
from .problems import Invalid, Refused
from .schema import Row
from .state import State

_CREDENTIALS = (
    Text("username", most=None, blank=False, required=True),
    Text("password", most=None, blank=False, required=True, trim=False),
)


@dataclass
class Accounts:
    """Who may log in. Passwords and tokens are kept apart from the records and never shown by `repr`."""

    new_token: Callable[[str], str] = field(repr=False)
    _passwords: dict[str, str] = field(default_factory=dict, repr=False)
    _tokens: dict[str, str] = field(default_factory=dict, repr=False)
    _by_user: dict[str, str] = field(default_factory=dict, repr=False)

    def add(self, username: str, password: str) -> None:
        """Let a user log in with this password."""
        self._passwords[username] = password

    def token(self, username: str, password: str) -> str | None:
        """The user's token, always the same one; None for a wrong name or password."""
        if username not in self._passwords or self._passwords[username] != password:
            return None
        if username not in self._by_user:
            token = self.new_token(username)
            self._by_user[username] = token
            self._tokens[token] = username
        return self._by_user[username]

    def user(self, token: str) -> str | None:
        """Whose token this is."""
        return self._tokens.get(token)

    def revoke(self, username: str) -> None:
        """Make a user's token worthless; the next login gives another one."""
        if token := self._by_user.pop(username, None):
            del self._tokens[token]


def caller(state: State, accounts: Accounts, header: str) -> Row | None:
    """The user an Authorization header stands for, None without one. Raises 403 for a bad token, as Alyx does.

    Alyx 3.6.1 never answers 401, because its first way to authenticate is a browser's session.
    """
    parts = header.split()
    if not parts or parts[0].lower() != "token":
        return None
    if len(parts) == 1:
        raise Refused(403, "Invalid token header. No credentials provided.")
    if len(parts) > 2:
        raise Refused(403, "Invalid token header. Token string should not contain spaces.")
    name = accounts.user(parts[1])
    user = None if name is None else state.one("user", "username", name)
    if user is None:
        raise Refused(403, "Invalid token.")
    if not user["is_active"]:
        raise Refused(403, "User inactive or deleted.")
    return user


def endpoint(accounts: Accounts) -> Endpoint:
    """`POST /auth-token`: a name and a password for a token. Not throttled."""

    def log_in(call: Call, _: str) -> Response:
        given = validate(call, _CREDENTIALS, None, partial=False)
        token = accounts.token(given["username"], given["password"])
        if token is None:
            raise Invalid({"non_field_errors": ["Unable to log in with provided credentials."]})
        return json_response(200, {"token": token})

    return Endpoint(re.compile("/auth-token"), {"POST": log_in}, open=True, label="auth-token")
