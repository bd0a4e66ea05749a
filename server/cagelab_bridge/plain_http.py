"""Where secrets and data may go without encryption: to this computer, and to the hosts that the settings name."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from cagelab_bridge.errors import InvalidInput, NoCredentials, NotLoggedIn

ANYWHERE = "*"


class PlainHttp:
    """The hosts that plain http may reach. Names are compared as they are written: none is looked up, so that nobody
    who answers for names can widen the list."""

    def __init__(self, hosts: Iterable[str] = ()) -> None:
        """`hosts`: names or addresses without port, or "*" for all. Raises InvalidInput for what is no host."""
        self._hosts = frozenset(map(_host, hosts))

    def demand(self, url: str, refuse: type[NotLoggedIn] | type[NoCredentials]) -> None:
        """Raises `refuse` (about "insecure") for an http address elsewhere: a login or key waits until the settings
        name the host."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme != "http" or is_loopback(host) or not self._hosts.isdisjoint({host, ANYWHERE}):
            return
        raise refuse(
            f"{url} is not encrypted: anybody in the network between could read the password or key, and the data.",
            about="insecure",
            hint=f"Use an https address where there is one. If your lab accepts plain http in its own network, put "
            f'insecure_hosts = ["{host}"] under [network] in bridge.toml and start the bridge again.',
        )


def is_loopback(host: str) -> bool:
    """True for this computer itself, by address or as "localhost"."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _host(text: str) -> str:
    """A host as it stands in an address. Raises InvalidInput."""
    name = text.strip().lower().rstrip(".")
    try:
        host = urlsplit(f"http://{name}").hostname if name != ANYWHERE else ANYWHERE
    except ValueError:
        host = None
    if not host or name.strip("[]") != host:
        raise InvalidInput(
            f"network.insecure_hosts names {text!r}, which is no host.",
            about="settings",
            hint='Write names or addresses without http:// and port, such as ["172.16.102.30"], or ["*"] for all.',
        )
    return host
